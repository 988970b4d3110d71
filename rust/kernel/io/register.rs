// SPDX-License-Identifier: GPL-2.0
//! Device registers: where they are, and what their bits mean, by [`register!`](crate::io::register!).
//!
//! A register is a type (its value: a [`bitfield!`](crate::bitfield!)) and, where its place is fixed, a constant of the
//! same name (its location), so that `io.read(REG)` returns a `REG`. Registers that exist more than once have their
//! location computed: [`Array`] picks one by index, [`WithBase`] by the block of registers it belongs to.
//!
//! Every kernel has it.

use super::{IoLoc, Region};
use crate::build_assert::build_assert;
use core::marker::PhantomData;

/// The value of a register.
pub trait Register: Sized {
    /// The integer that is read and written.
    type Storage: Into<Self> + From<Self>;

    /// Offset of the register in bytes: absolute, from the base (of a [`WithBase`]), or that of the first (of an
    /// [`Array`]).
    const OFFSET: usize;
}

/// Registers of which there is one, at [`Register::OFFSET`].
pub trait FixedRegister: Register {}

/// The register that the type of the value tells: `let id: ID = io.read(());`.
impl<const SIZE: usize, T> IoLoc<Region<SIZE>, T> for ()
where
    T: FixedRegister,
{
    type IoType = T::Storage;

    #[inline(always)]
    fn offset(self) -> usize {
        T::OFFSET
    }
}

/// A value knows where it belongs.
impl<const SIZE: usize, T> IoLoc<Region<SIZE>, T> for T
where
    T: FixedRegister,
{
    type IoType = T::Storage;

    #[inline(always)]
    fn offset(self) -> usize {
        T::OFFSET
    }
}

/// Location of a [`FixedRegister`]; `register!` defines a constant of it.
pub struct FixedRegisterLoc<T: FixedRegister>(PhantomData<T>);

impl<T: FixedRegister> FixedRegisterLoc<T> {
    /// Returns the location.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<const SIZE: usize, T> IoLoc<Region<SIZE>, T> for FixedRegisterLoc<T>
where
    T: FixedRegister,
{
    type IoType = T::Storage;

    #[inline(always)]
    fn offset(self) -> usize {
        T::OFFSET
    }
}

/// One block of registers of the family `T`: where it begins.
pub trait RegisterBase<T> {
    /// Offset of the block in bytes.
    const BASE: usize;
}

/// Registers that each block of a family has, at an offset from where the block begins.
pub trait WithBase {
    /// The family, which the [`RegisterBase`] of a block must be of.
    type BaseFamily;

    /// Returns the location of the register in block `B`.
    #[inline(always)]
    fn of<B: RegisterBase<Self::BaseFamily>>() -> RelativeRegisterLoc<Self, B>
    where
        Self: Register + Sized,
    {
        RelativeRegisterLoc::new()
    }
}

/// Registers of which there is one in each block.
pub trait RelativeRegister: Register + WithBase {}

/// Location of a register in block `B`, or of the first if it is an array; see [`WithBase::of`].
pub struct RelativeRegisterLoc<T: WithBase, B: ?Sized>(PhantomData<T>, PhantomData<B>);

impl<T, B> RelativeRegisterLoc<T, B>
where
    T: Register + WithBase,
    B: RegisterBase<T::BaseFamily> + ?Sized,
{
    /// Returns the location.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(PhantomData, PhantomData)
    }

    /// Offset of the register, or of the first.
    const OFFSET: usize = B::BASE + T::OFFSET;
}

impl<const SIZE: usize, T, B> IoLoc<Region<SIZE>, T> for RelativeRegisterLoc<T, B>
where
    T: RelativeRegister,
    B: RegisterBase<T::BaseFamily> + ?Sized,
{
    type IoType = T::Storage;

    #[inline(always)]
    fn offset(self) -> usize {
        Self::OFFSET
    }
}

/// Registers of which there are several at equal distances.
pub trait RegisterArray: Register {
    /// How many there are.
    const SIZE: usize;

    /// Distance in bytes from one to the next.
    const STRIDE: usize;
}

/// Location of a register in an array; see [`Array::at`].
///
/// # Invariants
///
/// The index is below [`RegisterArray::SIZE`].
pub struct RegisterArrayLoc<T: RegisterArray>(usize, PhantomData<T>);

impl<T: RegisterArray> RegisterArrayLoc<T> {
    /// Returns the location of register `idx`; does not build unless that is known to be in bounds.
    #[inline(always)]
    pub fn new(idx: usize) -> Self {
        build_assert!(idx < T::SIZE, "the index is not known to be in bounds");
        // INVARIANT: just checked.
        Self(idx, PhantomData)
    }

    /// Returns the location of register `idx`, or [`None`] if there is none.
    #[inline(always)]
    pub fn try_new(idx: usize) -> Option<Self> {
        // INVARIANT: just checked.
        (idx < T::SIZE).then_some(Self(idx, PhantomData))
    }
}

impl<const SIZE: usize, T> IoLoc<Region<SIZE>, T> for RegisterArrayLoc<T>
where
    T: RegisterArray,
{
    type IoType = T::Storage;

    #[inline(always)]
    fn offset(self) -> usize {
        T::OFFSET + self.0 * T::STRIDE
    }
}

/// Registers that are found by index; `register!` implements it for arrays without a base.
pub trait Array {
    /// Returns the location of register `idx`; does not build unless that is known to be in bounds.
    #[inline(always)]
    fn at(idx: usize) -> RegisterArrayLoc<Self>
    where
        Self: RegisterArray,
    {
        RegisterArrayLoc::new(idx)
    }

    /// Returns the location of register `idx`, or [`None`] if there is none.
    #[inline(always)]
    fn try_at(idx: usize) -> Option<RegisterArrayLoc<Self>>
    where
        Self: RegisterArray,
    {
        RegisterArrayLoc::try_new(idx)
    }
}

/// Registers of which there are several in each block.
pub trait RelativeRegisterArray: RegisterArray + WithBase {}

/// Location of a register in the array of block `B`; see [`RelativeRegisterLoc::at`].
///
/// # Invariants
///
/// The index is below [`RegisterArray::SIZE`].
pub struct RelativeRegisterArrayLoc<T: RelativeRegisterArray, B: RegisterBase<T::BaseFamily> + ?Sized>(
    usize,
    PhantomData<T>,
    PhantomData<B>,
);

impl<T, B> RelativeRegisterArrayLoc<T, B>
where
    T: RelativeRegisterArray,
    B: RegisterBase<T::BaseFamily> + ?Sized,
{
    /// Returns the location of register `idx`; does not build unless that is known to be in bounds.
    #[inline(always)]
    pub fn new(idx: usize) -> Self {
        build_assert!(idx < T::SIZE, "the index is not known to be in bounds");
        // INVARIANT: just checked.
        Self(idx, PhantomData, PhantomData)
    }

    /// Returns the location of register `idx`, or [`None`] if there is none.
    #[inline(always)]
    pub fn try_new(idx: usize) -> Option<Self> {
        // INVARIANT: just checked.
        (idx < T::SIZE).then_some(Self(idx, PhantomData, PhantomData))
    }
}

impl<T, B> RelativeRegisterLoc<T, B>
where
    T: RelativeRegisterArray,
    B: RegisterBase<T::BaseFamily> + ?Sized,
{
    /// Returns the location of register `idx` of the array; does not build unless that is known to be in bounds.
    #[inline(always)]
    pub fn at(self, idx: usize) -> RelativeRegisterArrayLoc<T, B> {
        RelativeRegisterArrayLoc::new(idx)
    }

    /// Returns the location of register `idx` of the array, or [`None`] if there is none.
    #[inline(always)]
    pub fn try_at(self, idx: usize) -> Option<RelativeRegisterArrayLoc<T, B>> {
        RelativeRegisterArrayLoc::try_new(idx)
    }
}

impl<const SIZE: usize, T, B> IoLoc<Region<SIZE>, T> for RelativeRegisterArrayLoc<T, B>
where
    T: RelativeRegisterArray,
    B: RegisterBase<T::BaseFamily> + ?Sized,
{
    type IoType = T::Storage;

    #[inline(always)]
    fn offset(self) -> usize {
        RelativeRegisterLoc::<T, B>::OFFSET + self.0 * T::STRIDE
    }
}

/// Values that know the register they belong to; what [`Io::write_reg`](super::Io::write_reg) takes.
pub trait LocatedRegister<Base: ?Sized> {
    /// The value to be written.
    type Value: Register;

    /// Where it is to be written.
    type Location: IoLoc<Base, Self::Value>;

    /// Splits into the location and the value.
    fn into_io_op(self) -> (Self::Location, Self::Value);
}

impl<const SIZE: usize, T> LocatedRegister<Region<SIZE>> for T
where
    T: FixedRegister,
{
    type Location = FixedRegisterLoc<Self::Value>;
    type Value = T;

    #[inline(always)]
    fn into_io_op(self) -> (FixedRegisterLoc<T>, T) {
        (FixedRegisterLoc::new(), self)
    }
}

/// Defines registers: their places, and the fields of their values, as in [`bitfield!`](crate::bitfield!).
///
/// The place follows the name and the storage:
///
/// | declaration | the register is | its location |
/// | --- | --- | --- |
/// | `R(u32) @ 0x10` | at an offset | `R` |
/// | `R(u32) => S` | the place of `S`, seen differently | `R` |
/// | `R(u32)[8] @ 0x10` | one of 8 that adjoin | `R::at(i)`, `R::try_at(i)` |
/// | `R(u32)[8, stride = 0x20] @ 0x10` | one of 8 at that distance | the same |
/// | `R(u32) => S[3]` | the place of `S::at(3)`, seen differently | `R` |
/// | `R(u32) @ Family + 0x10` | at an offset from the base of each block of `Family` | `R::of::<Block>()` |
/// | `R(u32) => Family + S` | in each block, the place of `S` | `R::of::<Block>()` |
/// | `R(u32)[8] @ Family + 0x10`, also with `stride` | one of 8 in each block | `R::of::<Block>().at(i)`, `try_at(i)` |
/// | `R(u32) => Family + S[3]` | in each block, the place of `S` number 3 | `R::of::<Block>()` |
///
/// `at` and `try_at` are methods of [`Array`](crate::io::register::Array), `of` is one of
/// [`WithBase`](crate::io::register::WithBase): import these. `Array::at(i)` and `WithBase::of::<Block>()` will do
/// where the type of the value is known.
///
/// # Examples
///
/// One of each:
///
/// ```
/// use kernel::io::{register, register::Array, Io, Mmio, Region};
///
/// register! {
///     /// What the device is.
///     pub ID(u32) @ 0x0 {
///         /// Identifies the model.
///         31:16 model;
///         7:0 revision;
///     }
///
///     /// Filters of packets: eight of them, in the first half of as many pairs of registers.
///     pub FILTER(u32)[8, stride = 8] @ 0x40 {
///         31:31 enabled => bool;
///         15:0 port;
///     }
///
///     /// The last filter is wired to be the log of what was dropped.
///     pub DROPPED(u32) => FILTER[7] {
///         31:0 packets;
///     }
/// }
///
/// fn listen(io: Mmio<'_, Region<0x100>>, filter: usize, port: u16) -> Result<u32> {
///     if io.read(ID).revision() == 0u32 {
///         return Err(ENODEV);
///     }
///     io.write(FILTER::at(0), FILTER::zeroed());
///     let filter = FILTER::try_at(filter).ok_or(EINVAL)?;
///     io.write(filter, FILTER::zeroed().with_enabled(true).with_port(port));
///     Ok(io.read(DROPPED).packets().get())
/// }
/// ```
///
/// A device with two equal channels:
///
/// ```
/// use kernel::io::{
///     register,
///     register::{RegisterBase, WithBase},
///     Io, IoCapable, Region, SysMem,
/// };
///
/// /// The family of the blocks, and the blocks.
/// struct Channel;
/// struct Rx;
/// struct Tx;
///
/// impl RegisterBase<Channel> for Rx {
///     const BASE: usize = 0x100;
/// }
///
/// impl RegisterBase<Channel> for Tx {
///     const BASE: usize = 0x180;
/// }
///
/// register! {
///     /// Switches of a channel.
///     CONTROL(u32) @ Channel + 0x0 {
///         0:0 run => bool;
///     }
///
///     /// Descriptors of a channel.
///     DESCRIPTOR(u64)[4] @ Channel + 0x20 {
///         63:0 address;
///     }
///
///     /// Their first tells, once written, how many of them are used.
///     USED(u64) => Channel + DESCRIPTOR[0] {
///         1:0 last;
///     }
/// }
///
/// fn start<'a>(io: impl Io<'a, Target = Region<0x200>, Backend: IoCapable<u32> + IoCapable<u64>>, address: u64) {
///     io.write(DESCRIPTOR::of::<Rx>().at(0), DESCRIPTOR::from(address));
///     io.update(CONTROL::of::<Rx>(), |control| control.with_run(true));
///     io.write(WithBase::of::<Tx>(), CONTROL::zeroed());
/// }
///
/// // Memory does for a device, to test with.
/// let mut device = [0u64; 0x200 / 8];
/// let region = Region::ptr_try_from_raw_parts_mut((&raw mut device).cast(), size_of_val(&device))?;
/// // SAFETY: nobody else uses the memory as long as the view is used.
/// let io = unsafe { SysMem::new(region) };
/// start(io, 0x4000_0002);
/// assert_eq!(io.read32(0x100), 1);
/// assert_eq!(io.read(USED::of::<Rx>()).last(), 2u64);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! register {
    (
        $(
            $(#[$attr:meta])*
            $vis:vis $name:ident($storage:ty)
            $([$size:expr $(, stride = $stride:expr)?])?
            $(@ $($base:ident +)? $offset:literal)?
            $(=> $alias:ident $(+ $alias_register:ident)? $([$alias_index:expr])?)?
            { $($fields:tt)* }
        )*
    ) => {
        $(
            $crate::bitfield! {
                $(#[$attr])*
                #[allow(non_camel_case_types)]
                $vis struct $name($storage) { $($fields)* }
            }

            $crate::register!(
                @place $vis $name($storage)
                $([$size $(, stride = $stride)?])?
                $(@ $($base +)? $offset)?
                $(=> $alias $(+ $alias_register)? $([$alias_index])?)?
            );
        )*
    };

    // The ways to say where a register is, each in terms of `@at`: its storage and offset.
    (@place $vis:vis $name:ident($storage:ty) @ $offset:literal) => {
        $crate::register!(@at $name($storage) $offset);
        $crate::register!(@fixed $vis $name);
    };
    (@place $vis:vis $name:ident($storage:ty) => $alias:ident) => {
        $crate::register!(@at $name($storage) <$alias as $crate::io::register::Register>::OFFSET);
        $crate::register!(@fixed $vis $name);
    };
    (@place $vis:vis $name:ident($storage:ty) => $alias:ident[$index:expr]) => {
        $crate::register!(@at $name($storage) $crate::register!(@element $alias, $index));
        $crate::register!(@fixed $vis $name);
    };
    (@place $vis:vis $name:ident($storage:ty) @ $base:ident + $offset:literal) => {
        $crate::register!(@at $name($storage) $offset);
        $crate::register!(@relative $name, $base);
    };
    (@place $vis:vis $name:ident($storage:ty) => $base:ident + $alias:ident) => {
        $crate::register!(@at $name($storage) <$alias as $crate::io::register::Register>::OFFSET);
        $crate::register!(@relative $name, $base);
    };
    (@place $vis:vis $name:ident($storage:ty) => $base:ident + $alias:ident[$index:expr]) => {
        $crate::register!(@at $name($storage) $crate::register!(@element $alias, $index));
        $crate::register!(@relative $name, $base);
    };
    // Registers of an array adjoin, unless there is a stride.
    (@place $vis:vis $name:ident($storage:ty) [$size:expr] $($place:tt)*) => {
        $crate::register!(
            @place $vis $name($storage) [$size, stride = ::core::mem::size_of::<$storage>()] $($place)*
        );
    };
    (@place $vis:vis $name:ident($storage:ty) [$size:expr, stride = $stride:expr] @ $offset:literal) => {
        $crate::register!(@at $name($storage) $offset);
        $crate::register!(@array $name($storage), $size, $stride);

        impl $crate::io::register::Array for $name {}
    };
    (@place $vis:vis $name:ident($storage:ty) [$size:expr, stride = $stride:expr] @ $base:ident + $offset:literal) => {
        $crate::register!(@at $name($storage) $offset);
        $crate::register!(@array $name($storage), $size, $stride);

        impl $crate::io::register::WithBase for $name {
            type BaseFamily = $base;
        }

        impl $crate::io::register::RelativeRegisterArray for $name {}
    };

    (@at $name:ident($storage:ty) $offset:expr) => {
        impl $crate::io::register::Register for $name {
            type Storage = $storage;

            const OFFSET: usize = $offset;
        }
    };

    // The offset of an element of an array.
    (@element $alias:ident, $index:expr) => {{
        const INDEX: usize = $index;
        ::core::assert!(
            INDEX < <$alias as $crate::io::register::RegisterArray>::SIZE,
            "the array of registers has no such element"
        );
        <$alias as $crate::io::register::Register>::OFFSET
            + INDEX * <$alias as $crate::io::register::RegisterArray>::STRIDE
    }};

    (@fixed $vis:vis $name:ident) => {
        impl $crate::io::register::FixedRegister for $name {}

        #[doc = concat!("Location of [`", stringify!($name), "`].")]
        #[allow(dead_code)]
        $vis const $name: $crate::io::register::FixedRegisterLoc<$name> =
            $crate::io::register::FixedRegisterLoc::new();
    };

    (@relative $name:ident, $base:ident) => {
        impl $crate::io::register::WithBase for $name {
            type BaseFamily = $base;
        }

        impl $crate::io::register::RelativeRegister for $name {}
    };

    (@array $name:ident($storage:ty), $size:expr, $stride:expr) => {
        impl $crate::io::register::RegisterArray for $name {
            const SIZE: usize = $size;
            const STRIDE: usize = {
                const STRIDE: usize = $stride;
                ::core::assert!(STRIDE >= ::core::mem::size_of::<$storage>(), "the registers of the array overlap");
                STRIDE
            };
        }
    };
}
