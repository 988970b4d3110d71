// SPDX-License-Identifier: GPL-2.0
//! Nodes of an [`RBTree`](super::RBTree), and the memory for them.

use crate::{alloc::Flags, error::Result, prelude::KBox};
use core::mem::MaybeUninit;

pub(super) struct Node<K, V> {
    pub(super) links: bindings::rb_node,
    pub(super) key: K,
    pub(super) value: V,
}

/// Memory for a node, allocated before it is known what will be in it.
///
/// # Examples
///
/// ```
/// use kernel::rbtree::{RBTree, RBTreeNodeReservation};
///
/// let mut tree = RBTree::new();
/// let reservation = RBTreeNodeReservation::new(GFP_KERNEL)?;
/// tree.insert(reservation.into_node("key", 7));
///
/// // The memory of what is taken out can be used again.
/// let reservation = tree.remove_node(&"key").ok_or(ENOENT)?.into_reservation();
/// tree.insert(reservation.into_node("other", 8));
/// assert_eq!(tree.get(&"other"), Some(&8));
/// # Ok::<(), Error>(())
/// ```
pub struct RBTreeNodeReservation<K, V> {
    node: KBox<MaybeUninit<Node<K, V>>>,
}

impl<K, V> RBTreeNodeReservation<K, V> {
    /// Allocates memory for a node.
    pub fn new(flags: Flags) -> Result<RBTreeNodeReservation<K, V>> {
        Ok(Self { node: KBox::new_uninit(flags)? })
    }

    /// Puts a key and a value into it.
    pub fn into_node(self, key: K, value: V) -> RBTreeNode<K, V> {
        // INVARIANT: it is in no tree.
        RBTreeNode { node: KBox::write(self.node, Node { links: bindings::rb_node::default(), key, value }) }
    }
}

// SAFETY: there is neither a key nor a value in it.
unsafe impl<K, V> Send for RBTreeNodeReservation<K, V> {}

// SAFETY: as above.
unsafe impl<K, V> Sync for RBTreeNodeReservation<K, V> {}

/// A node with a key and a value, that can be put into an [`RBTree`](super::RBTree).
///
/// # Invariants
///
/// It is in no tree.
pub struct RBTreeNode<K, V> {
    pub(super) node: KBox<Node<K, V>>,
}

impl<K, V> RBTreeNode<K, V> {
    /// Allocates a node with a key and a value.
    pub fn new(key: K, value: V, flags: Flags) -> Result<RBTreeNode<K, V>> {
        Ok(RBTreeNodeReservation::new(flags)?.into_node(key, value))
    }

    /// Returns key and value, and frees the memory.
    pub fn to_key_value(self) -> (K, V) {
        let node = KBox::into_inner(self.node);
        (node.key, node.value)
    }

    /// Drops key and value, and keeps the memory.
    pub fn into_reservation(self) -> RBTreeNodeReservation<K, V> {
        RBTreeNodeReservation { node: KBox::drop_contents(self.node) }
    }
}

// SAFETY: it is a key and a value; the links lead nowhere (type invariant).
unsafe impl<K: Send, V: Send> Send for RBTreeNode<K, V> {}

// SAFETY: as above.
unsafe impl<K: Sync, V: Sync> Sync for RBTreeNode<K, V> {}
