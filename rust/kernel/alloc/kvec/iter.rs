// SPDX-License-Identifier: GPL-2.0
//! The iterators that take the elements of a [`Vec`] by value.
//!
//! C headers: none. All supported kernels have what this module needs.

use super::Vec;
use crate::alloc::{Allocator, Flags};
use core::{ptr, slice};

/// Takes the elements of a [`Vec`] one by one.
///
/// ```
/// let mut it = kernel::kvec![1, 2]?.into_iter();
/// assert_eq!((it.next(), it.next(), it.next()), (Some(1), Some(2), None));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `buf` holds no elements as far as it knows; those at `taken..end` in its memory are initialised and belong to the
/// iterator.
pub struct IntoIter<T, A: Allocator> {
    buf: Vec<T, A>,
    taken: usize,
    end: usize,
}

impl<T, A> IntoIter<T, A>
where
    A: Allocator,
{
    /// What was not taken yet.
    fn rest(&mut self) -> *mut [T] {
        // SAFETY: `taken <= end`, which is within the memory.
        let first = unsafe { self.buf.as_mut_ptr().add(self.taken) };
        ptr::slice_from_raw_parts_mut(first, self.end - self.taken)
    }

    /// Makes a [`Vec`] of the elements that were not taken yet, in the same memory; what is too much of that is given
    /// back, if the allocator can.
    ///
    /// ```
    /// let mut it = kernel::kvec![1, 2, 3]?.into_iter();
    /// it.next();
    /// assert_eq!(it.collect(GFP_KERNEL), [2, 3]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn collect(mut self, flags: Flags) -> Vec<T, A> {
        let rest = self.rest();
        // SAFETY: Both ranges lie in the memory of the vector and the elements of `rest` are initialised.
        unsafe { ptr::copy(rest.cast::<T>(), self.buf.as_mut_ptr(), rest.len()) };
        let mut v = core::mem::take(&mut self.buf);
        // INVARIANT: The iterator owns no elements any more.
        self.end = self.taken;
        // SAFETY: That many elements were just moved to the start of the memory.
        unsafe { v.inc_len(rest.len()) };
        v.shrink(flags);
        v
    }
}

impl<T, A> Iterator for IntoIter<T, A>
where
    A: Allocator,
{
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let rest = self.rest();
        if rest.len() == 0 {
            return None;
        }
        // INVARIANT: The element leaves the range of those that the iterator owns.
        self.taken += 1;
        // SAFETY: By the type invariant the element is initialised, and it was just given up.
        Some(unsafe { rest.cast::<T>().read() })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.taken;
        (left, Some(left))
    }
}

impl<T, A: Allocator> ExactSizeIterator for IntoIter<T, A> {}

impl<T, A> Drop for IntoIter<T, A>
where
    A: Allocator,
{
    fn drop(&mut self) {
        // SAFETY: By the type invariant these are initialised and belong to the iterator; nobody uses it any more.
        unsafe { ptr::drop_in_place(self.rest()) };
    }
}

impl<T, A> IntoIterator for Vec<T, A>
where
    A: Allocator,
{
    type Item = T;
    type IntoIter = IntoIter<T, A>;

    /// ```
    /// let mut sum = 0;
    /// for x in kernel::kvec![1, 2, 3]? {
    ///     sum += x;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok::<(), Error>(())
    /// ```
    fn into_iter(self) -> IntoIter<T, A> {
        let (ptr, end, capacity) = self.into_raw_parts();
        // SAFETY: These are the parts of a vector, with a length of 0.
        let buf = unsafe { Vec::from_raw_parts(ptr, 0, capacity) };
        // INVARIANT: The vector's elements are given to the iterator.
        IntoIter { buf, taken: 0, end }
    }
}

/// Takes all elements of a borrowed [`Vec`], whose memory stays.
///
/// # Invariants
///
/// The elements that `elements` has yet to yield are initialised and belong to this iterator.
pub struct DrainAll<'vec, T> {
    elements: slice::IterMut<'vec, T>,
}

impl<'vec, T> DrainAll<'vec, T> {
    /// `elements` belong to the iterator from now on: the vector does not count them any more.
    pub(super) fn new(elements: &'vec mut [T]) -> Self {
        // INVARIANT: `Vec::drain_all()` gives them.
        Self { elements: elements.iter_mut() }
    }
}

impl<'vec, T> Iterator for DrainAll<'vec, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let element: *mut T = self.elements.next()?;
        // SAFETY: By the type invariant it is initialised, and it was just given up.
        Some(unsafe { element.read() })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.elements.size_hint()
    }
}

impl<'vec, T> Drop for DrainAll<'vec, T> {
    fn drop(&mut self) {
        let rest: *mut [T] = core::mem::take(&mut self.elements).into_slice();
        // SAFETY: By the type invariant these are initialised and belong to the iterator; nobody uses it any more.
        unsafe { ptr::drop_in_place(rest) };
    }
}
