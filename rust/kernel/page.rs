// SPDX-License-Identifier: GPL-2.0
//! Pages of memory.
//!
//! C headers: [`include/linux/gfp.h`](srctree/include/linux/gfp.h),
//! [`include/linux/highmem.h`](srctree/include/linux/highmem.h),
//! [`include/linux/mm.h`](srctree/include/linux/mm.h)
//!
//! All supported kernels have what this module needs; 5.10 has no `kmap_local_page()`, nor a need for it.
//!
//! # Examples
//!
//! ```
//! use kernel::page::Page;
//!
//! let page = Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?;
//! let mut byte = 1u8;
//! // SAFETY: `byte` is valid for a write of one byte, and nobody writes to the page meanwhile.
//! unsafe { page.read_raw(&mut byte, 0, 1)? };
//! assert_eq!(byte, 0);
//! # Ok::<(), Error>(())
//! ```

use crate::{
    alloc::{AllocError, Flags},
    error::{code::*, Result},
    uaccess::UserSliceReader,
};
use core::{marker::PhantomData, mem::ManuallyDrop, ops::Deref, ptr, ptr::NonNull};

/// The logarithm of the size of a page.
pub const PAGE_SHIFT: usize = bindings::PAGE_SHIFT as usize;

/// The size of a page in bytes.
pub const PAGE_SIZE: usize = 1 << PAGE_SHIFT;

/// Keeps the number of the page in an address, and clears the offset in it.
pub const PAGE_MASK: usize = !(PAGE_SIZE - 1);

/// Rounds up to whole pages; [`None`] if that overflows.
///
/// ```
/// use kernel::page::{page_align, PAGE_SIZE};
///
/// assert_eq!(page_align(1), Some(PAGE_SIZE));
/// assert_eq!(page_align(PAGE_SIZE), Some(PAGE_SIZE));
/// assert_eq!(page_align(usize::MAX), None);
/// ```
pub const fn page_align(addr: usize) -> Option<usize> {
    match addr.checked_add(PAGE_SIZE - 1) {
        Some(sum) => Some(sum & PAGE_MASK),
        None => None,
    }
}

/// A page that somebody else owns, borrowed.
///
/// ```
/// use kernel::page::{BorrowedPage, Page};
///
/// let page = Page::alloc_page(GFP_KERNEL)?;
/// // SAFETY: `page` outlives the borrow.
/// let borrowed = unsafe { BorrowedPage::from_raw(core::ptr::NonNull::new(page.as_ptr()).ok_or(EINVAL)?) };
/// assert_eq!(borrowed.as_ptr(), page.as_ptr());
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The page is valid during `'a`.
pub struct BorrowedPage<'a>(ManuallyDrop<Page>, PhantomData<&'a Page>);

impl<'a> BorrowedPage<'a> {
    /// Borrows a raw page.
    ///
    /// # Safety
    ///
    /// `ptr` points to a page that is valid during `'a`.
    pub unsafe fn from_raw(ptr: NonNull<bindings::page>) -> Self {
        // INVARIANT: The caller promises it. The page is never freed through this `Page`.
        Self(ManuallyDrop::new(Page { page: ptr }), PhantomData)
    }
}

impl<'a> Deref for BorrowedPage<'a> {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.0
    }
}

/// Memory whose pages can be looked at.
pub trait AsPageIter {
    /// The iterator.
    type Iter<'a>: Iterator<Item = BorrowedPage<'a>>
    where
        Self: 'a;

    /// Iterates over the pages.
    fn page_iter(&mut self) -> Self::Iter<'_>;
}

/// A page, owned.
///
/// # Invariants
///
/// The pointer is valid and owns the page.
pub struct Page {
    page: NonNull<bindings::page>,
}

// SAFETY: A page may be used and freed by any thread.
unsafe impl Send for Page {}

// SAFETY: What may race is unsafe, and its callers promise that it does not.
unsafe impl Sync for Page {}

impl Page {
    /// Allocates a page.
    ///
    /// ```
    /// use kernel::page::Page;
    ///
    /// let page = Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?;
    /// assert!(page.nid() >= 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn alloc_page(flags: Flags) -> Result<Self, AllocError> {
        // SAFETY: Any flags and an order of 0 may be asked for.
        let page = unsafe { bindings::alloc_pages(flags.as_raw(), 0) };
        // INVARIANT: The page was just allocated, so it is ours.
        Ok(Self { page: NonNull::new(page).ok_or(AllocError)? })
    }

    /// The raw page.
    pub fn as_ptr(&self) -> *mut bindings::page {
        self.page.as_ptr()
    }

    /// The node on which the page lies.
    pub fn nid(&self) -> i32 {
        // SAFETY: By the type invariant the page is valid.
        unsafe { bindings::page_to_nid(self.as_ptr()) }
    }

    /// Maps the page and runs `f` with its address, which is valid during the call and for this task only.
    fn with_page_mapped<T>(&self, f: impl FnOnce(*mut u8) -> T) -> T {
        // SAFETY: By the type invariant the page is valid.
        let mapped = unsafe { bindings::kmap_local_page(self.as_ptr()) };
        let result = f(mapped.cast());
        // SAFETY: `mapped` was just mapped by this task, and mappings are taken down in the opposite order, as they
        // nest like calls.
        unsafe { bindings::kunmap_local(mapped) };
        result
    }

    /// Maps the page and runs `f` with the address of `len` bytes at `offset`; `EINVAL` when they do not lie in the
    /// page.
    fn with_pointer_into_page<T>(&self, offset: usize, len: usize, f: impl FnOnce(*mut u8) -> Result<T>) -> Result<T> {
        if offset.checked_add(len).is_none_or(|end| end > PAGE_SIZE) {
            return Err(EINVAL);
        }
        self.with_page_mapped(|start| {
            // SAFETY: `offset` is at most the size of the page.
            f(unsafe { start.add(offset) })
        })
    }

    /// Copies out of the page.
    ///
    /// # Safety
    ///
    /// - `dst` is valid for writing `len` bytes.
    /// - Nobody writes to these bytes of the page during the call.
    pub unsafe fn read_raw(&self, dst: *mut u8, offset: usize, len: usize) -> Result {
        self.with_pointer_into_page(offset, len, |src| {
            // SAFETY: `src` is valid for `len` bytes, as it was checked to lie in the page; the caller promises it of
            // `dst`. Memory that the caller may write to does not overlap with a page that nobody writes to.
            unsafe { ptr::copy_nonoverlapping(src, dst, len) };
            Ok(())
        })
    }

    /// Copies into the page.
    ///
    /// # Safety
    ///
    /// - `src` is valid for reading `len` bytes.
    /// - Nobody reads or writes these bytes of the page during the call.
    pub unsafe fn write_raw(&self, src: *const u8, offset: usize, len: usize) -> Result {
        self.with_pointer_into_page(offset, len, |dst| {
            // SAFETY: `dst` is valid for `len` bytes, as it was checked to lie in the page; the caller promises it of
            // `src`, and that nobody else uses these bytes of the page.
            unsafe { ptr::copy_nonoverlapping(src, dst, len) };
            Ok(())
        })
    }

    /// Fills a part of the page with zeros.
    ///
    /// # Safety
    ///
    /// Nobody reads or writes these bytes of the page during the call.
    pub unsafe fn fill_zero_raw(&self, offset: usize, len: usize) -> Result {
        self.with_pointer_into_page(offset, len, |dst| {
            // SAFETY: `dst` is valid for `len` bytes, as it was checked to lie in the page; the caller promises that
            // nobody else uses them.
            unsafe { ptr::write_bytes(dst, 0, len) };
            Ok(())
        })
    }

    /// Copies from user space into the page.
    ///
    /// # Safety
    ///
    /// Nobody reads or writes these bytes of the page during the call.
    pub unsafe fn copy_from_user_slice_raw(&self, reader: &mut UserSliceReader, offset: usize, len: usize) -> Result {
        self.with_pointer_into_page(offset, len, |dst| {
            // SAFETY: `dst` is valid for `len` bytes, as it was checked to lie in the page; the caller promises that
            // nobody else uses them.
            reader.read_raw(unsafe { core::slice::from_raw_parts_mut(dst.cast(), len) })
        })
    }
}

impl Drop for Page {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the page is ours; it was allocated with order 0.
        unsafe { bindings::__free_pages(self.as_ptr(), 0) };
    }
}
