// SPDX-License-Identifier: GPL-2.0
//! Red-black trees: ordered maps.
//!
//! C header: [`include/linux/rbtree.h`](srctree/include/linux/rbtree.h)
//!
//! The memory of a node can be allocated beforehand ([`RBTreeNode`], [`RBTreeNodeReservation`]), so that inserting
//! cannot fail and may be done under a spin lock. Every kernel has it.

use crate::{alloc::Flags, container_of, error::Result, prelude::KBox};
use core::{
    cmp::{Ord, Ordering},
    marker::PhantomData,
    ptr::{addr_of_mut, NonNull},
};

mod cursor;
mod entry;
mod iter;
mod node;

pub use cursor::{Cursor, CursorMut};
pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use iter::{Iter, IterMut};
pub use node::{RBTreeNode, RBTreeNodeReservation};

use entry::{RawEntry, RawVacantEntry};
use iter::IterRaw;
use node::Node;

/// An ordered map.
///
/// # Invariants
///
/// Each node of the tree is the `links` of a [`Node`], which was a [`KBox`] and belongs to the tree. Their keys are
/// ordered as the nodes are.
///
/// # Examples
///
/// ```
/// use kernel::rbtree::RBTree;
///
/// // The addresses in use, and their lengths.
/// let mut ranges = RBTree::new();
/// ranges.try_create_and_insert(0x8000, 0x1000, GFP_KERNEL)?;
/// ranges.try_create_and_insert(0x1000, 0x200, GFP_KERNEL)?;
/// assert_eq!(ranges.get(&0x1000), Some(&0x200));
///
/// // What is there is replaced, and returned.
/// let old = ranges.try_create_and_insert(0x1000, 0x400, GFP_KERNEL)?;
/// assert_eq!(old.map(|node| node.to_key_value()), Some((0x1000, 0x200)));
///
/// for len in ranges.values_mut() {
///     *len += 1;
/// }
/// // In order of the keys, whatever the order of insertion.
/// assert!(ranges.iter().eq([(&0x1000, &0x401), (&0x8000, &0x1001)]));
///
/// assert_eq!(ranges.remove(&0x8000), Some(0x1001));
/// assert_eq!(ranges.keys().count(), 1);
/// # Ok::<(), Error>(())
/// ```
///
/// With a reservation, what is inserted can be decided under a lock:
///
/// ```
/// use kernel::{
///     rbtree::{Entry, RBTree, RBTreeNodeReservation},
///     sync::SpinLock,
/// };
///
/// fn count(seen: &SpinLock<RBTree<u32, u32>>, id: u32) -> Result {
///     let reservation = RBTreeNodeReservation::new(GFP_KERNEL)?;
///     match seen.lock().entry(id) {
///         Entry::Vacant(entry) => {
///             entry.insert(1, reservation);
///         }
///         Entry::Occupied(mut entry) => *entry.get_mut() += 1,
///     }
///     Ok(())
/// }
/// ```
pub struct RBTree<K, V> {
    root: bindings::rb_root,
    _owns: PhantomData<Node<K, V>>,
}

// SAFETY: a tree is so many keys and values.
unsafe impl<K: Send, V: Send> Send for RBTree<K, V> {}

// Nodes stay where they are when the tree moves.
impl<K, V> Unpin for RBTree<K, V> {}

// SAFETY: a shared tree gives out shared keys and values only.
unsafe impl<K: Sync, V: Sync> Sync for RBTree<K, V> {}

impl<K, V> RBTree<K, V> {
    /// Makes an empty tree. Nothing is allocated.
    pub fn new() -> Self {
        // INVARIANT: it is empty.
        Self { root: bindings::rb_root { rb_node: core::ptr::null_mut() }, _owns: PhantomData }
    }

    /// Returns whether there is nothing in it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.root.rb_node.is_null()
    }

    /// Returns the first node, if there is one.
    fn first(&self) -> Option<NonNull<bindings::rb_node>> {
        // SAFETY: it is a valid tree.
        NonNull::new(unsafe { bindings::rb_first(&self.root) })
    }

    /// Returns the last node, if there is one.
    fn last(&self) -> Option<NonNull<bindings::rb_node>> {
        // SAFETY: it is a valid tree.
        NonNull::new(unsafe { bindings::rb_last(&self.root) })
    }

    /// Returns an iterator over keys and values, in order of the keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        // INVARIANT: it begins with the first of the tree, which is borrowed.
        Iter { raw: IterRaw::new(self.first()), _tree: PhantomData }
    }

    /// Returns an iterator over keys and values, in order of the keys; the values can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        // INVARIANT: it begins with the first of the tree, which is borrowed.
        IterMut { raw: IterRaw::new(self.first()), _tree: PhantomData }
    }

    /// Returns an iterator over the keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &'_ K> {
        self.iter().map(|(key, _)| key)
    }

    /// Returns an iterator over the values, in order of the keys.
    pub fn values(&self) -> impl Iterator<Item = &'_ V> {
        self.iter().map(|(_, value)| value)
    }

    /// Returns an iterator over the values, in order of the keys, which can be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &'_ mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// Returns a cursor on the first entry, if there is one.
    pub fn cursor_front_mut(&mut self) -> Option<CursorMut<'_, K, V>> {
        let current = self.first()?;
        // INVARIANT: it is a node of the tree.
        Some(CursorMut { current, tree: self })
    }

    /// Returns a cursor on the first entry, if there is one.
    pub fn cursor_front(&self) -> Option<Cursor<'_, K, V>> {
        // INVARIANT: it is a node of the tree.
        Some(Cursor { current: self.first()?, _tree: PhantomData })
    }

    /// Returns a cursor on the last entry, if there is one.
    pub fn cursor_back_mut(&mut self) -> Option<CursorMut<'_, K, V>> {
        let current = self.last()?;
        // INVARIANT: it is a node of the tree.
        Some(CursorMut { current, tree: self })
    }

    /// Returns a cursor on the last entry, if there is one.
    pub fn cursor_back(&self) -> Option<Cursor<'_, K, V>> {
        // INVARIANT: it is a node of the tree.
        Some(Cursor { current: self.last()?, _tree: PhantomData })
    }

    /// Takes a node out of the tree.
    ///
    /// # Safety
    ///
    /// `links` must be a node of the tree.
    unsafe fn remove_raw(&mut self, links: NonNull<bindings::rb_node>) -> RBTreeNode<K, V> {
        // SAFETY: it is a node of this tree.
        unsafe { bindings::rb_erase(links.as_ptr(), &mut self.root) };
        // SAFETY: it was a node of the tree, so it is the links of a `Node`,
        let node = unsafe { node_of(links) };
        // INVARIANT: it is in no tree now.
        // SAFETY: which was a `KBox` that belonged to the tree.
        RBTreeNode { node: unsafe { KBox::from_raw(node) } }
    }
}

/// Returns the node whose links these are.
///
/// # Safety
///
/// `links` must be a node of an `RBTree<K, V>`, or have been until just now.
#[inline]
unsafe fn node_of<K, V>(links: NonNull<bindings::rb_node>) -> *mut Node<K, V> {
    // SAFETY: by the invariant of `RBTree`, it is the links of a `Node`.
    unsafe { container_of!(links.as_ptr(), Node<K, V>, links) }
}

impl<K, V> RBTree<K, V>
where
    K: Ord,
{
    /// Allocates a node and inserts it. If the key was there already, the old entry is replaced, and returned.
    pub fn try_create_and_insert(&mut self, key: K, value: V, flags: Flags) -> Result<Option<RBTreeNode<K, V>>> {
        Ok(self.insert(RBTreeNode::new(key, value, flags)?))
    }

    /// Inserts a node. If the key was there already, the old entry is replaced, and returned.
    pub fn insert(&mut self, node: RBTreeNode<K, V>) -> Option<RBTreeNode<K, V>> {
        match self.raw_entry(&node.node.key) {
            RawEntry::Occupied(entry) => Some(entry.replace(node)),
            RawEntry::Vacant(entry) => {
                entry.insert(node);
                None
            }
        }
    }

    /// Finds where `key` is, or where it would be.
    fn raw_entry(&mut self, key: &K) -> RawEntry<'_, K, V> {
        let root = addr_of_mut!(self.root);
        // INVARIANT: of an empty tree, the root is the place for a node, without a parent.
        // SAFETY: it is a pointer to the tree.
        let mut place = unsafe { addr_of_mut!((*root).rb_node) };
        let mut parent = core::ptr::null_mut();
        loop {
            // SAFETY: `place` is in the root or in a node of the tree.
            let Some(current) = NonNull::new(unsafe { *place }) else {
                // INVARIANT: `place` is empty, and it is where `key` belongs in order.
                return RawEntry::Vacant(RawVacantEntry { root, parent, place, _tree: PhantomData });
            };
            // SAFETY: it is a node of the tree.
            let node: *mut Node<K, V> = unsafe { node_of(current) };
            // SAFETY: the node is valid, and the tree borrowed.
            place = match key.cmp(unsafe { &(*node).key }) {
                // SAFETY: it is a node of the tree.
                Ordering::Less => unsafe { addr_of_mut!((*current.as_ptr()).rb_left) },
                // SAFETY: as above.
                Ordering::Greater => unsafe { addr_of_mut!((*current.as_ptr()).rb_right) },
                // INVARIANT: it is a node of the tree.
                Ordering::Equal => return RawEntry::Occupied(OccupiedEntry { links: current, tree: self }),
            };
            parent = current.as_ptr();
        }
    }

    /// Returns what is known of `key`, to insert or to change it.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        match self.raw_entry(&key) {
            RawEntry::Occupied(entry) => Entry::Occupied(entry),
            RawEntry::Vacant(raw) => Entry::Vacant(VacantEntry { key, raw }),
        }
    }

    /// Returns the entry of `key`, if it is there.
    ///
    /// ```
    /// use kernel::rbtree::RBTree;
    ///
    /// let mut uses = RBTree::new();
    /// uses.try_create_and_insert("left", 2, GFP_KERNEL)?;
    ///
    /// let mut entry = uses.find_mut(&"left").ok_or(ENOENT)?;
    /// *entry.get_mut() -= 1;
    /// let left = entry.into_mut();
    /// *left -= 1;
    /// assert_eq!(uses.find_mut(&"left").map(|entry| entry.remove()), Some(0));
    /// assert!(uses.find_mut(&"left").is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn find_mut(&mut self, key: &K) -> Option<OccupiedEntry<'_, K, V>> {
        match self.raw_entry(key) {
            RawEntry::Occupied(entry) => Some(entry),
            RawEntry::Vacant(_) => None,
        }
    }

    /// Returns the node of the least key that is not less than `key`.
    fn lower_bound(&self, key: &K) -> Option<NonNull<bindings::rb_node>> {
        let mut best = None;
        let mut next = NonNull::new(self.root.rb_node);
        while let Some(current) = next {
            // SAFETY: it is a node of the tree.
            let node: *mut Node<K, V> = unsafe { node_of(current) };
            // SAFETY: the node is valid, and the tree borrowed.
            next = match key.cmp(unsafe { &(*node).key }) {
                Ordering::Equal => return Some(current),
                Ordering::Less => {
                    best = Some(current);
                    // SAFETY: it is a node of the tree.
                    NonNull::new(unsafe { (*current.as_ptr()).rb_left })
                }
                // SAFETY: as above.
                Ordering::Greater => NonNull::new(unsafe { (*current.as_ptr()).rb_right }),
            };
        }
        best
    }

    /// Returns the value of `key`.
    pub fn get(&self, key: &K) -> Option<&V> {
        let mut next = self.root.rb_node;
        while let Some(current) = NonNull::new(next) {
            let node: *mut Node<K, V> = {
                // SAFETY: it is a node of the tree.
                unsafe { node_of(current) }
            };
            // SAFETY: the node is valid, and the tree borrowed.
            let node = unsafe { &*node };
            // Not a `match`: of that the compiler makes a number first, to compare it anew.
            let order = key.cmp(&node.key);
            if order.is_eq() {
                return Some(&node.value);
            }
            next = if order.is_lt() { node.links.rb_left } else { node.links.rb_right };
        }
        None
    }

    /// Returns the value of `key`, which can be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find_mut(key).map(OccupiedEntry::into_mut)
    }

    /// Takes the node of `key` out, for its memory to be used again.
    pub fn remove_node(&mut self, key: &K) -> Option<RBTreeNode<K, V>> {
        self.find_mut(key).map(OccupiedEntry::remove_node)
    }

    /// Takes the value of `key` out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.find_mut(key).map(OccupiedEntry::remove)
    }

    /// Returns a cursor on the entry of the least key that is not less than `key`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::rbtree::RBTree;
    ///
    /// let mut timers = RBTree::new();
    /// timers.try_create_and_insert(10, "first", GFP_KERNEL)?;
    /// timers.try_create_and_insert(20, "second", GFP_KERNEL)?;
    ///
    /// if let Some(mut cursor) = timers.cursor_lower_bound_mut(&11) {
    ///     *cursor.current_mut().1 = "next";
    /// }
    /// assert_eq!(timers.get(&20), Some(&"next"));
    /// assert!(timers.cursor_lower_bound_mut(&21).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cursor_lower_bound_mut(&mut self, key: &K) -> Option<CursorMut<'_, K, V>>
    where
        K: Ord,
    {
        let current = self.lower_bound(key)?;
        // INVARIANT: it is a node of the tree.
        Some(CursorMut { current, tree: self })
    }

    /// Returns a cursor on the entry of the least key that is not less than `key`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::rbtree::RBTree;
    ///
    /// let mut extents = RBTree::new();
    /// extents.try_create_and_insert(0, 8, GFP_KERNEL)?;
    /// extents.try_create_and_insert(64, 16, GFP_KERNEL)?;
    ///
    /// let after = extents.cursor_lower_bound(&9).ok_or(ENOENT)?;
    /// assert_eq!(after.current(), (&64, &16));
    /// assert_eq!(after.peek_prev(), Some((&0, &8)));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cursor_lower_bound(&self, key: &K) -> Option<Cursor<'_, K, V>>
    where
        K: Ord,
    {
        // INVARIANT: it is a node of the tree.
        Some(Cursor { current: self.lower_bound(key)?, _tree: PhantomData })
    }
}

impl<K, V> Default for RBTree<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Drop for RBTree<K, V> {
    fn drop(&mut self) {
        // SAFETY: it is a valid tree.
        let mut next = NonNull::new(unsafe { bindings::rb_first_postorder(&self.root) });
        while let Some(current) = next {
            // Children come before their parent, so what has been freed is not needed again.
            // SAFETY: it is a node of the tree that has not been freed yet.
            next = NonNull::new(unsafe { bindings::rb_next_postorder(current.as_ptr()) });
            // SAFETY: it is a node of the tree,
            let node: *mut Node<K, V> = unsafe { node_of(current) };
            // SAFETY: which was a `KBox` that belonged to the tree; nobody comes back to it.
            drop(unsafe { KBox::from_raw(node) });
        }
    }
}
