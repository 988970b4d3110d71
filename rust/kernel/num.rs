// SPDX-License-Identifier: GPL-2.0
//! Extra numerical features for the kernel: integers of a limited number of bits, and casts that cannot lose anything.
//!
//! Nothing here touches C; every kernel has it.

use core::ops;

pub mod bounded;
pub mod casts;

pub use bounded::*;

/// Marks an integer type without a sign.
pub enum Unsigned {}

/// Marks an integer type with a sign, in two's complement.
pub enum Signed {}

/// The primitive integer types, and what generic code needs to compute with them.
///
/// # Examples
///
/// ```
/// use kernel::num::{Integer, Unsigned};
///
/// fn low_half<T: Integer<Signedness = Unsigned>>(value: T) -> T {
///     let half = T::BITS / 2;
///     (value << half) >> half
/// }
///
/// assert_eq!(low_half(0xabcd_u16), 0xcd);
/// ```
pub trait Integer:
    private::Sealed
    + Sized
    + Copy
    + Clone
    + PartialEq
    + Eq
    + PartialOrd
    + Ord
    + ops::Add<Output = Self>
    + ops::AddAssign
    + ops::Sub<Output = Self>
    + ops::SubAssign
    + ops::Mul<Output = Self>
    + ops::MulAssign
    + ops::Div<Output = Self>
    + ops::DivAssign
    + ops::Rem<Output = Self>
    + ops::RemAssign
    + ops::BitAnd<Output = Self>
    + ops::BitAndAssign
    + ops::BitOr<Output = Self>
    + ops::BitOrAssign
    + ops::BitXor<Output = Self>
    + ops::BitXorAssign
    + ops::Shl<u32, Output = Self>
    + ops::ShlAssign<u32>
    + ops::Shr<u32, Output = Self>
    + ops::ShrAssign<u32>
    + ops::Not
{
    /// [`Unsigned`] or [`Signed`].
    type Signedness;

    /// Width of the type in bits.
    const BITS: u32;
}

mod private {
    pub trait Sealed {}
}

macro_rules! impl_integer {
    ($signedness:ident: $($type:ty),*) => {$(
        impl private::Sealed for $type {}

        impl Integer for $type {
            type Signedness = $signedness;

            const BITS: u32 = <$type>::BITS;
        }
    )*};
}

impl_integer!(Unsigned: u8, u16, u32, u64, u128, usize);
impl_integer!(Signed: i8, i16, i32, i64, i128, isize);
