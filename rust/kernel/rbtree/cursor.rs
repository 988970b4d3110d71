// SPDX-License-Identifier: GPL-2.0
//! Cursors of an [`RBTree`].

use super::{node_of, Node, RBTree, RBTreeNode};
use core::{marker::PhantomData, ptr::NonNull};

/// Returns the node before this one.
///
/// # Safety
///
/// `links` must be a node of a tree that does not change.
unsafe fn prev_of(links: NonNull<bindings::rb_node>) -> Option<NonNull<bindings::rb_node>> {
    // SAFETY: the caller's promise.
    NonNull::new(unsafe { bindings::rb_prev(links.as_ptr()) })
}

/// Returns the node behind this one.
///
/// # Safety
///
/// `links` must be a node of a tree that does not change.
unsafe fn next_of(links: NonNull<bindings::rb_node>) -> Option<NonNull<bindings::rb_node>> {
    // SAFETY: the caller's promise.
    NonNull::new(unsafe { bindings::rb_next(links.as_ptr()) })
}

/// Returns key and value of a node.
///
/// # Safety
///
/// `links` must be a node of an `RBTree<K, V>` that is borrowed for `'a`.
unsafe fn key_value<'a, K, V>(links: NonNull<bindings::rb_node>) -> (&'a K, &'a V) {
    // SAFETY: the caller's promise.
    let node: *mut Node<K, V> = unsafe { node_of(links) };
    // SAFETY: the node is valid for `'a`.
    unsafe { (&(*node).key, &(*node).value) }
}

/// Returns key and value of a node; the value can be changed.
///
/// # Safety
///
/// `links` must be a node of an `RBTree<K, V>` that is exclusively borrowed for `'a`.
unsafe fn key_value_mut<'a, K, V>(links: NonNull<bindings::rb_node>) -> (&'a K, &'a mut V) {
    // SAFETY: the caller's promise.
    let node: *mut Node<K, V> = unsafe { node_of(links) };
    // SAFETY: the node is valid, and nobody else's, for `'a`.
    unsafe { (&(*node).key, &mut (*node).value) }
}

/// An entry of an [`RBTree`], to look around from.
///
/// # Invariants
///
/// `current` is a node of a tree that is borrowed for `'a`.
///
/// # Examples
///
/// ```
/// use kernel::rbtree::RBTree;
///
/// let mut tree = RBTree::new();
/// tree.try_create_and_insert(1, 'a', GFP_KERNEL)?;
/// tree.try_create_and_insert(2, 'b', GFP_KERNEL)?;
///
/// let last = tree.cursor_back().ok_or(ENOENT)?;
/// assert_eq!(last.current(), (&2, &'b'));
/// assert_eq!(last.peek_prev(), Some((&1, &'a')));
/// assert!(last.peek_next().is_none());
/// # Ok::<(), Error>(())
/// ```
pub struct Cursor<'a, K, V> {
    pub(super) current: NonNull<bindings::rb_node>,
    pub(super) _tree: PhantomData<&'a RBTree<K, V>>,
}

// SAFETY: it is a shared reference to the tree.
unsafe impl<'a, K: Sync, V: Sync> Send for Cursor<'a, K, V> {}

// SAFETY: as above.
unsafe impl<'a, K: Sync, V: Sync> Sync for Cursor<'a, K, V> {}

impl<'a, K, V> Cursor<'a, K, V> {
    /// Returns key and value of the entry.
    pub fn current(&self) -> (&K, &V) {
        // SAFETY: by the type invariant.
        unsafe { key_value(self.current) }
    }

    /// Returns key and value of the entry before it.
    pub fn peek_prev(&self) -> Option<(&K, &V)> {
        // SAFETY: by the type invariant, `current` is of a tree that is borrowed, and so is its neighbour.
        unsafe { prev_of(self.current).map(|links| key_value(links)) }
    }

    /// Returns key and value of the entry behind it.
    pub fn peek_next(&self) -> Option<(&K, &V)> {
        // SAFETY: by the type invariant, `current` is of a tree that is borrowed, and so is its neighbour.
        unsafe { next_of(self.current).map(|links| key_value(links)) }
    }
}

/// An entry of an [`RBTree`], to move around from, and to change or to remove what is there.
///
/// # Invariants
///
/// `current` is a node of the tree.
///
/// # Examples
///
/// ```
/// use kernel::rbtree::RBTree;
///
/// let mut tree = RBTree::new();
/// for i in 0..6 {
///     tree.try_create_and_insert(i, i * i, GFP_KERNEL)?;
/// }
///
/// // Remove what is odd, and double the rest.
/// let mut cursor = tree.cursor_front_mut();
/// while let Some(mut entry) = cursor {
///     *entry.current_mut().1 *= 2;
///     entry.remove_next();
///     cursor = entry.move_next();
/// }
/// assert!(tree.iter().eq([(&0, &0), (&2, &8), (&4, &32)]));
/// # Ok::<(), Error>(())
/// ```
///
/// The memory of what is removed can be used again:
///
/// ```
/// use kernel::rbtree::RBTree;
///
/// let mut tree = RBTree::new();
/// tree.try_create_and_insert(5, 'x', GFP_KERNEL)?;
/// tree.try_create_and_insert(7, 'y', GFP_KERNEL)?;
///
/// let cursor = tree.cursor_front_mut().ok_or(ENOENT)?;
/// let (next, removed) = cursor.remove_current();
/// assert_eq!(next.ok_or(ENOENT)?.current(), (&7, &'y'));
/// tree.insert(removed.into_reservation().into_node(9, 'z'));
/// assert!(tree.keys().eq(&[7, 9]));
/// # Ok::<(), Error>(())
/// ```
pub struct CursorMut<'a, K, V> {
    pub(super) current: NonNull<bindings::rb_node>,
    pub(super) tree: &'a mut RBTree<K, V>,
}

// SAFETY: it is an exclusive reference to the tree.
unsafe impl<'a, K: Send, V: Send> Send for CursorMut<'a, K, V> {}

// SAFETY: as above.
unsafe impl<'a, K: Sync, V: Sync> Sync for CursorMut<'a, K, V> {}

impl<'a, K, V> CursorMut<'a, K, V> {
    /// Returns the node before the entry's.
    fn prev(&self) -> Option<NonNull<bindings::rb_node>> {
        // SAFETY: by the type invariant, `current` is of the tree, which is borrowed.
        unsafe { prev_of(self.current) }
    }

    /// Returns the node behind the entry's.
    fn next(&self) -> Option<NonNull<bindings::rb_node>> {
        // SAFETY: by the type invariant, `current` is of the tree, which is borrowed.
        unsafe { next_of(self.current) }
    }

    /// Returns key and value of the entry.
    pub fn current(&self) -> (&K, &V) {
        // SAFETY: by the type invariant.
        unsafe { key_value(self.current) }
    }

    /// Returns key and value of the entry; the value can be changed.
    pub fn current_mut(&mut self) -> (&K, &mut V) {
        // SAFETY: by the type invariant.
        unsafe { key_value_mut(self.current) }
    }

    /// Removes the entry. The cursor moves to the next, or to the previous if it was the last.
    pub fn remove_current(self) -> (Option<Self>, RBTreeNode<K, V>) {
        let neighbour = self.next().or_else(|| self.prev());
        // SAFETY: by the type invariant, it is a node of the tree.
        let removed = unsafe { self.tree.remove_raw(self.current) };
        // INVARIANT: the neighbour is still a node of the tree.
        (neighbour.map(|current| Self { current, tree: self.tree }), removed)
    }

    /// Removes the entry before this one.
    pub fn remove_prev(&mut self) -> Option<RBTreeNode<K, V>> {
        let prev = self.prev()?;
        // SAFETY: it is a node of the tree, and not the current one.
        Some(unsafe { self.tree.remove_raw(prev) })
    }

    /// Removes the entry behind this one.
    pub fn remove_next(&mut self) -> Option<RBTreeNode<K, V>> {
        let next = self.next()?;
        // SAFETY: it is a node of the tree, and not the current one.
        Some(unsafe { self.tree.remove_raw(next) })
    }

    /// Moves to the entry before this one, if there is one.
    pub fn move_prev(self) -> Option<Self> {
        // INVARIANT: it is a node of the tree.
        self.prev().map(|current| Self { current, tree: self.tree })
    }

    /// Moves to the entry behind this one, if there is one.
    pub fn move_next(self) -> Option<Self> {
        // INVARIANT: it is a node of the tree.
        self.next().map(|current| Self { current, tree: self.tree })
    }

    /// Returns key and value of the entry before this one.
    pub fn peek_prev(&self) -> Option<(&K, &V)> {
        // SAFETY: it is a node of the tree, which is borrowed.
        self.prev().map(|links| unsafe { key_value(links) })
    }

    /// Returns key and value of the entry behind this one.
    pub fn peek_next(&self) -> Option<(&K, &V)> {
        // SAFETY: it is a node of the tree, which is borrowed.
        self.next().map(|links| unsafe { key_value(links) })
    }

    /// Returns key and value of the entry before this one; the value can be changed.
    pub fn peek_prev_mut(&mut self) -> Option<(&K, &mut V)> {
        // SAFETY: it is a node of the tree, which is exclusively borrowed.
        self.prev().map(|links| unsafe { key_value_mut(links) })
    }

    /// Returns key and value of the entry behind this one; the value can be changed.
    pub fn peek_next_mut(&mut self) -> Option<(&K, &mut V)> {
        // SAFETY: it is a node of the tree, which is exclusively borrowed.
        self.next().map(|links| unsafe { key_value_mut(links) })
    }
}
