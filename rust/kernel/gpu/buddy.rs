// SPDX-License-Identifier: GPL-2.0
//! Allocators of a graphics card's memory, by blocks whose size is a power of two.
//!
//! C header: [`include/linux/gpu_buddy.h`](srctree/include/linux/gpu_buddy.h)
//!
//! A [`GpuBuddy`] only says which parts of a space of addresses are in use: it never touches the memory itself. It can be
//! shared and used by several threads at once.
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     gpu::buddy::{GpuBuddy, GpuBuddyAllocFlags, GpuBuddyAllocMode, GpuBuddyParams},
//!     ptr::Alignment,
//!     sizes::{SZ_1M, SZ_4K, SZ_64K},
//! };
//!
//! // The card's own memory is 3 MiB, and begins at 256 MiB, as the card sees it.
//! let (base, size) = (256 * SZ_1M as u64, 3 * SZ_1M as u64);
//! let vram = GpuBuddy::new(GpuBuddyParams {
//!     base_offset: base,
//!     size,
//!     chunk_size: Alignment::new::<SZ_4K>(),
//! })?;
//! assert_eq!(vram.avail(), size);
//!
//! // The first 64 KiB are for the firmware.
//! let firmware = vram.alloc_blocks(
//!     GpuBuddyAllocMode::Range(0..SZ_64K as u64),
//!     SZ_64K as u64,
//!     Alignment::new::<SZ_64K>(),
//!     GpuBuddyAllocFlags::default(),
//! );
//! let firmware = KBox::pin_init(firmware, GFP_KERNEL)?;
//! assert!(firmware.iter().all(|block| block.offset() < base + SZ_64K as u64));
//! assert_eq!(vram.avail(), size - SZ_64K as u64);
//!
//! drop(firmware);
//! assert_eq!(vram.avail(), size);
//! # Ok::<(), Error>(())
//! ```
//!
//! Only on kernels that export `gpu_buddy_alloc_blocks()`, young ones with `CONFIG_GPU_BUDDY`. Before, graphics drivers had
//! the same as `drm_buddy`, which this does not use.

use crate::{
    error::to_result,
    impl_flags,
    interop::list::{clist_create, CListHead},
    new_mutex,
    prelude::*,
    ptr::Alignment,
    sync::{Arc, Mutex, MutexGuard},
    types::Opaque,
};
use core::ops::Range;

/// From which part of the space blocks are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuBuddyAllocMode {
    /// From any.
    Simple,
    /// From these offsets, counted from the beginning of the space. Its ends are multiples of the chunk size.
    Range(Range<u64>),
    /// From the end of the space downwards.
    TopDown,
}

impl GpuBuddyAllocMode {
    /// The first offset and that after the last, which count only for a range.
    fn bounds(&self) -> Result<(u64, u64)> {
        match self {
            Self::Range(range) if range.is_empty() => Err(EINVAL),
            Self::Range(range) => Ok((range.start, range.end)),
            Self::Simple | Self::TopDown => Ok((0, 0)),
        }
    }

    fn flag(&self) -> usize {
        match self {
            Self::Simple => 0,
            Self::Range(_) => bindings::GPU_BUDDY_RANGE_ALLOCATION as usize,
            Self::TopDown => bindings::GPU_BUDDY_TOPDOWN_ALLOCATION as usize,
        }
    }
}

impl_flags!(
    /// What is wanted of the blocks: a set of [`GpuBuddyAllocFlag`], none by default.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct GpuBuddyAllocFlags(u32);

    /// One thing that is wanted of the blocks.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum GpuBuddyAllocFlag {
        /// They follow one another without a gap.
        Contiguous = bindings::GPU_BUDDY_CONTIGUOUS_ALLOCATION as u32,
        /// Such as are known to hold zeros, as far as there are any.
        Clear = bindings::GPU_BUDDY_CLEAR_ALLOCATION as u32,
        /// Whole blocks, even if the last exceeds what was asked for.
        TrimDisable = bindings::GPU_BUDDY_TRIM_DISABLE as u32,
    }
);

/// The space of a [`GpuBuddy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GpuBuddyParams {
    /// What is added to the offset of each block.
    pub base_offset: u64,
    /// The number of bytes.
    pub size: u64,
    /// The size of the smallest block, 4 KiB or more.
    pub chunk_size: Alignment,
}

/// # Invariants
///
/// `inner` is initialised; what changes in it is looked at and changed only while `lock` is held.
#[pin_data(PinnedDrop)]
struct GpuBuddyInner {
    #[pin]
    inner: Opaque<bindings::gpu_buddy>,
    #[pin]
    lock: Mutex<()>,
    params: GpuBuddyParams,
}

impl GpuBuddyInner {
    fn new(params: GpuBuddyParams) -> impl PinInit<Self, Error> {
        let chunk_size = params.chunk_size.as_usize() as u64;
        // INVARIANT: `gpu_buddy_init()` initialises `inner`, which nobody else has yet.
        try_pin_init!(Self {
            inner <- Opaque::try_ffi_init(|buddy| {
                // SAFETY: it is memory for a `gpu_buddy` that does not move. C checks the sizes.
                to_result(unsafe { bindings::gpu_buddy_init(buddy, params.size, chunk_size) })
            }),
            lock <- new_mutex!(()),
            params,
        })
    }

    /// Takes the lock; the pointer is good for what the lock is for as long as the guard is there.
    fn lock(&self) -> (*mut bindings::gpu_buddy, MutexGuard<'_, ()>) {
        (self.inner.get(), self.lock.lock())
    }
}

#[pinned_drop]
impl PinnedDrop for GpuBuddyInner {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: it was initialised, and nobody else has it. All blocks are free: each holds a reference to this.
        unsafe { bindings::gpu_buddy_fini(self.inner.get()) };
    }
}

// SAFETY: C does not care which thread it is, and `lock` keeps threads apart.
unsafe impl Send for GpuBuddyInner {}

// SAFETY: as above.
unsafe impl Sync for GpuBuddyInner {}

/// An allocator of the parts of a space of addresses.
///
/// It lives as long as there are [`AllocatedBlocks`] of it.
pub struct GpuBuddy(Arc<GpuBuddyInner>);

impl GpuBuddy {
    /// Makes an allocator, all of whose space is free.
    ///
    /// Returns [`EINVAL`] if `chunk_size` is less than 4 KiB, or `size` less than `chunk_size`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{gpu::buddy::{GpuBuddy, GpuBuddyParams}, ptr::Alignment};
    ///
    /// let params = GpuBuddyParams { base_offset: 0, size: 0x10_0000, chunk_size: Alignment::new::<0x1_0000>() };
    /// assert_eq!(GpuBuddy::new(params)?.chunk_size().as_usize(), 0x1_0000);
    ///
    /// let too_small = GpuBuddyParams { size: 0x1000, ..params };
    /// assert_eq!(GpuBuddy::new(too_small).err(), Some(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(params: GpuBuddyParams) -> Result<Self> {
        Ok(Self(Arc::pin_init(GpuBuddyInner::new(params), GFP_KERNEL)?))
    }

    /// Returns what is added to the offset of each block.
    pub fn base_offset(&self) -> u64 {
        self.0.params.base_offset
    }

    /// Returns the size of the smallest block.
    pub fn chunk_size(&self) -> Alignment {
        self.0.params.chunk_size
    }

    /// Returns the number of bytes of the space.
    pub fn size(&self) -> u64 {
        self.0.params.size
    }

    /// Returns how many bytes are free. By the time the caller looks, others may have taken or returned some.
    pub fn avail(&self) -> u64 {
        let (buddy, _guard) = self.0.lock();
        // SAFETY: it is initialised, and the lock is held.
        unsafe { (*buddy).avail }
    }

    /// Takes `size` bytes, a multiple of the chunk size, in blocks of at least `min_block_size`, each aligned to its size.
    ///
    /// They are given back when the [`AllocatedBlocks`] are dropped. Returns [`ENOSPC`] when there are not enough, and
    /// [`EINVAL`] for what can never be: a size that is zero, not aligned or more than the space, or a range beyond it.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{
    ///     gpu::buddy::{GpuBuddy, GpuBuddyAllocFlag, GpuBuddyAllocFlags, GpuBuddyAllocMode, GpuBuddyParams},
    ///     ptr::Alignment,
    ///     sizes::{SZ_16K, SZ_4K},
    /// };
    ///
    /// let page = Alignment::new::<SZ_4K>();
    /// let buddy = GpuBuddy::new(GpuBuddyParams { base_offset: 0, size: SZ_16K as u64, chunk_size: page })?;
    /// let take = |mode, size, flags: GpuBuddyAllocFlags| {
    ///     KBox::pin_init(buddy.alloc_blocks(mode, size as u64, page, flags), GFP_KERNEL)
    /// };
    ///
    /// // 12 KiB are no power of two: they are a block of 8 KiB and one of 4 KiB.
    /// let three = take(GpuBuddyAllocMode::TopDown, 3 * SZ_4K, GpuBuddyAllocFlags::default())?;
    /// assert_eq!(three.iter().map(|block| block.size()).sum::<u64>(), 3 * SZ_4K as u64);
    ///
    /// let all = take(GpuBuddyAllocMode::Simple, SZ_16K, GpuBuddyAllocFlag::Contiguous.into());
    /// assert_eq!(all.err(), Some(ENOSPC));
    /// let backwards = take(GpuBuddyAllocMode::Range(4096..0), SZ_4K, GpuBuddyAllocFlags::default());
    /// assert_eq!(backwards.err(), Some(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn alloc_blocks(
        &self,
        mode: GpuBuddyAllocMode,
        size: u64,
        min_block_size: Alignment,
        flags: impl Into<GpuBuddyAllocFlags>,
    ) -> impl PinInit<AllocatedBlocks, Error> {
        let buddy = self.0.clone();
        let flags = u32::from(flags.into()) as usize | mode.flag();

        try_pin_init!(AllocatedBlocks {
            buddy,
            list <- CListHead::new(),
            _: {
                let (start, end) = mode.bounds()?;
                let (buddy, _guard) = buddy.lock();
                // INVARIANT: when C succeeds, it puts the blocks into the list; else it puts none.
                // SAFETY: `buddy` is initialised and the lock held; `list` is an empty list that does not move. C checks
                // the numbers.
                to_result(unsafe {
                    bindings::gpu_buddy_alloc_blocks(
                        buddy,
                        start,
                        end,
                        size,
                        min_block_size.as_usize() as u64,
                        list.as_raw(),
                        flags,
                    )
                })?;
            },
        })
    }
}

/// Blocks of a [`GpuBuddy`], which it gets back when this is dropped.
///
/// # Invariants
///
/// `list` has blocks of `buddy` by their `link`, which are nobody else's.
#[pin_data(PinnedDrop)]
pub struct AllocatedBlocks {
    #[pin]
    list: CListHead,
    buddy: Arc<GpuBuddyInner>,
}

impl AllocatedBlocks {
    /// Returns whether there is no block.
    pub fn is_empty(&self) -> bool {
        !self.list.is_linked()
    }

    /// Returns an iterator over the blocks.
    pub fn iter(&self) -> impl Iterator<Item = AllocatedBlock<'_>> + '_ {
        // SAFETY: by the type invariant, it is the head of a list of blocks, which does not change until this is dropped.
        // `Block` is transparent.
        let blocks =
            unsafe { clist_create!(self.list.as_raw(), Block, bindings::gpu_buddy_block, __bindgen_anon_1.link) };
        blocks.iter().map(|block| AllocatedBlock { block, blocks: self })
    }
}

#[pinned_drop]
impl PinnedDrop for AllocatedBlocks {
    fn drop(self: Pin<&mut Self>) {
        let (buddy, _guard) = self.buddy.lock();
        // SAFETY: `buddy` is initialised and the lock held; by the type invariant the blocks are its own, and ours to give.
        unsafe { bindings::gpu_buddy_free_list(buddy, self.list.as_raw(), 0) };
    }
}

/// A block as C has it.
#[repr(transparent)]
struct Block(Opaque<bindings::gpu_buddy_block>);

// SAFETY: it is only read, and what is read does not change while it is allocated.
unsafe impl Send for Block {}

// SAFETY: as above.
unsafe impl Sync for Block {}

/// One of the [`AllocatedBlocks`].
pub struct AllocatedBlock<'a> {
    block: &'a Block,
    blocks: &'a AllocatedBlocks,
}

impl AllocatedBlock<'_> {
    /// Returns where it begins, counted from [`base_offset`](GpuBuddy::base_offset) below the space.
    pub fn offset(&self) -> u64 {
        // SAFETY: it is a valid block, by the invariant of `AllocatedBlocks`.
        let offset = unsafe { bindings::gpu_buddy_block_offset(self.block.0.get()) };
        self.blocks.buddy.params.base_offset + offset
    }

    /// Returns the logarithm of its size in chunks.
    pub fn order(&self) -> u32 {
        // SAFETY: as in `offset`.
        unsafe { bindings::gpu_buddy_block_order(self.block.0.get()) }
    }

    /// Returns its size in bytes.
    pub fn size(&self) -> u64 {
        (self.blocks.buddy.params.chunk_size.as_usize() as u64) << self.order()
    }
}
