// SPDX-License-Identifier: GPL-2.0
//! The pages of a virtually contiguous allocation.
//!
//! C header: [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h)
//!
//! All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::page::{AsPageIter, PAGE_SIZE};
//!
//! let mut buffer = VBox::<[u8; 2 * PAGE_SIZE]>::new_uninit(GFP_KERNEL)?;
//! assert_eq!(buffer.page_iter().count(), 2);
//! # Ok::<(), Error>(())
//! ```

use super::Vmalloc;
use crate::page::{BorrowedPage, PAGE_SIZE};
use core::{marker::PhantomData, ptr::NonNull};

/// Iterates over the pages that back an allocation of [`Vmalloc`].
///
/// # Invariants
///
/// - The `size` bytes at `buf` belong to an allocation of [`Vmalloc`] that is valid, and exclusively borrowed, during
///   `'a`.
/// - `buf` is aligned to a page.
pub struct VmallocPageIter<'a> {
    buf: NonNull<u8>,
    size: usize,
    /// The next page, counted from `buf`.
    index: usize,
    _allocation: PhantomData<&'a mut [u8]>,
}

impl<'a> Iterator for VmallocPageIter<'a> {
    type Item = BorrowedPage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.index.checked_mul(PAGE_SIZE).filter(|&offset| offset < self.size)?;
        self.index += 1;
        // SAFETY: `offset` is less than `size`, so by the type invariants the address is one of the allocation, which
        // is valid during `'a`; each page is given out once.
        Some(unsafe { Vmalloc::to_page(self.buf.add(offset)) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.page_count().saturating_sub(self.index);
        (left, Some(left))
    }
}

impl<'a> VmallocPageIter<'a> {
    /// Iterates over the pages of `size` bytes at `buf`.
    ///
    /// # Safety
    ///
    /// - `buf` is the start of an allocation of [`Vmalloc`] of at least `size` bytes.
    /// - It is valid during `'a`, and nobody else borrows it meanwhile.
    pub unsafe fn new(buf: NonNull<u8>, size: usize) -> Self {
        // INVARIANT: The caller promises them; `vmalloc()` returns whole pages.
        Self { buf, size, index: 0, _allocation: PhantomData }
    }

    /// The size of the memory in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many pages the memory has in all.
    pub fn page_count(&self) -> usize {
        self.size.div_ceil(PAGE_SIZE)
    }
}
