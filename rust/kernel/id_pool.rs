// SPDX-License-Identifier: GPL-2.0
//! Pools of small numbers.
//!
//! Every kernel has it.

use crate::{
    alloc::{AllocError, Flags},
    bitmap::BitmapVec,
};

/// A pool of identifiers, from 0 to its capacity, of which the lowest that is free is found.
///
/// Growing is in three steps, of which only the second allocates, so that the other two can be done under a spin lock:
/// [`grow_request`](IdPool::grow_request), [`realloc`](ReallocRequest::realloc), [`grow`](IdPool::grow). Shrinking
/// likewise.
///
/// # Examples
///
/// ```
/// use kernel::{alloc::AllocError, id_pool::IdPool, new_spinlock, sync::SpinLock};
///
/// /// Takes a tag, for which the pool may have to grow.
/// fn take_tag(tags: &SpinLock<IdPool>) -> Result<usize, AllocError> {
///     loop {
///         let request = {
///             let mut tags = tags.lock();
///             match tags.find_unused_id(0) {
///                 Some(tag) => return Ok(tag.acquire()),
///                 None => tags.grow_request(),
///             }
///         };
///         // Without the lock.
///         let resizer = request.ok_or(AllocError)?.realloc(GFP_KERNEL)?;
///         tags.lock().grow(resizer);
///     }
/// }
///
/// let tags = KBox::pin_init(new_spinlock!(IdPool::new()), GFP_KERNEL)?;
/// for expected in 0..100 {
///     assert_eq!(take_tag(&tags)?, expected);
/// }
/// tags.lock().release_id(42);
/// assert_eq!(take_tag(&tags)?, 42);
/// # Ok::<(), Error>(())
/// ```
pub struct IdPool {
    map: BitmapVec,
}

/// A wish for a pool of another capacity.
pub struct ReallocRequest {
    capacity: usize,
}

/// The memory for a pool of another capacity.
pub struct PoolResizer {
    new: BitmapVec,
}

impl ReallocRequest {
    /// Allocates the memory.
    pub fn realloc(&self, flags: Flags) -> Result<PoolResizer, AllocError> {
        Ok(PoolResizer { new: BitmapVec::new(self.capacity, flags)? })
    }
}

impl IdPool {
    /// Makes a pool of [`BitmapVec::MAX_INLINE_LEN`] identifiers, for which nothing is allocated.
    #[inline]
    pub fn new() -> Self {
        Self { map: BitmapVec::new_inline() }
    }

    /// Makes a pool of `num_ids` identifiers, or [`BitmapVec::MAX_INLINE_LEN`] if that is more.
    #[inline]
    pub fn with_capacity(num_ids: usize, flags: Flags) -> Result<Self, AllocError> {
        Ok(Self { map: BitmapVec::new(num_ids.max(BitmapVec::MAX_INLINE_LEN), flags)? })
    }

    /// Returns how many identifiers there are.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.map.len()
    }

    /// Returns a wish for half the capacity, if only identifiers from the first quarter are taken; for the least
    /// capacity if none is.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::id_pool::IdPool;
    ///
    /// let mut pool = IdPool::with_capacity(512, GFP_KERNEL)?;
    /// pool.find_unused_id(200).ok_or(ENOSPC)?.acquire();
    /// assert!(pool.shrink_request().is_none());
    ///
    /// pool.release_id(200);
    /// pool.find_unused_id(100).ok_or(ENOSPC)?.acquire();
    /// let resizer = pool.shrink_request().ok_or(EINVAL)?.realloc(GFP_KERNEL)?;
    /// pool.shrink(resizer);
    /// assert_eq!(pool.capacity(), 256);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn shrink_request(&self) -> Option<ReallocRequest> {
        let capacity = self.capacity();
        if capacity <= BitmapVec::MAX_INLINE_LEN {
            return None;
        }
        let capacity = match self.map.last_bit() {
            Some(last) if last >= capacity / 4 => return None,
            Some(_) => (capacity / 2).max(BitmapVec::MAX_INLINE_LEN),
            None => BitmapVec::MAX_INLINE_LEN,
        };
        Some(ReallocRequest { capacity })
    }

    /// Shrinks the pool, unless what was taken since the wish forbids it.
    pub fn shrink(&mut self, mut resizer: PoolResizer) {
        let still_fits = self.shrink_request().is_some_and(|request| request.capacity <= resizer.new.len());
        if still_fits && resizer.new.len() < self.capacity() {
            resizer.new.copy_and_extend(&self.map);
            self.map = resizer.new;
        }
    }

    /// Returns a wish for twice the capacity, if that is possible.
    pub fn grow_request(&self) -> Option<ReallocRequest> {
        let capacity = self.capacity() * 2;
        (capacity <= BitmapVec::MAX_LEN).then_some(ReallocRequest { capacity })
    }

    /// Grows the pool, unless it has grown since the wish.
    pub fn grow(&mut self, mut resizer: PoolResizer) {
        if resizer.new.len() > self.capacity() {
            resizer.new.copy_and_extend(&self.map);
            self.map = resizer.new;
        }
    }

    /// Returns the lowest identifier that is free, from `offset` on. It is not taken yet: see [`UnusedId::acquire`].
    #[inline]
    #[must_use]
    pub fn find_unused_id(&mut self, offset: usize) -> Option<UnusedId<'_>> {
        // INVARIANT: it is free, and the pool is borrowed.
        Some(UnusedId { id: self.map.next_zero_bit(offset)?, pool: self })
    }

    /// Gives an identifier back.
    #[inline]
    pub fn release_id(&mut self, id: usize) {
        self.map.clear_bit(id);
    }
}

/// An identifier that is free.
///
/// # Invariants
///
/// It is below the capacity of the pool, and free.
pub struct UnusedId<'pool> {
    id: usize,
    pool: &'pool mut IdPool,
}

impl<'pool> UnusedId<'pool> {
    /// Returns the number.
    #[inline]
    #[must_use]
    pub fn as_usize(&self) -> usize {
        self.id
    }

    /// Returns the number.
    #[inline]
    #[must_use]
    pub fn as_u32(&self) -> u32 {
        // No loss: it is below the capacity, which is at most `BitmapVec::MAX_LEN`.
        self.id as u32
    }

    /// Takes the identifier.
    #[inline]
    pub fn acquire(self) -> usize {
        self.pool.map.set_bit(self.id);
        self.id
    }
}

impl Default for IdPool {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}
