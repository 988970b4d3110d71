// SPDX-License-Identifier: GPL-2.0
//! Single bits and contiguous masks of them.
//!
//! C header: [`include/linux/bits.h`](srctree/include/linux/bits.h)
//!
//! All computed in Rust; every kernel has it.
//!
//! # Examples
//!
//! ```
//! use kernel::bits::{bit_u32, genmask_u32};
//!
//! const ENABLE: u32 = bit_u32(31);
//! const QUEUE_DEPTH: u32 = genmask_u32(8..=15);
//!
//! let ctrl = ENABLE | (64 << 8);
//! assert_eq!((ctrl & QUEUE_DEPTH) >> 8, 64);
//! ```

use crate::build_assert::build_assert;
use core::ops::RangeInclusive;

macro_rules! impl_bits {
    ($($type:ty: $bit:ident, $checked_bit:ident, $genmask:ident, $genmask_checked:ident;)*) => {$(
        #[doc = concat!("Returns bit `n` of a [`", stringify!($type), "`], or [`None`] if it has no such bit.")]
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use kernel::bits::", stringify!($checked_bit), ";")]
        ///
        #[doc = concat!("assert_eq!(", stringify!($checked_bit), "(3), Some(0b1000));")]
        #[doc = concat!("assert_eq!(", stringify!($checked_bit), "(", stringify!($type), "::BITS), None);")]
        /// ```
        #[inline]
        pub const fn $checked_bit(n: u32) -> Option<$type> {
            (1 as $type).checked_shl(n)
        }

        #[doc = concat!("Returns bit `n` of a [`", stringify!($type), "`].")]
        ///
        /// Does not build unless it is known to have such a bit.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use kernel::bits::", stringify!($bit), ";")]
        ///
        #[doc = concat!("assert_eq!(", stringify!($bit), "(0), 1);")]
        #[doc = concat!("assert_eq!(", stringify!($bit), "(7), 0x80);")]
        /// ```
        #[inline(always)]
        pub const fn $bit(n: u32) -> $type {
            build_assert!(n < <$type>::BITS);
            1 << n
        }

        #[doc = concat!("Returns a [`", stringify!($type), "`] with the bits of `range` set,")]
        /// or [`None`] if the range is empty or reaches beyond the type.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use kernel::bits::", stringify!($genmask_checked), ";")]
        ///
        #[doc = concat!("assert_eq!(", stringify!($genmask_checked), "(2..=4), Some(0b11100));")]
        #[doc = concat!("assert_eq!(", stringify!($genmask_checked), "(0..=", stringify!($type), "::BITS), None);")]
        /// ```
        #[inline]
        pub const fn $genmask_checked(range: RangeInclusive<u32>) -> Option<$type> {
            let (low, high) = (*range.start(), *range.end());
            if low > high || high >= <$type>::BITS {
                return None;
            }
            Some((<$type>::MAX >> (<$type>::BITS - 1 - high)) & (<$type>::MAX << low))
        }

        #[doc = concat!("Returns a [`", stringify!($type), "`] with the bits of `range` set.")]
        ///
        /// Does not build unless the range is known to be valid.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use kernel::bits::", stringify!($genmask), ";")]
        ///
        #[doc = concat!("assert_eq!(", stringify!($genmask), "(4..=7), 0xf0);")]
        /// ```
        #[inline(always)]
        pub const fn $genmask(range: RangeInclusive<u32>) -> $type {
            let (low, high) = (*range.start(), *range.end());
            build_assert!(low <= high && high < <$type>::BITS);
            (<$type>::MAX >> (<$type>::BITS - 1 - high)) & (<$type>::MAX << low)
        }
    )*};
}

impl_bits! {
    u64: bit_u64, checked_bit_u64, genmask_u64, genmask_checked_u64;
    u32: bit_u32, checked_bit_u32, genmask_u32, genmask_checked_u32;
    u16: bit_u16, checked_bit_u16, genmask_u16, genmask_checked_u16;
    u8: bit_u8, checked_bit_u8, genmask_u8, genmask_checked_u8;
}
