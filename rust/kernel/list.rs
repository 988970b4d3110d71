// SPDX-License-Identifier: GPL-2.0
//! Linked lists of reference-counted items, without an allocation to insert.
//!
//! The links are in the item ([`ListLinks`]), which an [`Arc`](crate::sync::Arc) holds. So that an item is in one list
//! at most (for each of its pairs of links), a list takes a [`ListArc`], of which an item has one at most.
//!
//! The lists are not those of C; for them see [`interop::list`](crate::interop::list). Every kernel has it.

use crate::{
    prelude::{pin_data, pin_init, PinInit},
    sync::ArcBorrow,
    types::Opaque,
};
use core::{iter::FusedIterator, marker::PhantomData, ptr};

mod arc;
mod arc_field;
mod cursor;
mod impl_list_item_mod;

pub use self::arc::{impl_list_arc_safe, AtomicTracker, ListArc, ListArcSafe, TryNewListArc};
pub use self::arc_field::{define_list_arc_field_getter, ListArcField};
pub use self::cursor::{Cursor, CursorPeek};
pub use self::impl_list_item_mod::{
    impl_has_list_links, impl_has_list_links_self_ptr, impl_list_item, HasListLinks, HasSelfPtr,
};

/// A linked list of items, each in an [`Arc`](crate::sync::Arc) of its own.
///
/// `ID` says which links of the item it uses, if it has several so as to be in several lists.
///
/// # Invariants
///
/// - `first` is null if the list is empty, else it points to the links of the first item.
/// - The links of the items make a ring: from each to the next, and from the last to the first, and the same backwards.
/// - For each item, the list owns its [`ListArc`].
///
/// # Examples
///
/// A queue of jobs, in order of arrival but for urgent ones:
///
/// ```
/// use kernel::list::{impl_list_arc_safe, impl_list_item, List, ListArc, ListLinks};
///
/// #[pin_data]
/// struct Job {
///     sector: u64,
///     #[pin]
///     links: ListLinks,
/// }
///
/// impl Job {
///     fn new(sector: u64) -> Result<ListArc<Self>> {
///         ListArc::pin_init(try_pin_init!(Self { sector, links <- ListLinks::new() }), GFP_KERNEL)
///     }
/// }
///
/// impl_list_arc_safe! {
///     impl ListArcSafe<0> for Job { untracked; }
/// }
/// impl_list_item! {
///     impl ListItem<0> for Job { using ListLinks { self.links }; }
/// }
///
/// let mut queue = List::new();
/// queue.push_back(Job::new(100)?);
/// queue.push_back(Job::new(101)?);
/// queue.push_front(Job::new(7)?);
/// assert!(queue.iter().map(|job| job.sector).eq([7, 100, 101]));
///
/// let mut later = List::new();
/// later.push_back(Job::new(500)?);
/// queue.push_all_back(&mut later);
/// assert!(later.is_empty());
///
/// assert_eq!(queue.pop_front().map(|job| job.sector), Some(7));
/// assert_eq!(queue.pop_back().map(|job| job.sector), Some(500));
/// for job in queue {
///     assert!(job.sector == 100 || job.sector == 101);
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// An item that is in two lists at once has two pairs of links, and two [`ListArc`]s:
///
/// ```
/// use kernel::{
///     list::{impl_list_arc_safe, impl_list_item, List, ListArc, ListLinks},
///     sync::UniqueArc,
/// };
///
/// #[pin_data]
/// struct Page {
///     number: u32,
///     #[pin]
///     by_age: ListLinks<0>,
///     #[pin]
///     dirty: ListLinks<1>,
/// }
///
/// impl_list_arc_safe! {
///     impl ListArcSafe<0> for Page { untracked; }
///     impl ListArcSafe<1> for Page { untracked; }
/// }
/// impl_list_item! {
///     impl ListItem<0> for Page { using ListLinks { self.by_age }; }
///     impl ListItem<1> for Page { using ListLinks { self.dirty }; }
/// }
///
/// let page = UniqueArc::pin_init(
///     try_pin_init!(Page { number: 3, by_age <- ListLinks::new(), dirty <- ListLinks::new() }),
///     GFP_KERNEL,
/// )?;
/// let (old, dirty) = ListArc::<_, 0>::pair_from_pin_unique::<1>(page);
///
/// let mut by_age: List<Page, 0> = List::new();
/// let mut to_write: List<Page, 1> = List::new();
/// by_age.push_back(old);
/// to_write.push_back(dirty);
/// assert_eq!(to_write.pop_front().map(|page| page.number), Some(3));
/// assert!(!by_age.is_empty());
/// # Ok::<(), Error>(())
/// ```
pub struct List<T: ?Sized + ListItem<ID>, const ID: u64 = 0> {
    first: *mut ListLinksFields,
    _owns: PhantomData<ListArc<T, ID>>,
}

// SAFETY: a list is as many `ListArc`s, and what else it has is reached through `&mut` only.
unsafe impl<T, const ID: u64> Send for List<T, ID>
where
    ListArc<T, ID>: Send,
    T: ?Sized + ListItem<ID>,
{
}

// SAFETY: a shared list gives out shared items only.
unsafe impl<T, const ID: u64> Sync for List<T, ID>
where
    ListArc<T, ID>: Sync,
    T: ?Sized + ListItem<ID>,
{
}

/// Items that have the links of a [`List`]; [`impl_list_item!`] implements it.
///
/// # Safety
///
/// - While an item is in a list (from `prepare_to_insert` to `post_remove`), `view_links` of the item and `view_value`
///   of the links lead from one to the other, always to the same, and nobody else touches the links.
/// - `prepare_to_insert` returns what `view_links` does, and `post_remove` what `view_value` did.
pub unsafe trait ListItem<const ID: u64 = 0>: ListArcSafe<ID> {
    /// Returns the links of an item.
    ///
    /// # Safety
    ///
    /// `me` must point to a valid item.
    unsafe fn view_links(me: *const Self) -> *mut ListLinks<ID>;

    /// Returns the item of links.
    ///
    /// # Safety
    ///
    /// `me` must be what the last `prepare_to_insert` of the item returned, and `post_remove` must not have been called
    /// since.
    unsafe fn view_value(me: *mut ListLinks<ID>) -> *const Self;

    /// Makes an item ready to be in a list, and returns its links.
    ///
    /// # Safety
    ///
    /// `me` must be what [`ListArc::into_raw`] returned, which must not be used until `post_remove` returned it again;
    /// and the item must not be in a list that uses the same links.
    unsafe fn prepare_to_insert(me: *const Self) -> *mut ListLinks<ID>;

    /// Ends what `prepare_to_insert` began, and returns the pointer that it was given.
    ///
    /// # Safety
    ///
    /// `me` must be what the last `prepare_to_insert` of the item returned, and this must be the first call since.
    unsafe fn post_remove(me: *mut ListLinks<ID>) -> *const Self;
}

#[repr(C)]
#[derive(Copy, Clone)]
struct ListLinksFields {
    next: *mut ListLinksFields,
    prev: *mut ListLinksFields,
}

/// The links of an item that can be in a [`List`].
///
/// # Invariants
///
/// Both are null if the item is in no list; else they are what that list says, and belong to it.
#[pin_data]
#[repr(transparent)]
pub struct ListLinks<const ID: u64 = 0> {
    #[pin]
    inner: Opaque<ListLinksFields>,
}

// SAFETY: nothing can be done with links but by way of the list, which has rules of its own.
unsafe impl<const ID: u64> Send for ListLinks<ID> {}

// SAFETY: as above.
unsafe impl<const ID: u64> Sync for ListLinks<ID> {}

impl<const ID: u64> ListLinks<ID> {
    /// Makes the links of an item that is in no list.
    pub fn new() -> impl PinInit<Self> {
        // INVARIANT: both are null.
        pin_init!(Self {
            inner <- Opaque::new(ListLinksFields { next: ptr::null_mut(), prev: ptr::null_mut() })
        })
    }

    /// Returns the pointer to the links proper.
    ///
    /// # Safety
    ///
    /// `me` must point to the links of a valid item.
    #[inline]
    unsafe fn fields(me: *mut Self) -> *mut ListLinksFields {
        // SAFETY: the caller promises that `me` can be followed that far.
        unsafe { Opaque::cast_into(&raw const (*me).inner) }
    }

    /// Returns the links of which `fields` returned a pointer.
    #[inline]
    fn from_fields(me: *mut ListLinksFields) -> *mut Self {
        // `ListLinks` and `Opaque` are transparent.
        me.cast()
    }
}

/// Links that know their item, for items of a type without a size (`dyn Trait` in the end).
///
/// # Invariants
///
/// While the item is in a list, `self_ptr` is a pointer to it.
#[pin_data]
#[repr(C)]
pub struct ListLinksSelfPtr<T: ?Sized, const ID: u64 = 0> {
    /// The links, which come first, so that a pointer to them is one to the whole.
    #[pin]
    pub inner: ListLinks<ID>,
    #[pin]
    self_ptr: Opaque<*const T>,
}

// SAFETY: nothing can be done with links but by way of the list, which has rules of its own.
unsafe impl<T: ?Sized + Send, const ID: u64> Send for ListLinksSelfPtr<T, ID> {}

// SAFETY: as above.
unsafe impl<T: ?Sized + Sync, const ID: u64> Sync for ListLinksSelfPtr<T, ID> {}

impl<T: ?Sized, const ID: u64> ListLinksSelfPtr<T, ID> {
    /// Makes the links of an item that is in no list.
    pub fn new() -> impl PinInit<Self> {
        // INVARIANT: it is in no list.
        pin_init!(Self { inner <- ListLinks::new(), self_ptr <- Opaque::uninit() })
    }

    /// Returns a pointer to where the pointer to the item is kept.
    ///
    /// # Safety
    ///
    /// `me` must point to valid links.
    pub unsafe fn raw_get_self_ptr(me: *const Self) -> *const Opaque<*const T> {
        // SAFETY: the caller promises that `me` can be followed that far.
        unsafe { &raw const (*me).self_ptr }
    }
}

impl<T: ?Sized + ListItem<ID>, const ID: u64> List<T, ID> {
    /// Makes an empty list.
    pub const fn new() -> Self {
        // INVARIANT: it is empty.
        Self { first: ptr::null_mut(), _owns: PhantomData }
    }

    /// Returns whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Inserts `item` before `next` in the ring, and returns its links; `first` changes only if there was no item.
    ///
    /// # Safety
    ///
    /// `next` must be the links of an item of the list, or null if it is empty.
    unsafe fn insert_inner(&mut self, item: ListArc<T, ID>, next: *mut ListLinksFields) -> *mut ListLinksFields {
        let item = ListArc::into_raw(item);
        // SAFETY: the pointer was just made of the only `ListArc`, so the item is in no list with these links; the list
        // keeps it until `post_remove`.
        let links = unsafe { T::prepare_to_insert(item) };
        // SAFETY: `prepare_to_insert` returns the links of a valid item.
        let links = unsafe { ListLinks::fields(links) };

        if next.is_null() {
            // INVARIANT: a ring of one.
            // SAFETY: by `prepare_to_insert` the links belong to the list now.
            unsafe { *links = ListLinksFields { next: links, prev: links } };
            self.first = links;
        } else {
            // SAFETY: `next` is the links of an item of the list.
            let prev = unsafe { (*next).prev };
            // INVARIANT: the ring goes through the new item.
            // SAFETY: all three belong to the list.
            unsafe {
                *links = ListLinksFields { next, prev };
                (*prev).next = links;
                (*next).prev = links;
            }
        }
        links
    }

    /// Adds an item at the end.
    pub fn push_back(&mut self, item: ListArc<T, ID>) {
        // SAFETY: `first` is as required. Before the first in the ring is the end of the list.
        unsafe { self.insert_inner(item, self.first) };
    }

    /// Adds an item at the beginning.
    pub fn push_front(&mut self, item: ListArc<T, ID>) {
        // SAFETY: `first` is as required.
        // INVARIANT: the new item is the first.
        self.first = unsafe { self.insert_inner(item, self.first) };
    }

    /// Removes and returns the last item.
    pub fn pop_back(&mut self) -> Option<ListArc<T, ID>> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: the list is not empty, so `first` points to links of it.
        let last = unsafe { (*self.first).prev };
        // SAFETY: so does its predecessor in the ring.
        Some(unsafe { self.remove_internal(last) })
    }

    /// Removes and returns the first item.
    pub fn pop_front(&mut self) -> Option<ListArc<T, ID>> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: the list is not empty, so `first` points to links of it.
        Some(unsafe { self.remove_internal(self.first) })
    }

    /// Removes `item`, or returns [`None`] if it is in no list.
    ///
    /// # Safety
    ///
    /// `item` must not be in another list that uses the same links.
    pub unsafe fn remove(&mut self, item: &T) -> Option<ListArc<T, ID>> {
        // SAFETY: `item` is a valid item.
        let links = unsafe { T::view_links(item) };
        // SAFETY: they are the links of a valid item.
        let links = unsafe { ListLinks::fields(links) };
        // SAFETY: the caller promises that they belong to this list, which is borrowed, or to none.
        let in_list = unsafe { !(*links).next.is_null() };
        // SAFETY: the item is in a list, which is this one.
        in_list.then(|| unsafe { self.remove_internal(links) })
    }

    /// Removes and returns an item.
    ///
    /// # Safety
    ///
    /// `item` must be the links of an item of the list.
    unsafe fn remove_internal(&mut self, item: *mut ListLinksFields) -> ListArc<T, ID> {
        // SAFETY: the links belong to the list.
        let ListLinksFields { next, prev } = unsafe { *item };

        // INVARIANT: the ring leaves out the item, which then is in no list, so that its links are null.
        // SAFETY: all three belong to the list.
        unsafe {
            (*next).prev = prev;
            (*prev).next = next;
            *item = ListLinksFields { next: ptr::null_mut(), prev: ptr::null_mut() };
        }
        if self.first == item {
            // INVARIANT: the next is the first now, unless the item was the only one.
            self.first = if next == item { ptr::null_mut() } else { next };
        }

        // SAFETY: `insert_inner` called `prepare_to_insert`, and the item is taken out only here.
        let item = unsafe { T::post_remove(ListLinks::from_fields(item)) };
        // SAFETY: it is the pointer that `insert_inner` got of `into_raw`.
        unsafe { ListArc::from_raw(item) }
    }

    /// Moves all items of `other` to the end.
    pub fn push_all_back(&mut self, other: &mut List<T, ID>) {
        if self.is_empty() {
            core::mem::swap(&mut self.first, &mut other.first);
            return;
        }
        if other.is_empty() {
            return;
        }

        let (first, other_first) = (self.first, other.first);
        // INVARIANT: the two rings become one; all that was owned by `other` is owned by `self`.
        // SAFETY: neither list is empty, so these are links of items of theirs.
        unsafe {
            let (last, other_last) = ((*first).prev, (*other_first).prev);
            (*last).next = other_first;
            (*other_first).prev = last;
            (*other_last).next = first;
            (*first).prev = other_last;
        }
        other.first = ptr::null_mut();
    }

    /// Returns a cursor before the first item.
    pub fn cursor_front(&mut self) -> Cursor<'_, T, ID> {
        Cursor::new(self.first, self)
    }

    /// Returns a cursor behind the last item.
    pub fn cursor_back(&mut self) -> Cursor<'_, T, ID> {
        Cursor::new(ptr::null_mut(), self)
    }

    /// Returns an iterator over the items.
    pub fn iter(&self) -> Iter<'_, T, ID> {
        // INVARIANT: `first` is null or the links of an item.
        Iter { current: self.first, stop: self.first, _list: PhantomData }
    }
}

impl<T: ?Sized + ListItem<ID>, const ID: u64> Default for List<T, ID> {
    fn default() -> Self {
        List::new()
    }
}

impl<T: ?Sized + ListItem<ID>, const ID: u64> Drop for List<T, ID> {
    fn drop(&mut self) {
        while let Some(item) = self.pop_front() {
            drop(item);
        }
    }
}

/// Returns the item of links in a list.
///
/// # Safety
///
/// For `'a`, `links` must be those of an item in a list, which stays in it.
unsafe fn item_of<'a, T: ?Sized + ListItem<ID>, const ID: u64>(links: *mut ListLinksFields) -> ArcBorrow<'a, T> {
    // SAFETY: the item is in a list, so `prepare_to_insert` has been called and `post_remove` has not.
    let item = unsafe { T::view_value(ListLinks::from_fields(links)) };
    // SAFETY: the list owns the item's `ListArc`, which it keeps for `'a`.
    unsafe { ArcBorrow::from_raw(item) }
}

/// An iterator over the items of a [`List`].
///
/// # Invariants
///
/// `current` is null, or the links of an item of the list that is borrowed for `'a`.
#[derive(Clone)]
pub struct Iter<'a, T: ?Sized + ListItem<ID>, const ID: u64 = 0> {
    current: *mut ListLinksFields,
    stop: *mut ListLinksFields,
    _list: PhantomData<&'a ListArc<T, ID>>,
}

impl<'a, T: ?Sized + ListItem<ID>, const ID: u64> Iterator for Iter<'a, T, ID> {
    type Item = ArcBorrow<'a, T>;

    fn next(&mut self) -> Option<ArcBorrow<'a, T>> {
        if self.current.is_null() {
            return None;
        }
        let current = self.current;
        // SAFETY: `current` belongs to the list, which is borrowed and so does not change.
        let next = unsafe { (*current).next };
        // INVARIANT: `next` is of the same list.
        self.current = if next == self.stop { ptr::null_mut() } else { next };

        // SAFETY: by the type invariant it is in the list, which is borrowed for `'a`.
        Some(unsafe { item_of(current) })
    }
}

impl<'a, T: ?Sized + ListItem<ID>, const ID: u64> FusedIterator for Iter<'a, T, ID> {}

impl<'a, T: ?Sized + ListItem<ID>, const ID: u64> IntoIterator for &'a List<T, ID> {
    type IntoIter = Iter<'a, T, ID>;
    type Item = ArcBorrow<'a, T>;

    fn into_iter(self) -> Iter<'a, T, ID> {
        self.iter()
    }
}

/// An iterator that takes the items out of a [`List`].
pub struct IntoIter<T: ?Sized + ListItem<ID>, const ID: u64 = 0> {
    list: List<T, ID>,
}

impl<T: ?Sized + ListItem<ID>, const ID: u64> Iterator for IntoIter<T, ID> {
    type Item = ListArc<T, ID>;

    fn next(&mut self) -> Option<ListArc<T, ID>> {
        self.list.pop_front()
    }
}

impl<T: ?Sized + ListItem<ID>, const ID: u64> FusedIterator for IntoIter<T, ID> {}

impl<T: ?Sized + ListItem<ID>, const ID: u64> DoubleEndedIterator for IntoIter<T, ID> {
    fn next_back(&mut self) -> Option<ListArc<T, ID>> {
        self.list.pop_back()
    }
}

impl<T: ?Sized + ListItem<ID>, const ID: u64> IntoIterator for List<T, ID> {
    type IntoIter = IntoIter<T, ID>;
    type Item = ListArc<T, ID>;

    fn into_iter(self) -> IntoIter<T, ID> {
        IntoIter { list: self }
    }
}
