// SPDX-License-Identifier: GPL-2.0

//! Pools of small blocks of coherent memory.
//!
//! C header: [`include/linux/dmapool.h`](srctree/include/linux/dmapool.h)
//!
//! Beyond mainline. [`Coherent`](super::Coherent) memory comes in whole pages; a [`Pool`] cuts them up. All kernels
//! have the C side.
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     device::{Bound, Device}, dma::{pool::{Block, Pool}, DmaAddress}, io::{io_read, io_write, Io}, prelude::*,
//!     ptr::Alignment, sync::Arc, transmute::{AsBytes, FromBytes},
//! };
//!
//! #[repr(C)]
//! struct Command {
//!     next: DmaAddress,
//!     code: u32,
//!     status: u32,
//! }
//! // SAFETY: There is no padding, and all bit patterns are fine.
//! unsafe impl AsBytes for Command {}
//! // SAFETY: As above.
//! unsafe impl FromBytes for Command {}
//!
//! fn chain(dev: &Device<Bound>) -> Result<(Block<'_, Command>, Block<'_, Command>)> {
//!     let pool = Pool::<Command>::new(c"commands", dev, Alignment::new::<64>())?;
//!     let (first, second) = (pool.alloc(GFP_KERNEL)?, pool.alloc(GFP_KERNEL)?);
//!     io_write!(first, .next, second.dma_address());
//!     assert_eq!(io_read!(second, .status), 0);
//!     // Blocks keep their pool.
//!     Ok((first, second))
//! }
//! ```

use super::{CoherentIoBackend, CoherentView, DmaAddress};
use crate::{
    alloc::Flags,
    device::{Bound, Device},
    io::{IoBase, SysMem},
    prelude::*,
    ptr::Alignment,
    sync::Arc,
    transmute::{AsBytes, FromBytes},
};
use core::{marker::PhantomData, ptr::NonNull};

/// A pool of blocks that each hold a `T`, for one device while it is bound.
///
/// # Invariants
///
/// `pool` is ours; its blocks are as large as a `T`, and aligned for it.
pub struct Pool<'a, T: AsBytes + FromBytes> {
    pool: NonNull<bindings::dma_pool>,
    _device: PhantomData<&'a Device<Bound>>,
    _block: PhantomData<fn() -> T>,
}

impl<'a, T: AsBytes + FromBytes> Pool<'a, T> {
    /// Makes a pool of blocks with at least that alignment. The name shows in sysfs.
    pub fn new(name: &CStr, dev: &'a Device<Bound>, alignment: Alignment) -> Result<Arc<Self>> {
        let align = alignment.as_usize().max(align_of::<T>());
        // SAFETY: `name` is a string, which C copies; the device is valid and stays bound until the pool is destroyed.
        let pool = unsafe { bindings::dma_pool_create(name.as_char_ptr(), dev.as_raw(), size_of::<T>(), align, 0) };

        // INVARIANT: It has just been created like that.
        let pool = Self { pool: NonNull::new(pool).ok_or(ENOMEM)?, _device: PhantomData, _block: PhantomData };
        Ok(Arc::new(pool, GFP_KERNEL)?)
    }

    /// Takes a block, of zeros.
    pub fn alloc(self: &Arc<Self>, flags: Flags) -> Result<Block<'a, T>> {
        let mut dma_address = 0;
        // SAFETY: By the type's invariant.
        let block =
            unsafe { bindings::dma_pool_alloc(self.pool.as_ptr(), (flags | __GFP_ZERO).as_raw(), &mut dma_address) };

        // INVARIANT: It was just allocated.
        Ok(Block { cpu_addr: NonNull::new(block).ok_or(ENOMEM)?.cast(), dma_address, pool: self.clone() })
    }
}

impl<T: AsBytes + FromBytes> Drop for Pool<'_, T> {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant; blocks keep the pool, hence there are none.
        unsafe { bindings::dma_pool_destroy(self.pool.as_ptr()) };
    }
}

// SAFETY: A pool may be destroyed in any thread.
unsafe impl<T: AsBytes + FromBytes> Send for Pool<'_, T> {}

// SAFETY: C synchronises the use of a pool.
unsafe impl<T: AsBytes + FromBytes> Sync for Pool<'_, T> {}

/// A block of a [`Pool`], which it goes back to on drop. `&Block` has the methods of [`Io`](crate::io::Io).
///
/// # Invariants
///
/// `cpu_addr` and `dma_address` are one block of `pool`, which holds a valid `T`.
pub struct Block<'a, T: AsBytes + FromBytes> {
    cpu_addr: NonNull<T>,
    dma_address: DmaAddress,
    pool: Arc<Pool<'a, T>>,
}

impl<T: AsBytes + FromBytes> Block<'_, T> {
    /// Where the device finds it.
    #[inline]
    pub fn dma_address(&self) -> DmaAddress {
        self.dma_address
    }
}

impl<T: AsBytes + FromBytes> Drop for Block<'_, T> {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant; who accesses the block borrows `self`.
        unsafe { bindings::dma_pool_free(self.pool.pool.as_ptr(), self.cpu_addr.as_ptr().cast(), self.dma_address) };
    }
}

// SAFETY: The memory may be accessed and freed in any thread, if the `T` in it may.
unsafe impl<T: AsBytes + FromBytes + Send> Send for Block<'_, T> {}

// SAFETY: `&Block` allows single accesses, which do not disturb each other.
unsafe impl<T: AsBytes + FromBytes + Sync> Sync for Block<'_, T> {}

impl<'b, T: AsBytes + FromBytes> IoBase<'b> for &'b Block<'_, T> {
    type Backend = CoherentIoBackend;
    type Target = T;

    #[inline]
    fn as_view(self) -> CoherentView<'b, T> {
        // INVARIANT: Both are the start of the block.
        CoherentView {
            // SAFETY: The block lives as long as `self`, and is only accessed in ways that allow for others.
            cpu_addr: unsafe { SysMem::new(self.cpu_addr.as_ptr()) },
            dma_address: self.dma_address,
        }
    }
}
