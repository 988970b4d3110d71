// SPDX-License-Identifier: GPL-2.0
//! C's circular doubly linked lists, seen from Rust.
//!
//! C header: [`include/linux/list.h`](srctree/include/linux/list.h)
//!
//! This is for lists that C code makes and Rust code reads. For lists of Rust's own, see [`list`](crate::list). Every
//! kernel has it.
//!
//! # Examples
//!
//! ```
//! use kernel::{bindings, interop::list::clist_create, types::Opaque};
//!
//! /// An item as C has it: `struct region { u32 pages; struct list_head link; };`
//! #[repr(C)]
//! struct region {
//!     pages: u32,
//!     link: bindings::list_head,
//! }
//!
//! /// The same for Rust.
//! #[repr(transparent)]
//! struct Region(Opaque<region>);
//!
//! impl Region {
//!     fn pages(&self) -> u32 {
//!         // SAFETY: it is a valid region, of which `pages` does not change.
//!         unsafe { (*self.0.get()).pages }
//!     }
//! }
//!
//! /// # Safety
//! ///
//! /// `head` must be the head of a valid list of regions, which does not change.
//! unsafe fn total_pages(head: *mut bindings::list_head) -> u32 {
//!     // SAFETY: the caller's promise, and `Region` is transparent.
//!     let regions = unsafe { clist_create!(head, Region, region, link) };
//!     regions.iter().map(Region::pages).sum()
//! }
//!
//! // What C code would do.
//! let mut head = bindings::list_head::default();
//! let mut items = [1, 2, 3].map(|pages| region { pages, link: Default::default() });
//! // SAFETY: the head and the items stay where they are.
//! unsafe { bindings::INIT_LIST_HEAD(&mut head) };
//! for item in &mut items {
//!     // SAFETY: as above.
//!     unsafe { bindings::list_add_tail(&raw mut item.link, &mut head) };
//! }
//!
//! // SAFETY: it is the head of a list of regions.
//! assert_eq!(unsafe { total_pages(&mut head) }, 6);
//! ```

use crate::{
    prelude::{pin_data, pin_init, PinInit},
    types::Opaque,
};
use core::{iter::FusedIterator, marker::PhantomData};

/// A `struct list_head`: the head of a list, or the link of an item.
///
/// # Invariants
///
/// It is initialised, and `next` and `prev` point to such as well.
#[pin_data]
#[repr(transparent)]
pub struct CListHead {
    #[pin]
    inner: Opaque<bindings::list_head>,
}

impl CListHead {
    /// Makes a reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to an initialised `list_head`, and neither it nor the list it is in may change.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::list_head) -> &'a Self {
        // SAFETY: the caller's promise, and `CListHead` is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Returns the pointer for C.
    #[inline]
    pub fn as_raw(&self) -> *mut bindings::list_head {
        self.inner.get()
    }

    /// Returns the one after it: the head comes after the last.
    #[inline]
    pub fn next(&self) -> &Self {
        // SAFETY: by the type invariant, it is initialised and so is what `next` points to; the list does not change.
        unsafe { Self::from_raw((*self.as_raw()).next) }
    }

    /// Returns whether there is another one in the list.
    #[inline]
    pub fn is_linked(&self) -> bool {
        self.next() != self
    }

    /// Makes one that is in no list, or the head of an empty list.
    pub fn new() -> impl PinInit<Self> {
        // INVARIANT: it points to itself.
        pin_init!(Self {
            // SAFETY: the pointer is to memory for a `list_head`, which `INIT_LIST_HEAD()` initialises, and does not
            // move.
            inner <- Opaque::ffi_init(|head| unsafe { bindings::INIT_LIST_HEAD(head) })
        })
    }
}

// SAFETY: a reference promises that the list does not change, so any thread may read it.
unsafe impl Send for CListHead {}

// SAFETY: as above.
unsafe impl Sync for CListHead {}

impl PartialEq for CListHead {
    /// Whether they are the same one.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self, other)
    }
}

impl Eq for CListHead {}

/// An iterator over the links of a list, but for the head.
struct CListHeadIter<'a> {
    current: &'a CListHead,
    head: &'a CListHead,
}

impl<'a> Iterator for CListHeadIter<'a> {
    type Item = &'a CListHead;

    #[inline]
    fn next(&mut self) -> Option<&'a CListHead> {
        // At the end, `current` stays the last, so that there is nothing more ever.
        let next = self.current.next();
        (next != self.head).then(|| {
            self.current = next;
            next
        })
    }
}

impl<'a> FusedIterator for CListHeadIter<'a> {}

/// A list of items `T`, each of which has its link `OFFSET` bytes from its beginning. [`clist_create!`] makes one.
///
/// # Invariants
///
/// It is the head, and all others in the list are the links of items.
#[repr(transparent)]
pub struct CList<T, const OFFSET: usize>(CListHead, PhantomData<T>);

impl<T, const OFFSET: usize> CList<T, OFFSET> {
    /// Makes a reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to the initialised head of a list, which does not change. All its items must be valid
    /// `T`, and have their link at `OFFSET`.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::list_head) -> &'a Self {
        // SAFETY: the caller's promise, and `CList` is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Returns whether there is no item.
    #[inline]
    pub fn is_empty(&self) -> bool {
        !self.0.is_linked()
    }

    /// Returns an iterator over the items.
    #[inline]
    pub fn iter(&self) -> CListIter<'_, T, OFFSET> {
        CListIter { links: CListHeadIter { current: &self.0, head: &self.0 }, _items: PhantomData }
    }
}

/// An iterator over the items of a [`CList`].
pub struct CListIter<'a, T, const OFFSET: usize> {
    links: CListHeadIter<'a>,
    _items: PhantomData<&'a T>,
}

impl<'a, T, const OFFSET: usize> Iterator for CListIter<'a, T, OFFSET> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        let link = self.links.next()?;
        // SAFETY: by the invariant of `CList`, it is the link of a valid `T`, at `OFFSET`.
        Some(unsafe { &*link.as_raw().byte_sub(OFFSET).cast::<T>() })
    }
}

impl<'a, T, const OFFSET: usize> FusedIterator for CListIter<'a, T, OFFSET> {}

/// Makes a [`CList`] of its head: `clist_create!(head, RustType, CType, field)`.
///
/// `field` is the one of the struct `CType` that is the link, and `RustType` stands for a `CType`.
///
/// # Safety
///
/// It is used in an `unsafe` block: the conditions are those of [`CList::from_raw`], and `RustType` must have the
/// layout of `CType`.
#[macro_export]
#[doc(hidden)]
macro_rules! clist_create {
    ($head:expr, $rust_type:ty, $c_type:ty, $($field:tt).+) => {{
        // Compiles only if the field is a `list_head`.
        let _: fn(*const $c_type) -> *const $crate::bindings::list_head =
            |item| &raw const (*item).$($field).+;

        $crate::interop::list::CList::<$rust_type, { ::core::mem::offset_of!($c_type, $($field).+) }>::from_raw($head)
    }};
}
#[doc(inline)]
pub use clist_create;
