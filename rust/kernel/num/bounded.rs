// SPDX-License-Identifier: GPL-2.0
//! Integers known to need only some of the bits of their type.
//!
//! The number of bits is part of the type, so that a value once checked stays checked: it can be stored in a hardware
//! field of that width, or converted to a smaller type, and nothing can be lost.
//!
//! Nothing here touches C; every kernel has it.

use super::{Integer, Signed, Unsigned};
use crate::{
    build_assert::{build_assert, const_assert},
    prelude::Zeroable,
};
use core::{cmp, fmt, ops};

/// Whether `value` can be represented with `bits` bits; `bits` is between 1 and `T::BITS`.
#[inline(always)]
fn fits_within<T: Integer>(value: T, bits: u32) -> bool {
    let unused = T::BITS - bits;
    // Shifting back is arithmetic for signed types, so it restores the value if and only if the unused bits repeat the
    // sign (signed), or are zero (unsigned).
    (value << unused) >> unused == value
}

/// An integer of type `T` whose value needs no more than its `N` least significant bits.
///
/// For a signed `T`, one of the `N` bits is the sign. A `Bounded` compares and computes like the `T` it holds; the
/// result of an operation is a plain `T`, since it may need more bits.
///
/// # Invariants
///
/// - `N` is at least 1 and at most `T::BITS`.
/// - The value can be represented with `N` bits.
///
/// # Examples
///
/// A constant is checked while building, by [`Bounded::new`]:
///
/// ```
/// use kernel::num::Bounded;
///
/// let nibble = Bounded::<u8, 4>::new::<0xf>();
/// assert_eq!(nibble.get(), 15);
/// assert_eq!(Bounded::<i8, 4>::new::<-8>().get(), -8);
/// // Not built: `Bounded::<u8, 4>::new::<16>()`, nor `Bounded::<u8, 9>::new::<1>()`.
/// ```
///
/// So is an expression, if the compiler can see its range, by [`Bounded::from_expr`]; anything else is checked when it
/// runs:
///
/// ```
/// use kernel::num::{Bounded, TryIntoBounded};
///
/// fn queue_of(hash: u32, vector: u16) -> Result<(Bounded<u32, 3>, Bounded<u8, 5>)> {
///     let queue = Bounded::from_expr(hash % 8);
///     let vector = vector.try_into_bounded().ok_or(EINVAL)?;
///     Ok((queue, vector))
/// }
///
/// let (queue, vector) = queue_of(29, 31)?;
/// assert_eq!(queue, 5);
/// assert_eq!(vector, 31);
/// assert!(queue_of(0, 32).is_err());
/// # Ok::<(), Error>(())
/// ```
///
/// Types that are wide enough convert without a check, either way:
///
/// ```
/// use kernel::num::Bounded;
///
/// let wide: Bounded<u32, 10> = 200u8.into();
/// assert_eq!(u16::from(wide), 200);
///
/// let flag: Bounded<u32, 1> = true.into();
/// assert!(flag.into_bool());
/// ```
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, Hash)]
pub struct Bounded<T: Integer, const N: u32>(T);

macro_rules! impl_new {
    ($($type:ty),*) => {$(
        impl<const N: u32> Bounded<$type, N> {
            /// Makes a `Bounded` of the constant `VALUE`; does not build unless that fits in `N` bits.
            ///
            /// # Examples
            ///
            /// ```
            /// use kernel::num::Bounded;
            ///
            #[doc = concat!("assert_eq!(Bounded::<", stringify!($type), ", 3>::new::<3>().get(), 3);")]
            /// ```
            #[inline(always)]
            pub const fn new<const VALUE: $type>() -> Self {
                const_assert!(N >= 1 && N <= <$type>::BITS);
                // `fits_within`, which a const function cannot call.
                const_assert!((VALUE << (<$type>::BITS - N)) >> (<$type>::BITS - N) == VALUE);

                // INVARIANT: both conditions were just checked.
                Self(VALUE)
            }
        }
    )*};
}

impl_new!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

impl<T, const N: u32> Bounded<T, N>
where
    T: Integer,
{
    /// Makes a `Bounded` of a value that is known to fit.
    ///
    /// # Safety
    ///
    /// `value` must be representable with `N` bits.
    #[inline(always)]
    unsafe fn new_unchecked(value: T) -> Self {
        const_assert!(N >= 1 && N <= T::BITS);

        // INVARIANT: `N` was just checked, the caller answers for `value`.
        Self(value)
    }

    /// Makes a `Bounded` of `value`, or returns [`None`] if it needs more than `N` bits.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// assert_eq!(Bounded::<u16, 9>::try_new(511).map(Bounded::get), Some(511));
    /// assert!(Bounded::<u16, 9>::try_new(512).is_none());
    /// assert!(Bounded::<i16, 9>::try_new(-257).is_none());
    /// ```
    #[inline]
    pub fn try_new(value: T) -> Option<Self> {
        const_assert!(N >= 1 && N <= T::BITS);

        // SAFETY: `value` was just found to fit.
        fits_within(value, N).then(|| unsafe { Self::new_unchecked(value) })
    }

    /// Makes a `Bounded` of an expression that the compiler can prove to fit; does not build otherwise.
    ///
    /// The proof is up to the optimiser: a mask, a remainder, or a constant will do. Prefer `new` for constants and
    /// [`Bounded::try_new`] for what is only known when the code runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// fn low_bits(status: u32) -> Bounded<u32, 6> {
    ///     Bounded::from_expr(status & 0x3f)
    /// }
    ///
    /// assert_eq!(low_bits(0x1234_5678).get(), 0x38);
    /// ```
    #[inline(always)]
    pub fn from_expr(expr: T) -> Self {
        const_assert!(N >= 1 && N <= T::BITS);
        build_assert!(fits_within(expr, N), "the value is not known to fit the number of bits");

        // SAFETY: `expr` fits, else the line above had not built.
        unsafe { Self::new_unchecked(expr) }
    }

    /// Returns the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// assert_eq!(Bounded::<u64, 40>::new::<9>().get(), 9u64);
    /// ```
    #[inline(always)]
    pub const fn get(self) -> T {
        self.0
    }

    /// Allows the value more bits.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// let narrow = Bounded::<u16, 3>::new::<5>();
    /// let wide: Bounded<u16, 16> = narrow.extend();
    /// assert_eq!(narrow, wide);
    /// ```
    #[inline(always)]
    pub const fn extend<const M: u32>(self) -> Bounded<T, M> {
        const_assert!(
            M >= N && M <= T::BITS,
            "only more bits, up to those of the type, can be granted without a check"
        );

        // INVARIANT: what fits in `N` bits fits in `M`, which are as many or more.
        Bounded(self.0)
    }

    /// Allows the value fewer bits, if they suffice for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// let v = Bounded::<u16, 9>::new::<63>();
    /// assert!(v.try_shrink::<6>().is_some());
    /// assert!(v.try_shrink::<5>().is_none());
    /// ```
    #[inline]
    pub fn try_shrink<const M: u32>(self) -> Option<Bounded<T, M>> {
        Bounded::try_new(self.get())
    }

    /// Changes the type that holds the value, which must have at least `N` bits, and a sign if `T` has one.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// let v = Bounded::<u64, 7>::new::<100>();
    /// let v: Bounded<u8, 7> = v.cast();
    /// assert_eq!(v.get(), 100);
    /// ```
    #[inline(always)]
    pub fn cast<U>(self) -> Bounded<U, N>
    where
        U: TryFrom<T> + Integer,
        T: Integer,
        U: Integer<Signedness = T::Signedness>,
    {
        const_assert!(N <= U::BITS, "the other type has fewer bits");

        // SAFETY: `U` has the signedness of `T` and at least `N` bits, so it represents every value that fits in `N`
        // bits.
        let value = unsafe { U::try_from(self.get()).unwrap_unchecked() };
        // SAFETY: the same value still fits in `N` bits.
        unsafe { Bounded::new_unchecked(value) }
    }

    /// Shifts right by `SHIFT` bits, which frees as many.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// let addr = Bounded::<u64, 40>::new::<0xab_cdef_1234>();
    /// let frame: Bounded<u64, 28> = addr.shr::<12, _>();
    /// assert_eq!(frame.get(), 0xabcdef1);
    /// ```
    #[inline(always)]
    pub fn shr<const SHIFT: u32, const RES: u32>(self) -> Bounded<T, RES> {
        const_assert!(SHIFT < T::BITS);
        const_assert!(RES + SHIFT >= N, "the result does not have the bits that are left");

        // SAFETY: a value of `N` bits keeps at most `N - SHIFT` of them, and one (zero, or the sign) if `SHIFT` is not
        // below `N`.
        unsafe { Bounded::new_unchecked(self.get() >> SHIFT) }
    }

    /// Like [`Bounded::shr`], but returns [`None`] if a bit that is set would be lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// fn page_frame(addr: Bounded<u32, 24>) -> Result<Bounded<u32, 12>> {
    ///     addr.shr_exact::<12, _>().ok_or(EINVAL)
    /// }
    ///
    /// assert_eq!(page_frame(Bounded::<u32, _>::new::<0x5000>())?.get(), 5);
    /// assert!(page_frame(Bounded::<u32, _>::new::<0x5004>()).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn shr_exact<const SHIFT: u32, const RES: u32>(self) -> Option<Bounded<T, RES>> {
        let shifted = self.shr::<SHIFT, RES>();
        (shifted.get() << SHIFT == self.get()).then_some(shifted)
    }

    /// Shifts left by `SHIFT` bits, which needs as many more.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// let frame = Bounded::<u32, 12>::new::<5>();
    /// let addr: Bounded<u32, 24> = frame.shl::<12, _>();
    /// assert_eq!(addr.get(), 0x5000);
    /// ```
    #[inline(always)]
    pub fn shl<const SHIFT: u32, const RES: u32>(self) -> Bounded<T, RES> {
        const_assert!(SHIFT < T::BITS);
        const_assert!(RES >= N + SHIFT, "the result does not have the bits that are needed");

        // SAFETY: a value of `N` bits needs no more than `N + SHIFT` after the shift, and `RES` is no less.
        unsafe { Bounded::new_unchecked(self.get() << SHIFT) }
    }
}

impl<T, const N: u32> ops::Deref for Bounded<T, N>
where
    T: Integer,
{
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        if !fits_within(self.0, N) {
            // SAFETY: the type invariant says that the value fits. Saying it here lets the optimiser use it.
            unsafe { core::hint::unreachable_unchecked() }
        }
        &self.0
    }
}

/// Conversion of any integer into a [`Bounded`], checked when it runs.
///
/// # Examples
///
/// ```
/// use kernel::num::{Bounded, TryIntoBounded};
///
/// let level: Option<Bounded<u8, 3>> = 7i64.try_into_bounded();
/// assert!(level.is_some());
/// let level: Option<Bounded<u8, 3>> = (-1i64).try_into_bounded();
/// assert!(level.is_none());
/// ```
pub trait TryIntoBounded<T: Integer, const N: u32> {
    /// Makes a [`Bounded`] of the value, or returns [`None`] if it does not fit.
    fn try_into_bounded(self) -> Option<Bounded<T, N>>;
}

impl<T, U, const N: u32> TryIntoBounded<T, N> for U
where
    T: Integer,
    U: TryInto<T>,
{
    #[inline]
    fn try_into_bounded(self) -> Option<Bounded<T, N>> {
        self.try_into().ok().and_then(Bounded::try_new)
    }
}

// Comparisons: with another `Bounded`, whatever its number of bits, and with a plain value.

impl<T, U, const N: u32, const M: u32> PartialEq<Bounded<U, M>> for Bounded<T, N>
where
    T: Integer,
    U: Integer,
    T: PartialEq<U>,
{
    #[inline]
    fn eq(&self, other: &Bounded<U, M>) -> bool {
        self.get() == other.get()
    }
}

impl<T, const N: u32> Eq for Bounded<T, N> where T: Integer {}

impl<T, U, const N: u32, const M: u32> PartialOrd<Bounded<U, M>> for Bounded<T, N>
where
    T: Integer,
    U: Integer,
    T: PartialOrd<U>,
{
    #[inline]
    fn partial_cmp(&self, other: &Bounded<U, M>) -> Option<cmp::Ordering> {
        self.get().partial_cmp(&other.get())
    }
}

impl<T, const N: u32> Ord for Bounded<T, N>
where
    T: Integer,
    T: Ord,
{
    #[inline]
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.get().cmp(&other.get())
    }
}

impl<T, const N: u32> PartialEq<T> for Bounded<T, N>
where
    T: Integer,
    T: PartialEq,
{
    #[inline]
    fn eq(&self, other: &T) -> bool {
        self.get() == *other
    }
}

impl<T, const N: u32> PartialOrd<T> for Bounded<T, N>
where
    T: Integer,
    T: PartialOrd,
{
    #[inline]
    fn partial_cmp(&self, other: &T) -> Option<cmp::Ordering> {
        self.get().partial_cmp(other)
    }
}

macro_rules! impl_binary_ops {
    ($($trait:ident::$method:ident),*) => {$(
        impl<T, const N: u32, const M: u32> ops::$trait<Bounded<T, M>> for Bounded<T, N>
        where
            T: Integer,
            T: ops::$trait<Output = T>,
        {
            type Output = T;

            #[inline]
            fn $method(self, rhs: Bounded<T, M>) -> T {
                self.get().$method(rhs.get())
            }
        }

        impl<T, const N: u32> ops::$trait<T> for Bounded<T, N>
        where
            T: Integer,
            T: ops::$trait<Output = T>,
        {
            type Output = T;

            #[inline]
            fn $method(self, rhs: T) -> T {
                self.get().$method(rhs)
            }
        }
    )*};
}

impl_binary_ops!(Add::add, BitAnd::bitand, BitOr::bitor, BitXor::bitxor, Div::div, Mul::mul, Rem::rem, Sub::sub);

macro_rules! impl_unary_ops {
    ($($trait:ident::$method:ident),*) => {$(
        impl<T, const N: u32> ops::$trait for Bounded<T, N>
        where
            T: Integer,
            T: ops::$trait<Output = T>,
        {
            type Output = T;

            #[inline]
            fn $method(self) -> T {
                self.get().$method()
            }
        }
    )*};
}

impl_unary_ops!(Neg::neg, Not::not);

macro_rules! impl_fmt {
    ($($trait:ident),*) => {$(
        impl<T, const N: u32> fmt::$trait for Bounded<T, N>
        where
            T: Integer,
            T: fmt::$trait,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.get().fmt(f)
            }
        }
    )*};
}

impl_fmt!(Display, Binary, LowerExp, LowerHex, Octal, UpperExp, UpperHex);

// For `fmt!`, which has a trait of its own for `{}`.
impl<T, const N: u32> crate::fmt::Display for Bounded<T, N>
where
    T: Integer + crate::fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::fmt::Display::fmt(&self.get(), f)
    }
}

/// Implemented by a [`Bounded`] of `N` bits or more: a primitive type of `N` bits converts into it.
pub trait AtLeastXBits<const N: u32> {}

/// Implemented by a [`Bounded`] of `N` bits or fewer: it converts into a primitive type of `N` bits.
pub trait FitsInXBits<const N: u32> {}

macro_rules! impl_width_rules {
    (@fits_in $bits:literal [$($width:literal)*]) => {$(
        impl<T: Integer> FitsInXBits<$width> for Bounded<T, $bits> {}
    )*};
    (@at_least $bits:literal [$($width:literal)*]) => {$(
        impl<T: Integer> AtLeastXBits<$width> for Bounded<T, $bits> {}
    )*};
    ($(fits in $fits:tt, at least $least:tt: $($bits:literal)*;)*) => {$($(
        impl_width_rules!(@fits_in $bits $fits);
        impl_width_rules!(@at_least $bits $least);
    )*)*};
}

impl_width_rules! {
    fits in [8 16 32 64], at least []: 1 2 3 4 5 6 7;
    fits in [8 16 32 64], at least [8]: 8;
    fits in [16 32 64], at least [8]: 9 10 11 12 13 14 15;
    fits in [16 32 64], at least [8 16]: 16;
    fits in [32 64], at least [8 16]: 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31;
    fits in [32 64], at least [8 16 32]: 32;
    fits in [64], at least [8 16 32]: 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48;
    fits in [64], at least [8 16 32]: 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63;
    fits in [64], at least [8 16 32 64]: 64;
}

macro_rules! impl_primitive_conversions {
    ($signedness:ident: $($type:ty),*) => {$(
        impl<T, const N: u32> From<$type> for Bounded<T, N>
        where
            Self: AtLeastXBits<{ <$type>::BITS }>,
            T: Integer<Signedness = $signedness> + From<$type>,
        {
            #[inline(always)]
            fn from(value: $type) -> Self {
                // SAFETY: `Self` has at least the bits of the type of `value`, and the same signedness.
                unsafe { Self::new_unchecked(T::from(value)) }
            }
        }

        impl<T, const N: u32> From<Bounded<T, N>> for $type
        where
            Bounded<T, N>: FitsInXBits<{ <$type>::BITS }>,
            T: Integer<Signedness = $signedness>,
            $type: TryFrom<T>,
        {
            #[inline(always)]
            fn from(value: Bounded<T, N>) -> Self {
                // SAFETY: the value needs no more bits than the type has, and both have the same signedness.
                unsafe { <$type>::try_from(value.get()).unwrap_unchecked() }
            }
        }
    )*};
}

impl_primitive_conversions!(Unsigned: u8, u16, u32, u64, usize);
impl_primitive_conversions!(Signed: i8, i16, i32, i64, isize);

impl<T> From<Bounded<T, 1>> for bool
where
    T: Integer<Signedness = Unsigned> + Zeroable,
{
    #[inline(always)]
    fn from(value: Bounded<T, 1>) -> Self {
        value.into_bool()
    }
}

impl<T, const N: u32> From<bool> for Bounded<T, N>
where
    T: Integer<Signedness = Unsigned> + From<bool>,
{
    #[inline(always)]
    fn from(value: bool) -> Self {
        // SAFETY: 0 and 1 fit in one bit, and no `Bounded` has fewer.
        unsafe { Self::new_unchecked(T::from(value)) }
    }
}

impl<T> Bounded<T, 1>
where
    T: Integer<Signedness = Unsigned> + Zeroable,
{
    /// Returns whether the bit is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::num::Bounded;
    ///
    /// let ready: Bounded<u32, 1> = Bounded::from_expr((0x8000_0004_u32 >> 31) & 1);
    /// assert!(ready.into_bool());
    /// ```
    #[inline(always)]
    pub fn into_bool(self) -> bool {
        self.get() != T::zeroed()
    }
}
