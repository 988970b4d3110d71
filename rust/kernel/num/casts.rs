// SPDX-License-Identifier: GPL-2.0
//! Casts between unsigned integers that never lose a bit.
//!
//! Core's [`From`] assumes nothing about `usize`, so it has no conversion from [`u32`] to [`usize`]. A kernel runs on
//! CPUs of 32 or 64 bits only: there a [`u32`] always fits a [`usize`], and a [`usize`] always fits a [`u64`]. This
//! module says so, by the traits [`FromSafeCast`] and [`IntoSafeCast`], and by `const` functions such as
//! [`u32_as_usize`] for const context. What holds on one word size only lives in [`arch`]. Constants that fit a smaller
//! type can be narrowed with functions such as [`usize_into_u8`], which check the value while building.
//!
//! Nothing here touches C; every kernel has it.
//!
//! # Examples
//!
//! ```
//! use kernel::num::casts::{self, IntoSafeCast};
//!
//! const ENTRIES: u32 = 4096;
//! const TABLE_SIZE: usize = casts::u32_as_usize(ENTRIES) * 8;
//! const SHIFT: u8 = casts::usize_into_u8::<12>();
//!
//! let bytes: u64 = TABLE_SIZE.into_safe_cast();
//! assert_eq!(bytes, 1 << (SHIFT + 3));
//! ```

macro_rules! as_fns {
    ($($name:ident: $from:ty => $into:ty;)*) => {$(
        #[doc = concat!("Makes a [`", stringify!($into), "`] of a [`", stringify!($from), "`], also in const context.")]
        #[inline(always)]
        pub const fn $name(value: $from) -> $into {
            const { assert!(<$into>::BITS >= <$from>::BITS) };
            value as $into
        }
    )*};
}

as_fns! {
    u8_as_u16: u8 => u16;
    u8_as_u32: u8 => u32;
    u8_as_u64: u8 => u64;
    u8_as_usize: u8 => usize;
    u16_as_u32: u16 => u32;
    u16_as_u64: u16 => u64;
    u16_as_usize: u16 => usize;
    u32_as_u64: u32 => u64;
    u32_as_usize: u32 => usize;
    usize_as_u64: usize => u64;
}

macro_rules! into_fns {
    ($($name:ident: $from:ty => $into:ty;)*) => {$(
        #[doc = concat!("Makes a [`", stringify!($into), "`] of the constant `N`; not built if it does not fit.")]
        #[inline(always)]
        pub const fn $name<const N: $from>() -> $into {
            const { assert!(N <= <$into>::MAX as $from, "the constant does not fit the smaller type") };
            N as $into
        }
    )*};
}

into_fns! {
    u16_into_u8: u16 => u8;
    u32_into_u8: u32 => u8;
    u32_into_u16: u32 => u16;
    u64_into_u8: u64 => u8;
    u64_into_u16: u64 => u16;
    u64_into_u32: u64 => u32;
    usize_into_u8: usize => u8;
    usize_into_u16: usize => u16;
    usize_into_u32: usize => u32;
}

/// Like [`From`], for casts that lose nothing on every CPU the kernel runs on but that core cannot promise.
///
/// # Examples
///
/// ```
/// use kernel::num::casts::FromSafeCast;
///
/// assert_eq!(u64::from_safe_cast(usize::MAX) as usize, usize::MAX);
/// ```
pub trait FromSafeCast<T> {
    /// Makes a `Self` of the same value.
    fn from_safe_cast(value: T) -> Self;
}

impl FromSafeCast<usize> for u64 {
    #[inline(always)]
    fn from_safe_cast(value: usize) -> Self {
        usize_as_u64(value)
    }
}

impl FromSafeCast<u32> for usize {
    #[inline(always)]
    fn from_safe_cast(value: u32) -> Self {
        u32_as_usize(value)
    }
}

/// The reverse of [`FromSafeCast`], which implements it: the relation of [`Into`] to [`From`].
///
/// # Examples
///
/// ```
/// use kernel::num::casts::IntoSafeCast;
///
/// let index: usize = 7u32.into_safe_cast();
/// assert_eq!(index, 7);
/// ```
pub trait IntoSafeCast<T> {
    /// Makes a `T` of the same value.
    fn into_safe_cast(self) -> T;
}

impl<S, T> IntoSafeCast<T> for S
where
    T: FromSafeCast<S>,
{
    #[inline(always)]
    fn into_safe_cast(self) -> T {
        T::from_safe_cast(self)
    }
}

/// Casts that lose nothing on this word size, but would on the other.
///
/// Code that uses them does not build for the other word size, rather than going wrong there.
pub mod arch {
    /// [`FromSafeCast`](super::FromSafeCast) for this word size only.
    pub trait FromSafeCastArch<T> {
        /// Makes a `Self` of the same value.
        fn from_safe_cast_arch(value: T) -> Self;
    }

    /// [`IntoSafeCast`](super::IntoSafeCast) for this word size only.
    pub trait IntoSafeCastArch<T> {
        /// Makes a `T` of the same value.
        fn into_safe_cast_arch(self) -> T;
    }

    impl<S, T> IntoSafeCastArch<T> for S
    where
        T: FromSafeCastArch<S>,
    {
        #[inline(always)]
        fn into_safe_cast_arch(self) -> T {
            T::from_safe_cast_arch(self)
        }
    }

    /// Makes a [`usize`] of a [`u64`]: they are equally wide here.
    #[cfg(CONFIG_64BIT)]
    #[inline(always)]
    pub const fn u64_as_usize(value: u64) -> usize {
        value as usize
    }

    #[cfg(CONFIG_64BIT)]
    impl FromSafeCastArch<u64> for usize {
        #[inline(always)]
        fn from_safe_cast_arch(value: u64) -> Self {
            u64_as_usize(value)
        }
    }

    /// Makes a [`u32`] of a [`usize`]: they are equally wide here.
    #[cfg(not(CONFIG_64BIT))]
    #[inline(always)]
    pub const fn usize_as_u32(value: usize) -> u32 {
        value as u32
    }

    #[cfg(not(CONFIG_64BIT))]
    impl FromSafeCastArch<usize> for u32 {
        #[inline(always)]
        fn from_safe_cast_arch(value: usize) -> Self {
            usize_as_u32(value)
        }
    }
}
