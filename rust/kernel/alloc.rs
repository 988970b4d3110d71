// SPDX-License-Identifier: GPL-2.0
//! Memory of the kernel heap: allocators, [`Box`], [`Vec`].
//!
//! C headers: [`include/linux/slab.h`](srctree/include/linux/slab.h),
//! [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h),
//! [`include/linux/gfp_types.h`](srctree/include/linux/gfp_types.h)
//!
//! Every allocation can fail and says so, and takes [`flags`] that tell what it may do meanwhile.
//!
//! All supported kernels have what this module needs. Kernels before 6.18 cannot reallocate with an alignment or on a
//! node: there `rust/helpers/slab.c` and `rust/helpers/vmalloc.c` do it with what they have.
//!
//! # Examples
//!
//! ```
//! let number = KBox::new(5, GFP_KERNEL)?;
//! let mut numbers = KVec::with_capacity(2, GFP_KERNEL)?;
//! numbers.push(*number, GFP_KERNEL)?;
//! assert_eq!(&numbers[..], &[5]);
//! # Ok::<(), Error>(())
//! ```

pub mod allocator;
pub mod kbox;
pub mod kvec;
pub mod layout;

pub use self::kbox::{Box, KBox, KVBox, VBox};
pub use self::kvec::{IntoIter, KVVec, KVec, VVec, Vec};

use crate::error::{code::EINVAL, Result};
use core::{alloc::Layout, ptr::NonNull};

/// There was not enough memory.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct AllocError;

/// What an allocation may do: one or more of [`flags`].
///
/// ```
/// assert!((GFP_KERNEL | __GFP_ZERO).contains(__GFP_ZERO));
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Flags(u32);

impl Flags {
    /// The value that C functions take.
    pub(crate) fn as_raw(self) -> u32 {
        self.0
    }

    /// Whether all of `flags` are set.
    pub fn contains(self, flags: Flags) -> bool {
        (self & flags) == flags
    }
}

impl core::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl core::ops::BitAnd for Flags {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl core::ops::Not for Flags {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// The allocation flags, as C names them.
pub mod flags {
    use super::Flags;

    /// Fill the memory with zeros.
    pub const __GFP_ZERO: Flags = Flags(bindings::__GFP_ZERO);

    /// Allow high memory, which has no address of its own. Not for the allocators of this module.
    pub const __GFP_HIGHMEM: Flags = Flags(bindings::__GFP_HIGHMEM);

    /// Must not sleep, and may use the emergency reserves.
    pub const GFP_ATOMIC: Flags = Flags(bindings::GFP_ATOMIC);

    /// For the kernel itself; may sleep. The usual one.
    pub const GFP_KERNEL: Flags = Flags(bindings::GFP_KERNEL);

    /// [`GFP_KERNEL`], charged to the control group of the current task.
    pub const GFP_KERNEL_ACCOUNT: Flags = Flags(bindings::GFP_KERNEL_ACCOUNT);

    /// Must not sleep, and leaves the reserves alone.
    pub const GFP_NOWAIT: Flags = Flags(bindings::GFP_NOWAIT);

    /// No warning in the log when it fails.
    pub const __GFP_NOWARN: Flags = Flags(bindings::__GFP_NOWARN);
}

/// A node of memory on machines where some memory is nearer than other.
///
/// # Invariants
///
/// Either [`NO_NODE`](Self::NO_NODE) or `0 <= node < MAX_NUMNODES`.
#[derive(Clone, Copy, PartialEq)]
pub struct NumaNode(i32);

impl NumaNode {
    /// No preference.
    pub const NO_NODE: NumaNode = NumaNode(bindings::NUMA_NO_NODE as i32);

    /// The node with this number; `EINVAL` when no kernel of this configuration can have it.
    pub fn new(node: i32) -> Result<Self> {
        if node == Self::NO_NODE.0 {
            return Ok(Self::NO_NODE);
        }
        if !(0..bindings::MAX_NUMNODES as i32).contains(&node) {
            return Err(EINVAL);
        }
        // INVARIANT: `node` was just checked.
        Ok(Self(node))
    }

    pub(crate) fn as_raw(self) -> i32 {
        self.0
    }
}

/// One of the kernel's allocators.
///
/// # Safety
///
/// - Memory that an allocator hands out stays valid until it is freed or reallocated, wherever the value that names the
///   allocator goes.
/// - It is valid for the size and the alignment that were asked for.
/// - [`realloc`](Self::realloc) upholds what it promises.
pub unsafe trait Allocator {
    /// The alignment that every allocation has at least.
    const MIN_ALIGN: usize;

    /// Allocates memory for `layout`, near the node `nid`. A layout of size 0 gives a dangling pointer.
    fn alloc(layout: Layout, flags: Flags, nid: NumaNode) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: Without an old allocation there is nothing to require of one.
        unsafe { Self::realloc(None, layout, Layout::new::<()>(), flags, nid) }
    }

    /// Changes an allocation to fit `layout`, or makes one when `ptr` is [`None`].
    ///
    /// A layout of size 0 frees the allocation and gives a dangling pointer. On success the contents are kept, up to
    /// the smaller of both sizes, and `ptr` is no longer valid. On failure it stays as it is.
    ///
    /// # Safety
    ///
    /// - `ptr`, if any, came from this allocator and was not freed; it may dangle if `old_layout` has size 0.
    /// - `old_layout` is the layout that it was allocated with.
    unsafe fn realloc(
        ptr: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
        nid: NumaNode,
    ) -> Result<NonNull<[u8]>, AllocError>;

    /// Frees an allocation.
    ///
    /// # Safety
    ///
    /// - `ptr` came from this allocator and was not freed; it may dangle if `layout` has size 0.
    /// - `layout` is the layout that it was allocated with.
    /// - Nobody uses the memory any more.
    unsafe fn free(ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: The caller promises the requirements on `ptr` and `layout`; the new size is 0, which frees.
        let _ = unsafe { Self::realloc(Some(ptr), Layout::new::<()>(), layout, Flags(0), NumaNode::NO_NODE) };
    }
}

/// A pointer that fulfils `layout` and may not be dereferenced.
pub(crate) fn dangling_from_layout(layout: Layout) -> NonNull<u8> {
    // SAFETY: An alignment is never 0.
    unsafe { NonNull::new_unchecked(core::ptr::without_provenance_mut(layout.align())) }
}
