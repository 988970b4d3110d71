// SPDX-License-Identifier: GPL-2.0
//! Projection of a raw pointer to a part of what it points to, by [`project!`](crate::ptr::project).
//!
//! The pointer is only computed with, never read through, so it may lead to device memory or to nothing at all.
//! [`ProjectIndex`] finds an element or a subslice, [`ProjectField`] a field.

use crate::{build_assert::build_error, error::code::ERANGE, error::Error};
use core::ops::Deref;

/// The error of an index beyond the end; becomes [`ERANGE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfBound;

impl From<OutOfBound> for Error {
    #[inline]
    fn from(_: OutOfBound) -> Self {
        ERANGE
    }
}

/// Types that index a `T` behind a raw pointer, as [`core::slice::SliceIndex`] does behind a reference.
///
/// # Safety
///
/// The pointer that `get` or `index` returns must be to a part of what `slice` points to, of the same provenance.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot index `{T}` behind a pointer")]
pub unsafe trait ProjectIndex<T: ?Sized>: Sized {
    /// The type of the part.
    type Output: ?Sized;

    /// Returns a pointer to the part, or [`None`] if the index is out of bounds.
    fn get(self, slice: *mut T) -> Option<*mut Self::Output>;

    /// Returns a pointer to the part.
    ///
    /// # Panics
    ///
    /// If the index is out of bounds.
    #[track_caller]
    fn index(self, slice: *mut T) -> *mut Self::Output;

    /// Returns a pointer to the part; does not build unless the index is known to be in bounds.
    #[inline(always)]
    fn build_index(self, slice: *mut T) -> *mut Self::Output {
        match self.get(slice) {
            Some(part) => part,
            None => build_error!("the index is not known to be in bounds"),
        }
    }
}

// SAFETY: an array is the slice of its elements, and the implementation for slices keeps the promise.
unsafe impl<T, I, const N: usize> ProjectIndex<[T; N]> for I
where
    I: ProjectIndex<[T]>,
{
    type Output = <I as ProjectIndex<[T]>>::Output;

    #[inline(always)]
    fn get(self, slice: *mut [T; N]) -> Option<*mut Self::Output> {
        <I as ProjectIndex<[T]>>::get(self, slice)
    }

    #[inline(always)]
    fn index(self, slice: *mut [T; N]) -> *mut Self::Output {
        <I as ProjectIndex<[T]>>::index(self, slice)
    }
}

// SAFETY: `get` goes at most to the last element, by pointer arithmetic on `slice`; `index` uses `get`.
unsafe impl<T> ProjectIndex<[T]> for usize {
    type Output = T;

    #[inline(always)]
    fn get(self, slice: *mut [T]) -> Option<*mut T> {
        (self < slice.len()).then(|| slice.cast::<T>().wrapping_add(self))
    }

    #[inline(always)]
    fn index(self, slice: *mut [T]) -> *mut T {
        match self.get(slice) {
            Some(part) => part,
            None => panic!("index {self} is out of bounds of {} elements", slice.len()),
        }
    }
}

// SAFETY: `get` checks that the range is one of the slice, by pointer arithmetic on `slice`; `index` uses `get`.
unsafe impl<T> ProjectIndex<[T]> for core::ops::Range<usize> {
    type Output = [T];

    #[inline(always)]
    fn get(self, slice: *mut [T]) -> Option<*mut [T]> {
        let len = self.end.checked_sub(self.start)?;
        (self.end <= slice.len())
            .then(|| core::ptr::slice_from_raw_parts_mut(slice.cast::<T>().wrapping_add(self.start), len))
    }

    #[inline(always)]
    fn index(self, slice: *mut [T]) -> *mut [T] {
        let (start, end) = (self.start, self.end);
        match self.get(slice) {
            Some(part) => part,
            None => panic!("range {start}..{end} is out of bounds of {} elements", slice.len()),
        }
    }
}

macro_rules! impl_project_range {
    ($($range:ident$(<$arg:ty>)?: |$self:ident, $slice:ident| $as_range:expr;)*) => {$(
        // SAFETY: it is the same as the range it is turned into.
        unsafe impl<T> ProjectIndex<[T]> for core::ops::$range$(<$arg>)? {
            type Output = [T];

            #[inline(always)]
            fn get($self, $slice: *mut [T]) -> Option<*mut [T]> {
                $as_range.get($slice)
            }

            #[inline(always)]
            fn index($self, $slice: *mut [T]) -> *mut [T] {
                $as_range.index($slice)
            }
        }
    )*};
}

impl_project_range! {
    RangeTo<usize>: |self, slice| (0..self.end);
    RangeFrom<usize>: |self, slice| (self.start..slice.len());
    RangeFull: |self, slice| (0..slice.len());
}

/// Types that have fields to project to; what [`project!`](crate::ptr::project) uses.
///
/// `DEREF` is there to be inferred. A type that implements [`Deref`] implements the trait twice, so that inference
/// fails: `(*ptr).field` might name a field of the target, and finding that takes a call of `deref`, which a raw
/// pointer does not allow.
///
/// # Safety
///
/// `proj` must return the pointer that is as far from `base` as what `f` returns is from its argument, of the
/// provenance of `base`.
pub unsafe trait ProjectField<const DEREF: bool> {
    /// Returns a pointer to a field of what `base` points to. `base` itself need not be valid for anything.
    ///
    /// # Safety
    ///
    /// `f` must return a pointer to a field of what its argument points to, and not read or write through it.
    unsafe fn proj<F>(base: *mut Self, f: impl FnOnce(*mut Self) -> *mut F) -> *mut F;
}

/// Computes where the field of which `f` takes the address would be, had `base` been a valid pointer.
#[inline(always)]
fn field_of<T, F>(base: *mut T, f: impl FnOnce(*mut T) -> *mut F) -> *mut F {
    // `f` steps within one allocation, which `base` need not point to: let it measure on a place that is one.
    let mut place = core::mem::MaybeUninit::<T>::uninit();
    let start = place.as_mut_ptr();
    let offset = f(start).addr().wrapping_sub(start.addr());
    base.wrapping_byte_add(offset).cast()
}

// SAFETY: `field_of` returns `base` plus the distance that `f` went.
unsafe impl<T> ProjectField<false> for T {
    #[inline(always)]
    unsafe fn proj<F>(base: *mut Self, f: impl FnOnce(*mut Self) -> *mut F) -> *mut F {
        field_of(base, f)
    }
}

// SAFETY: `field_of` returns `base` plus the distance that `f` went.
unsafe impl<T: Deref> ProjectField<true> for T {
    #[inline(always)]
    unsafe fn proj<F>(base: *mut Self, f: impl FnOnce(*mut Self) -> *mut F) -> *mut F {
        field_of(base, f)
    }
}

/// Computes a raw pointer to a part of what a raw pointer points to.
///
/// `project!(ptr, .field)` and `project!(ptr, [index])` steps can be chained. The pointer is `*const`, and so is the
/// result, unless it is preceded by `mut`. The pointer is not read through and may be invalid; the macro is safe.
///
/// An index (or a range of them) says what becomes of it when it is out of bounds:
///
/// - `[build: i]` does not build unless the optimiser proves it in bounds,
/// - `[try: i]` returns [`OutOfBound`] from the enclosing function with `?`,
/// - `[panic: i]` panics.
///
/// # Examples
///
/// ```
/// use kernel::ptr;
///
/// #[repr(C)]
/// struct Descriptor {
///     addr: u64,
///     len: u32,
///     flags: (u16, u16),
/// }
///
/// fn flags_of(ring: *mut [Descriptor], i: usize) -> Result<*mut u16> {
///     Ok(ptr::project!(mut ring, [try: i].flags.1))
/// }
///
/// let ring: *mut [Descriptor; 8] = core::ptr::dangling_mut();
/// let first: *const u64 = ptr::project!(ring.cast_const(), [build: 0].addr);
/// assert_eq!(first.addr(), ring.addr());
/// assert!(flags_of(ring, 7).is_ok());
/// assert_eq!(flags_of(ring, 8), Err(ERANGE));
///
/// let half: *const [Descriptor] = ptr::project!(ring.cast_const(), [build: 4..]);
/// assert_eq!(half.len(), 4);
/// ```
#[macro_export]
macro_rules! project_pointer {
    (@step $ptr:ident,) => {};
    (@step $ptr:ident, .$field:tt $($rest:tt)*) => {
        // SAFETY: the closure takes the address of a field of what its argument points to and accesses nothing.
        let $ptr = unsafe {
            $crate::ptr::projection::ProjectField::proj($ptr, |place| &raw mut (*place).$field)
        };
        $crate::ptr::project!(@step $ptr, $($rest)*);
    };
    (@step $ptr:ident, [build: $index:expr] $($rest:tt)*) => {
        let $ptr = $crate::ptr::projection::ProjectIndex::build_index($index, $ptr);
        $crate::ptr::project!(@step $ptr, $($rest)*);
    };
    (@step $ptr:ident, [try: $index:expr] $($rest:tt)*) => {
        let $ptr = $crate::ptr::projection::ProjectIndex::get($index, $ptr)
            .ok_or($crate::ptr::projection::OutOfBound)?;
        $crate::ptr::project!(@step $ptr, $($rest)*);
    };
    (@step $ptr:ident, [panic: $index:expr] $($rest:tt)*) => {
        let $ptr = $crate::ptr::projection::ProjectIndex::index($index, $ptr);
        $crate::ptr::project!(@step $ptr, $($rest)*);
    };

    (mut $ptr:expr, $($steps:tt)*) => {{
        let ptr: *mut _ = $ptr;
        $crate::ptr::project!(@step ptr, $($steps)*);
        ptr
    }};
    ($ptr:expr, $($steps:tt)*) => {{
        let ptr = <*const _>::cast_mut($ptr);
        $crate::ptr::project!(@step ptr, $($steps)*);
        ptr.cast_const()
    }};
}
