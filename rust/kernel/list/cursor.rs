// SPDX-License-Identifier: GPL-2.0
//! Cursors of a [`List`].

use super::{item_of, List, ListArc, ListItem, ListLinksFields};
use crate::sync::ArcBorrow;
use core::ptr;

/// A place between two items of a [`List`], or at either end.
///
/// # Invariants
///
/// `next` is the links of the item behind the cursor, or null if the cursor is behind the last.
///
/// # Examples
///
/// ```
/// use kernel::list::{impl_list_arc_safe, impl_list_item, List, ListArc, ListLinks};
///
/// #[pin_data]
/// struct Timer {
///     expires: u64,
///     #[pin]
///     links: ListLinks,
/// }
///
/// impl Timer {
///     fn new(expires: u64) -> Result<ListArc<Self>> {
///         ListArc::pin_init(try_pin_init!(Self { expires, links <- ListLinks::new() }), GFP_KERNEL)
///     }
/// }
///
/// impl_list_arc_safe! {
///     impl ListArcSafe<0> for Timer { untracked; }
/// }
/// impl_list_item! {
///     impl ListItem<0> for Timer { using ListLinks { self.links }; }
/// }
///
/// /// Keeps the list in order.
/// fn arm(timers: &mut List<Timer>, timer: ListArc<Timer>) {
///     let mut cursor = timers.cursor_front();
///     while cursor.peek_next().is_some_and(|next| next.expires <= timer.expires) {
///         cursor.move_next();
///     }
///     cursor.insert(timer);
/// }
///
/// let mut timers = List::new();
/// for expires in [30, 10, 20] {
///     arm(&mut timers, Timer::new(expires)?);
/// }
/// assert!(timers.iter().map(|timer| timer.expires).eq([10, 20, 30]));
///
/// // Cancel the last.
/// assert_eq!(timers.cursor_back().remove_prev().map(|timer| timer.expires), Some(30));
/// # Ok::<(), Error>(())
/// ```
pub struct Cursor<'a, T: ?Sized + ListItem<ID>, const ID: u64 = 0> {
    next: *mut ListLinksFields,
    list: &'a mut List<T, ID>,
}

impl<'a, T: ?Sized + ListItem<ID>, const ID: u64> Cursor<'a, T, ID> {
    /// Makes a cursor; `next` is as in the type invariant.
    pub(super) fn new(next: *mut ListLinksFields, list: &'a mut List<T, ID>) -> Self {
        Self { next, list }
    }

    /// Returns the links of the item before the cursor, or null if it is before the first.
    fn prev_ptr(&self) -> *mut ListLinksFields {
        if self.next == self.list.first {
            return ptr::null_mut();
        }
        // The last item comes before the first in the ring.
        let next = if self.next.is_null() { self.list.first } else { self.next };
        // SAFETY: the list is not empty, else `next` and `first` had both been null; so this is the links of an item.
        unsafe { (*next).prev }
    }

    /// Looks at the item behind the cursor, to use or to remove it.
    pub fn peek_next(&mut self) -> Option<CursorPeek<'_, 'a, T, true, ID>> {
        let ptr = self.next;
        // INVARIANT: it is the next.
        (!ptr.is_null()).then_some(CursorPeek { ptr, cursor: self })
    }

    /// Looks at the item before the cursor, to use or to remove it.
    pub fn peek_prev(&mut self) -> Option<CursorPeek<'_, 'a, T, false, ID>> {
        let ptr = self.prev_ptr();
        // INVARIANT: it is the previous.
        (!ptr.is_null()).then_some(CursorPeek { ptr, cursor: self })
    }

    /// Moves the cursor behind the next item. Returns whether there was one.
    pub fn move_next(&mut self) -> bool {
        if self.next.is_null() {
            return false;
        }
        // SAFETY: it is the links of an item of the list.
        let next = unsafe { (*self.next).next };
        // INVARIANT: behind the last there is none, though the ring goes on.
        self.next = if next == self.list.first { ptr::null_mut() } else { next };
        true
    }

    /// Moves the cursor before the previous item. Returns whether there was one.
    pub fn move_prev(&mut self) -> bool {
        let prev = self.prev_ptr();
        if prev.is_null() {
            return false;
        }
        // INVARIANT: the cursor is before that item now.
        self.next = prev;
        true
    }

    /// Inserts `item` where the cursor is, and returns its links. The cursor is behind it then.
    fn insert_inner(&mut self, item: ListArc<T, ID>) -> *mut ListLinksFields {
        // Before the first in the ring is the end.
        let next = if self.next.is_null() { self.list.first } else { self.next };
        let is_first = self.next == self.list.first;
        // SAFETY: `next` is the links of an item, or null only if `first` is, and so the list is empty.
        let links = unsafe { self.list.insert_inner(item, next) };
        if is_first {
            // INVARIANT: the cursor was before the first, where the item is now.
            self.list.first = links;
        }
        links
    }

    /// Inserts `item` where the cursor is.
    pub fn insert(mut self, item: ListArc<T, ID>) {
        self.insert_inner(item);
    }

    /// Inserts `item` behind the cursor.
    pub fn insert_next(&mut self, item: ListArc<T, ID>) {
        // INVARIANT: the cursor is before the new item.
        self.next = self.insert_inner(item);
    }

    /// Inserts `item` before the cursor.
    pub fn insert_prev(&mut self, item: ListArc<T, ID>) {
        self.insert_inner(item);
    }

    /// Removes the item behind the cursor.
    pub fn remove_next(&mut self) -> Option<ListArc<T, ID>> {
        self.peek_next().map(CursorPeek::remove)
    }

    /// Removes the item before the cursor.
    pub fn remove_prev(&mut self) -> Option<ListArc<T, ID>> {
        self.peek_prev().map(CursorPeek::remove)
    }
}

/// The item behind (`ISNEXT`) or before a [`Cursor`].
///
/// # Invariants
///
/// `ptr` is its links.
pub struct CursorPeek<'a, 'b, T: ?Sized + ListItem<ID>, const ISNEXT: bool, const ID: u64> {
    cursor: &'a mut Cursor<'b, T, ID>,
    ptr: *mut ListLinksFields,
}

impl<'a, 'b, T: ?Sized + ListItem<ID>, const ISNEXT: bool, const ID: u64> CursorPeek<'a, 'b, T, ISNEXT, ID> {
    /// Removes the item; the cursor stays between its neighbours.
    pub fn remove(self) -> ListArc<T, ID> {
        if ISNEXT {
            self.cursor.move_next();
        }
        // INVARIANT: what the cursor is before is not the item that goes.
        // SAFETY: by the type invariant, it is the links of an item of the list.
        unsafe { self.cursor.list.remove_internal(self.ptr) }
    }

    /// Returns the item.
    pub fn arc(&self) -> ArcBorrow<'_, T> {
        // SAFETY: the item is in the list, which is borrowed as long as `self` is.
        unsafe { item_of(self.ptr) }
    }
}

impl<'a, 'b, T: ?Sized + ListItem<ID>, const ISNEXT: bool, const ID: u64> core::ops::Deref
    for CursorPeek<'a, 'b, T, ISNEXT, ID>
{
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the item is in the list, so `prepare_to_insert` has been called and `post_remove` has not.
        let item = unsafe { T::view_value(super::ListLinks::from_fields(self.ptr)) };
        // SAFETY: the list owns the item's `ListArc`, and is borrowed as long as `self` is.
        unsafe { &*item }
    }
}
