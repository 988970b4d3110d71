// SPDX-License-Identifier: GPL-2.0
//! Iterators over an [`RBTree`].

use super::{node_of, Node, RBTree};
use core::{marker::PhantomData, ptr::NonNull};

impl<'a, K, V> IntoIterator for &'a RBTree<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K, V> IntoIterator for &'a mut RBTree<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

/// An iterator over the keys and values of an [`RBTree`].
///
/// # Invariants
///
/// The nodes are those of a tree that is borrowed for `'a`.
pub struct Iter<'a, K, V> {
    pub(super) raw: IterRaw<K, V>,
    pub(super) _tree: PhantomData<&'a RBTree<K, V>>,
}

// SAFETY: it is a shared reference to the tree.
unsafe impl<'a, K: Sync, V: Sync> Send for Iter<'a, K, V> {}

// SAFETY: as above.
unsafe impl<'a, K: Sync, V: Sync> Sync for Iter<'a, K, V> {}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        let (key, value) = self.raw.next()?;
        // SAFETY: they are those of a node of a tree that is borrowed for `'a`.
        Some(unsafe { (&*key, &*value) })
    }
}

/// An iterator over the keys and values of an [`RBTree`]; the values can be changed.
///
/// # Invariants
///
/// The nodes are those of a tree that is exclusively borrowed for `'a`.
pub struct IterMut<'a, K, V> {
    pub(super) raw: IterRaw<K, V>,
    pub(super) _tree: PhantomData<&'a mut RBTree<K, V>>,
}

// SAFETY: it is an exclusive reference to the tree.
unsafe impl<'a, K: Send, V: Send> Send for IterMut<'a, K, V> {}

// SAFETY: as above.
unsafe impl<'a, K: Sync, V: Sync> Sync for IterMut<'a, K, V> {}

impl<'a, K, V> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    fn next(&mut self) -> Option<(&'a K, &'a mut V)> {
        let (key, value) = self.raw.next()?;
        // SAFETY: they are those of a node of a tree that is exclusively borrowed for `'a`, and no node comes twice.
        Some(unsafe { (&*key, &mut *value) })
    }
}

/// An iterator over the keys and values of a tree that is borrowed by whoever has it.
///
/// # Invariants
///
/// `next` is a node of a tree that does not change as long as the iterator is used.
pub(super) struct IterRaw<K, V> {
    next: Option<NonNull<bindings::rb_node>>,
    _node: PhantomData<*mut Node<K, V>>,
}

impl<K, V> IterRaw<K, V> {
    /// Makes an iterator; `next` is as in the type invariant.
    pub(super) fn new(next: Option<NonNull<bindings::rb_node>>) -> Self {
        Self { next, _node: PhantomData }
    }
}

impl<K, V> Iterator for IterRaw<K, V> {
    type Item = (*mut K, *mut V);

    fn next(&mut self) -> Option<(*mut K, *mut V)> {
        let current = self.next?;
        // SAFETY: by the type invariant, it is a node of a tree,
        let node: *mut Node<K, V> = unsafe { node_of(current) };
        // INVARIANT: the next is of the same tree.
        // SAFETY: which does not change.
        self.next = NonNull::new(unsafe { bindings::rb_next(current.as_ptr()) });
        // SAFETY: the node is valid.
        Some(unsafe { (&raw mut (*node).key, &raw mut (*node).value) })
    }
}
