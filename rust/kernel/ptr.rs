// SPDX-License-Identifier: GPL-2.0
//! Pointers and addresses: alignment, sizes behind wide pointers, and projection to a part.
//!
//! C header: [`include/linux/align.h`](srctree/include/linux/align.h)
//!
//! All computed in Rust; every kernel has it.

pub mod projection;

pub use crate::project_pointer as project;

use crate::build_assert::const_assert;
use core::num::NonZero;

/// An alignment: a power of two.
///
/// # Invariants
///
/// The number is a power of two.
///
/// # Examples
///
/// ```
/// use kernel::ptr::{Alignable, Alignment};
///
/// const SECTOR: Alignment = Alignment::new::<512>();
///
/// let len = 1300usize.align_up(SECTOR).ok_or(EOVERFLOW)?;
/// assert_eq!(len >> SECTOR.log2(), 3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Alignment(NonZero<usize>);

impl Alignment {
    /// Makes an alignment of the constant `ALIGN`; does not build unless that is a power of two.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::Alignment;
    ///
    /// assert_eq!(Alignment::new::<64>().as_usize(), 64);
    /// ```
    #[inline(always)]
    pub const fn new<const ALIGN: usize>() -> Self {
        const_assert!(ALIGN.is_power_of_two(), "an alignment is a power of two");

        // INVARIANT: just checked.
        // SAFETY: no power of two is zero.
        Self(unsafe { NonZero::new_unchecked(ALIGN) })
    }

    /// Makes an alignment of `align`, or returns [`None`] if that is not a power of two.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::Alignment;
    ///
    /// let from_device = |align| Alignment::new_checked(align).ok_or(EINVAL);
    /// assert_eq!(from_device(4096)?.log2(), 12);
    /// assert!(from_device(48).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    pub const fn new_checked(align: usize) -> Option<Self> {
        if align.is_power_of_two() {
            // INVARIANT: just checked.
            // SAFETY: no power of two is zero.
            Some(Self(unsafe { NonZero::new_unchecked(align) }))
        } else {
            None
        }
    }

    /// Returns the alignment of the type `T`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::Alignment;
    ///
    /// assert_eq!(Alignment::of::<[u32; 5]>(), Alignment::new::<4>());
    /// ```
    #[inline(always)]
    pub const fn of<T>() -> Self {
        // INVARIANT: the alignment of a type is a power of two.
        // SAFETY: so it is not zero.
        Self(unsafe { NonZero::new_unchecked(align_of::<T>()) })
    }

    /// Returns the alignment as a number of bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::Alignment;
    ///
    /// assert_eq!(Alignment::of::<u16>().as_usize(), 2);
    /// ```
    #[inline(always)]
    pub const fn as_usize(self) -> usize {
        self.as_nonzero().get()
    }

    /// Returns the alignment as a number of bytes, which is never zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::Alignment;
    ///
    /// assert_eq!(4096 / Alignment::new::<32>().as_nonzero(), 128);
    /// ```
    #[inline(always)]
    pub const fn as_nonzero(self) -> NonZero<usize> {
        // Lets the optimiser turn a division by the alignment into a shift.
        if !self.0.is_power_of_two() {
            // SAFETY: it is one, by the type invariant.
            unsafe { core::hint::unreachable_unchecked() }
        }
        self.0
    }

    /// Returns the base-2 logarithm of the alignment.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::Alignment;
    ///
    /// assert_eq!(Alignment::new::<0x1000>().log2(), 12);
    /// ```
    #[inline(always)]
    pub const fn log2(self) -> u32 {
        self.0.ilog2()
    }

    /// Returns the mask of the bits that a multiple of the alignment may have set.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::Alignment;
    ///
    /// let mask = Alignment::new::<256>().mask();
    /// assert_eq!(0x1234 & mask, 0x1200);
    /// assert_eq!(0x1234 & !mask, 0x34);
    /// ```
    #[inline(always)]
    pub const fn mask(self) -> usize {
        // No overflow: a power of two is at least 1.
        !(self.as_usize() - 1)
    }
}

/// Unsigned numbers that can be rounded to a multiple of an [`Alignment`].
pub trait Alignable: Sized {
    /// Rounds down to a multiple of `alignment`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::{Alignable, Alignment};
    ///
    /// assert_eq!(0x1fffu64.align_down(Alignment::new::<0x1000>()), 0x1000);
    /// assert_eq!(200u8.align_down(Alignment::new::<0x1000>()), 0);
    /// ```
    fn align_down(self, alignment: Alignment) -> Self;

    /// Rounds up to a multiple of `alignment`, or returns [`None`] if that is too large for the type.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::ptr::{Alignable, Alignment};
    ///
    /// assert_eq!(0x1001u64.align_up(Alignment::new::<0x1000>()), Some(0x2000));
    /// assert_eq!(0u8.align_up(Alignment::new::<0x1000>()), Some(0));
    /// assert_eq!(200u8.align_up(Alignment::new::<0x1000>()), None);
    /// ```
    fn align_up(self, alignment: Alignment) -> Option<Self>;
}

macro_rules! impl_alignable {
    ($($type:ty),*) => {$(
        impl Alignable for $type {
            #[inline(always)]
            fn align_down(self, alignment: Alignment) -> Self {
                // An alignment too large for the type has one multiple in it: zero.
                <$type>::try_from(alignment.as_usize()).map_or(0, |align| self & !(align - 1))
            }

            #[inline(always)]
            fn align_up(self, alignment: Alignment) -> Option<Self> {
                let down = self.align_down(alignment);
                if down == self {
                    return Some(self);
                }
                down.checked_add(<$type>::try_from(alignment.as_usize()).ok()?)
            }
        }
    )*};
}

impl_alignable!(u8, u16, u32, u64, usize);

/// Types of which a raw pointer knows the size of what it points to.
///
/// Unlike [`size_of_val_raw`](core::mem::size_of_val_raw) this asks nothing of the pointer, and unlike `size_of_val` it
/// needs no reference, so it works for device memory too.
///
/// # Examples
///
/// ```
/// use kernel::ptr::KnownSize;
///
/// let ptr = core::ptr::slice_from_raw_parts(core::ptr::dangling::<u32>(), 3);
/// assert_eq!(KnownSize::size(ptr), 12);
/// assert_eq!(<u64 as KnownSize>::MIN_SIZE, 8);
/// ```
pub trait KnownSize {
    /// Least size of a value of the type, in bytes.
    const MIN_SIZE: usize;

    /// Least alignment of a value of the type.
    const MIN_ALIGN: Alignment;

    /// Returns the size in bytes of the value that `p` points to. Nothing is read through `p`.
    fn size(p: *const Self) -> usize;
}

impl<T> KnownSize for T {
    const MIN_SIZE: usize = size_of::<T>();
    const MIN_ALIGN: Alignment = Alignment::of::<T>();

    #[inline(always)]
    fn size(_: *const Self) -> usize {
        size_of::<T>()
    }
}

impl<T> KnownSize for [T] {
    const MIN_SIZE: usize = 0;
    const MIN_ALIGN: Alignment = Alignment::of::<T>();

    #[inline(always)]
    fn size(p: *const Self) -> usize {
        p.len().wrapping_mul(size_of::<T>())
    }
}

/// Rounds `value` up to a multiple of `align` in const context, or returns [`None`] if that is too large.
///
/// Elsewhere, prefer [`Alignable::align_up`].
///
/// # Examples
///
/// ```
/// use kernel::ptr::{const_align_up, Alignment};
///
/// const HEADER: Option<usize> = const_align_up(20, Alignment::of::<u64>());
/// assert_eq!(HEADER, Some(24));
/// assert_eq!(const_align_up(usize::MAX, Alignment::of::<u64>()), None);
/// ```
#[inline(always)]
pub const fn const_align_up(value: usize, align: Alignment) -> Option<usize> {
    match value.checked_add(align.as_usize() - 1) {
        Some(value) => Some(value & align.mask()),
        None => None,
    }
}
