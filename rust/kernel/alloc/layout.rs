// SPDX-License-Identifier: GPL-2.0
//! The layout of arrays, checked once.
//!
//! C headers: none. All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::alloc::layout::ArrayLayout;
//!
//! let layout = ArrayLayout::<u32>::new(5)?;
//! assert_eq!((layout.len(), layout.size()), (5, 20));
//! # Ok::<(), kernel::alloc::layout::LayoutError>(())
//! ```

use core::{alloc::Layout, marker::PhantomData};

/// An array of that many elements would be larger than `isize::MAX` bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayoutError;

impl From<LayoutError> for crate::error::Error {
    fn from(_: LayoutError) -> Self {
        crate::error::code::ENOMEM
    }
}

/// The layout of an array `[T; len]`.
///
/// # Invariants
///
/// `len * size_of::<T>() <= isize::MAX`.
pub struct ArrayLayout<T> {
    len: usize,
    _phantom: PhantomData<fn() -> T>,
}

impl<T> Clone for ArrayLayout<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ArrayLayout<T> {}

impl<T> ArrayLayout<T> {
    /// No elements.
    pub const fn empty() -> Self {
        // INVARIANT: `0 * size_of::<T>()` is 0.
        Self { len: 0, _phantom: PhantomData }
    }

    /// `len` elements, if that is not too large.
    ///
    /// ```
    /// # use kernel::alloc::layout::{ArrayLayout, LayoutError};
    /// assert!(ArrayLayout::<u64>::new(usize::MAX / 8).is_err());
    /// assert_eq!(ArrayLayout::<()>::new(usize::MAX)?.size(), 0);
    /// # Ok::<(), LayoutError>(())
    /// ```
    pub const fn new(len: usize) -> Result<Self, LayoutError> {
        match len.checked_mul(size_of::<T>()) {
            // INVARIANT: The product was just compared with `isize::MAX`.
            Some(size) if size <= isize::MAX as usize => Ok(Self { len, _phantom: PhantomData }),
            _ => Err(LayoutError),
        }
    }

    /// `len` elements.
    ///
    /// # Safety
    ///
    /// `len * size_of::<T>() <= isize::MAX`.
    pub const unsafe fn new_unchecked(len: usize) -> Self {
        // INVARIANT: The caller promises it.
        Self { len, _phantom: PhantomData }
    }

    /// The number of elements.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The size in bytes.
    pub const fn size(&self) -> usize {
        self.len * size_of::<T>()
    }
}

impl<T> From<ArrayLayout<T>> for Layout {
    fn from(value: ArrayLayout<T>) -> Self {
        // SAFETY: By the type invariant the size is at most `isize::MAX`; it is a multiple of the alignment, which is
        // that of `T`, so rounding up does not change it.
        unsafe { Layout::from_size_align_unchecked(value.size(), align_of::<T>()) }
    }
}
