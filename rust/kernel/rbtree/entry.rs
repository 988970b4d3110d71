// SPDX-License-Identifier: GPL-2.0
//! What an [`RBTree`] has, or does not have, for a key.

use super::{node_of, Node, RBTree, RBTreeNode, RBTreeNodeReservation};
use crate::prelude::KBox;
use core::{marker::PhantomData, ptr::NonNull};

/// What an [`RBTree`] has for a key; see [`RBTree::entry`].
pub enum Entry<'a, K, V> {
    /// Nothing.
    Vacant(VacantEntry<'a, K, V>),
    /// A value.
    Occupied(OccupiedEntry<'a, K, V>),
}

/// An [`Entry`] without the key.
pub(super) enum RawEntry<'a, K, V> {
    Vacant(RawVacantEntry<'a, K, V>),
    Occupied(OccupiedEntry<'a, K, V>),
}

/// Where in a tree a node may be inserted.
///
/// # Invariants
///
/// - `root` is the root of the tree that is borrowed for `'a`.
/// - `place` is where the node belongs in order: an empty field of the node `parent`, or of the root if that is null.
pub(super) struct RawVacantEntry<'a, K, V> {
    pub(super) root: *mut bindings::rb_root,
    pub(super) parent: *mut bindings::rb_node,
    pub(super) place: *mut *mut bindings::rb_node,
    pub(super) _tree: PhantomData<&'a mut RBTree<K, V>>,
}

impl<'a, K, V> RawVacantEntry<'a, K, V> {
    /// Inserts a node of the key that was looked for.
    pub(super) fn insert(self, node: RBTreeNode<K, V>) -> &'a mut V {
        // INVARIANT (of `RBTree`): it was a `KBox`, and belongs to the tree.
        let node = KBox::into_raw(node.node);
        // SAFETY: `node` is valid, and nobody else has it.
        let links = unsafe { &raw mut (*node).links };
        // SAFETY: by the type invariant, `place` is an empty field of `parent`.
        unsafe { bindings::rb_link_node(links, self.parent, self.place) };
        // SAFETY: the node was just linked into the tree of this root.
        unsafe { bindings::rb_insert_color(links, self.root) };
        // SAFETY: the node is valid as long as it is in the tree, which is borrowed for `'a`.
        unsafe { &mut (*node).value }
    }
}

/// A key for which there is no value; see [`RBTree::entry`].
pub struct VacantEntry<'a, K, V> {
    pub(super) key: K,
    pub(super) raw: RawVacantEntry<'a, K, V>,
}

impl<'a, K, V> VacantEntry<'a, K, V> {
    /// Inserts a value for the key, into memory that was allocated beforehand.
    pub fn insert(self, value: V, reservation: RBTreeNodeReservation<K, V>) -> &'a mut V {
        self.raw.insert(reservation.into_node(self.key, value))
    }
}

/// A key for which there is a value; see [`RBTree::entry`].
///
/// # Invariants
///
/// `links` is a node of the tree.
pub struct OccupiedEntry<'a, K, V> {
    pub(super) links: NonNull<bindings::rb_node>,
    pub(super) tree: &'a mut RBTree<K, V>,
}

impl<'a, K, V> OccupiedEntry<'a, K, V> {
    /// Returns the node.
    fn node(&self) -> *mut Node<K, V> {
        // SAFETY: by the type invariant, it is a node of the tree.
        unsafe { node_of(self.links) }
    }

    /// Returns the value.
    pub fn get(&self) -> &V {
        // SAFETY: the node is valid, and the tree borrowed.
        unsafe { &(*self.node()).value }
    }

    /// Returns the value, which can be changed.
    pub fn get_mut(&mut self) -> &mut V {
        // SAFETY: the node is valid, and the tree borrowed.
        unsafe { &mut (*self.node()).value }
    }

    /// Returns the value, which can be changed, for as long as the tree is borrowed.
    pub fn into_mut(self) -> &'a mut V {
        // SAFETY: the node is valid, and the tree borrowed for `'a`.
        unsafe { &mut (*self.node()).value }
    }

    /// Takes the node out of the tree, for its memory to be used again.
    pub fn remove_node(self) -> RBTreeNode<K, V> {
        // SAFETY: by the type invariant, it is a node of the tree.
        unsafe { self.tree.remove_raw(self.links) }
    }

    /// Takes the value out of the tree.
    pub fn remove(self) -> V {
        self.remove_node().to_key_value().1
    }

    /// Puts `node`, of the same key, into the place of the one that is there, which is returned.
    pub(super) fn replace(self, node: RBTreeNode<K, V>) -> RBTreeNode<K, V> {
        let old = self.node();
        // INVARIANT (of `RBTree`): it was a `KBox`, and belongs to the tree.
        let node = KBox::into_raw(node.node);
        // SAFETY: both are valid; the old one is in the tree of this root and the new one in none.
        unsafe { bindings::rb_replace_node(self.links.as_ptr(), &raw mut (*node).links, &mut self.tree.root) };
        // INVARIANT: it is in no tree now.
        // SAFETY: the old one was a `KBox` that belonged to the tree.
        RBTreeNode { node: unsafe { KBox::from_raw(old) } }
    }
}
