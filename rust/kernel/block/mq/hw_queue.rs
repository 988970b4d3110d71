// SPDX-License-Identifier: GPL-2.0

//! Hardware queues: `struct blk_mq_hw_ctx`, and which processors use which.

use super::{driver::Borrowed, Driver};
use crate::{
    bindings,
    error::{code::*, Result},
    types::ForeignOwnable,
};
use core::{marker::PhantomData, ptr::NonNull};

/// A hardware queue of a disk.
///
/// Beyond mainline.
///
/// # Invariants
///
/// The C object is alive for `'a`, is one of a [`TagSet<T>`](super::TagSet), and has its driver data.
pub struct HwQueue<'a, T: Driver>(*mut bindings::blk_mq_hw_ctx, PhantomData<&'a T>);

impl<T: Driver> Clone for HwQueue<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Driver> Copy for HwQueue<'_, T> {}

impl<'a, T: Driver> HwQueue<'a, T> {
    /// # Safety
    ///
    /// The type's invariants hold for `hctx`.
    #[inline(always)]
    pub(super) unsafe fn from_raw(hctx: *mut bindings::blk_mq_hw_ctx) -> Self {
        // INVARIANT: By the requirements of this function.
        Self(hctx, PhantomData)
    }

    /// What [`Driver::init_hctx`] made.
    #[inline(always)]
    pub fn data(self) -> Borrowed<'a, T::HwData> {
        // SAFETY: By the type's invariants; `init_hctx_callback` has set it.
        unsafe { T::HwData::borrow((*self.0).driver_data) }
    }

    /// The private data of the disk's queue.
    #[inline(always)]
    pub fn queue_data(self) -> Borrowed<'a, T::QueueData> {
        // SAFETY: By the type's invariants; the queue got its data from `into_foreign` when it was made.
        unsafe { T::QueueData::borrow((*(*self.0).queue).queuedata) }
    }

    /// Its number among the hardware queues.
    #[inline]
    pub fn index(self) -> u32 {
        // SAFETY: By the type's invariants; this does not change.
        unsafe { (*self.0).queue_num }
    }
}

/// What a hardware queue is for.
///
/// Beyond mainline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum HwQueueType {
    /// Everything that has no queue of its own.
    Default = bindings::hctx_type_HCTX_TYPE_DEFAULT as u32,
    /// Reads.
    Read = bindings::hctx_type_HCTX_TYPE_READ as u32,
    /// Requests that somebody polls for.
    Poll = bindings::hctx_type_HCTX_TYPE_POLL as u32,
}

impl HwQueueType {
    /// How many types there are.
    pub const COUNT: u32 = bindings::hctx_type_HCTX_MAX_TYPES as u32;
}

/// The maps from processors to hardware queues, while [`Driver::map_queues`] fills them in.
///
/// Beyond mainline.
///
/// # Invariants
///
/// The tag set is valid, and its maps are ours; `dev` is null, or the bound device that it is for.
pub struct QueueMaps<'a> {
    set: *mut bindings::blk_mq_tag_set,
    dev: *mut bindings::device,
    _maps: PhantomData<&'a mut ()>,
}

impl QueueMaps<'_> {
    /// # Safety
    ///
    /// `set` is valid, and nobody else uses its maps for the life of the result; `dev` is null, or the device that it is
    /// for, which is bound.
    pub(super) unsafe fn from_raw(set: *mut bindings::blk_mq_tag_set, dev: *mut bindings::device) -> Self {
        // INVARIANT: By the requirements of this function.
        Self { set, dev, _maps: PhantomData }
    }

    /// Says that `queues` hardware queues, from number `first`, are of type `ty`.
    ///
    /// Fails with `EINVAL` if the tag set has not so many queues or types.
    fn map(&mut self, ty: HwQueueType, first: u32, queues: u32) -> Result<*mut bindings::blk_mq_queue_map> {
        // SAFETY: By the type's invariant.
        let set = unsafe { &mut *self.set };
        let end = first.checked_add(queues).ok_or(EINVAL)?;
        if ty as u32 >= set.nr_maps || end > set.nr_hw_queues {
            return Err(EINVAL);
        }
        let map = set.map.get_mut(ty as usize).ok_or(EINVAL)?;
        (map.nr_queues, map.queue_offset) = (queues, first);
        Ok(map)
    }

    /// Spreads the processors over `queues` hardware queues, from number `first`, for requests of type `ty`.
    ///
    /// None means that there are no queues for the type; requests go to the default ones then.
    pub fn spread(&mut self, ty: HwQueueType, first: u32, queues: u32) -> Result {
        let map = self.map(ty, first, queues)?;
        if queues > 0 {
            // SAFETY: The map is valid, and says how many queues there are.
            unsafe { bindings::blk_mq_map_queues(map) };
        }
        Ok(())
    }

    /// As [`spread`](Self::spread), by the processors that the interrupts of the queues go to: those of the vectors from
    /// number `vector` on, of the tag set's device, which [`alloc_irq_vectors_affinity`] has tied to processors. Else the
    /// queues are spread evenly.
    ///
    /// Fails with `EINVAL`, too, if the tag set is for no device.
    ///
    /// [`alloc_irq_vectors_affinity`]: crate::pci::Device::alloc_irq_vectors_affinity
    pub fn by_interrupt(&mut self, ty: HwQueueType, first: u32, queues: u32, vector: u32) -> Result {
        let dev = NonNull::new(self.dev).ok_or(EINVAL)?;
        let map = self.map(ty, first, queues)?;
        if queues > 0 {
            // SAFETY: The map is valid, and by the type's invariant so is the device.
            unsafe { bindings::blk_mq_map_irq_queues(map, dev.as_ptr(), vector) };
        }
        Ok(())
    }
}
