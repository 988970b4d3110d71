// SPDX-License-Identifier: GPL-2.0
//! The three allocators: physically contiguous memory, virtually contiguous memory, and whichever of both works.
//!
//! C headers: [`include/linux/slab.h`](srctree/include/linux/slab.h),
//! [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h)
//!
//! All supported kernels have them. `krealloc_node_align` and its kin are of 6.18; the helpers stand in for them
//! before.
//!
//! # Examples
//!
//! ```
//! use core::alloc::Layout;
//! use kernel::alloc::{allocator::Kmalloc, Allocator, NumaNode};
//!
//! let layout = Layout::new::<[u64; 3]>();
//! let memory = Kmalloc::alloc(layout, GFP_KERNEL | __GFP_ZERO, NumaNode::NO_NODE)?;
//! assert!(memory.len() >= 24);
//! // SAFETY: Just allocated with this layout, and not used any more.
//! unsafe { Kmalloc::free(memory.cast(), layout) };
//! # Ok::<(), Error>(())
//! ```

mod iter;
pub use self::iter::VmallocPageIter;

use super::{dangling_from_layout, AllocError, Allocator, Flags, NumaNode};
use crate::{
    ffi::{c_int, c_ulong, c_void},
    page,
};
use core::{alloc::Layout, ptr, ptr::NonNull};

#[cfg(kmod_fail_alloc)]
use crate::kunit::fail_alloc as hook;
/// Outside of such a test nothing is counted, and nothing fails on purpose.
#[cfg(not(kmod_fail_alloc))]
mod hook {
    #[inline(always)]
    pub(super) fn fails() -> bool {
        false
    }

    #[inline(always)]
    pub(super) fn made(_allocator: &str) {}

    #[inline(always)]
    pub(super) fn freed(_allocator: &str) {}
}

const ARCH_KMALLOC_MINALIGN: usize = bindings::ARCH_KMALLOC_MINALIGN as usize;

/// The contiguous kernel allocator: for what is small, or what a device reads. See `kmalloc()`.
pub struct Kmalloc;

/// The virtually contiguous allocator: for what is large; whole pages. See `vmalloc()`.
pub struct Vmalloc;

/// First tries [`Kmalloc`], then [`Vmalloc`]. See `kvmalloc()`.
pub struct KVmalloc;

/// `old_size` is the size that the allocation was made with (0 when there is none).
type ReallocFn = unsafe extern "C" fn(
    ptr: *const c_void,
    old_size: usize,
    size: usize,
    align: c_ulong,
    flags: u32,
    nid: c_int,
) -> *mut c_void;

/// The C functions of an allocator.
struct Functions {
    /// The allocator, for those who count.
    name: &'static str,
    realloc: ReallocFn,
    free: unsafe extern "C" fn(*const c_void),
}

/// Does what [`Allocator::realloc`] promises, with two C functions.
///
/// # Safety
///
/// - The requirements of [`Allocator::realloc`], for the allocator to which the functions belong.
/// - `realloc` returns null, or memory of at least `size` bytes aligned to `align` with the contents kept; it allocates
///   when its pointer is null.
unsafe fn realloc_with(
    Functions { name, realloc, free }: Functions,
    ptr: Option<NonNull<u8>>,
    layout: Layout,
    old_layout: Layout,
    flags: Flags,
    nid: NumaNode,
) -> Result<NonNull<[u8]>, AllocError> {
    // An allocation of size 0 was never made: its pointer dangles.
    let old = ptr.filter(|_| old_layout.size() != 0);
    if layout.size() == 0 {
        if let Some(old) = old {
            // SAFETY: The caller promises that `old` is an allocation of this allocator that nobody uses any more.
            unsafe { free(old.as_ptr().cast()) };
            hook::freed(name);
        }
        return Ok(NonNull::slice_from_raw_parts(dangling_from_layout(layout), 0));
    }
    if hook::fails() {
        return Err(AllocError);
    }
    let (old, old_size) = old.map_or((ptr::null(), 0), |old| (old.as_ptr().cast_const(), old_layout.size()));
    // SAFETY: `old` is null or an allocation of this allocator of `old_size` bytes, as the caller promises; the size is
    // not 0.
    let new = unsafe { realloc(old.cast(), old_size, layout.size(), layout.align(), flags.as_raw(), nid.as_raw()) };
    let new = NonNull::new(new.cast::<u8>()).ok_or(AllocError)?;
    if old.is_null() {
        hook::made(name);
    }
    Ok(NonNull::slice_from_raw_parts(new, layout.size()))
}

impl Kmalloc {
    /// The layout whose size is a multiple of its alignment, as `kmalloc()` wants it to honour the alignment.
    pub fn aligned_layout(layout: Layout) -> Layout {
        layout.pad_to_align()
    }
}

macro_rules! allocator {
    ($name:ident, $min_align:expr, $realloc:path, $free:path, |$layout:ident| $adjusted:expr) => {
        // SAFETY: The C allocator keeps the memory until it is freed; size and alignment are those that `realloc_with`
        // asks for, which also does what `realloc` promises.
        unsafe impl Allocator for $name {
            const MIN_ALIGN: usize = $min_align;

            #[inline]
            unsafe fn realloc(
                ptr: Option<NonNull<u8>>,
                $layout: Layout,
                old_layout: Layout,
                flags: Flags,
                nid: NumaNode,
            ) -> Result<NonNull<[u8]>, AllocError> {
                let functions = Functions { name: stringify!($name), realloc: $realloc, free: $free };
                // SAFETY: The caller promises the requirements of `realloc`; both functions belong to this allocator.
                unsafe { realloc_with(functions, ptr, $adjusted, old_layout, flags, nid) }
            }

            #[inline]
            unsafe fn free(ptr: NonNull<u8>, layout: Layout) {
                if layout.size() != 0 {
                    // SAFETY: The caller promises that it is an allocation of this allocator that nobody uses any more.
                    unsafe { $free(ptr.as_ptr().cast()) };
                    hook::freed(stringify!($name));
                }
            }
        }
    };
}

allocator!(
    Kmalloc,
    ARCH_KMALLOC_MINALIGN,
    bindings::krealloc_sized,
    bindings::kfree,
    |layout| Kmalloc::aligned_layout(layout)
);
allocator!(Vmalloc, page::PAGE_SIZE, bindings::vrealloc_sized, bindings::vfree, |layout| layout);
allocator!(KVmalloc, ARCH_KMALLOC_MINALIGN, bindings::kvrealloc_sized, bindings::kvfree, |layout| {
    Kmalloc::aligned_layout(layout)
});

impl Vmalloc {
    /// The page that backs an address of [`Vmalloc`] memory.
    ///
    /// ```
    /// use kernel::{alloc::allocator::Vmalloc, page::PAGE_SIZE};
    /// use core::ptr::NonNull;
    ///
    /// let mut buffer = VBox::<[u8; PAGE_SIZE]>::new_uninit(GFP_KERNEL)?;
    /// // SAFETY: The address is one of a `Vmalloc` allocation, which outlives the page.
    /// let page = unsafe { Vmalloc::to_page(NonNull::from(&mut *buffer).cast()) };
    /// assert!(!page.as_ptr().is_null());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Safety
    ///
    /// - `ptr` lies in an allocation of [`Vmalloc`] that is not freed during `'a`.
    /// - `'a` is exclusive: nobody else has the page borrowed.
    pub unsafe fn to_page<'a>(ptr: NonNull<u8>) -> page::BorrowedPage<'a> {
        // SAFETY: The caller promises that it is an address of `vmalloc()`.
        let page = unsafe { bindings::vmalloc_to_page(ptr.as_ptr().cast()) };
        // SAFETY: Each address of such memory is backed by a page, so that the pointer is not null; it is valid during
        // `'a`, as the memory is.
        unsafe { page::BorrowedPage::from_raw(NonNull::new_unchecked(page)) }
    }
}
