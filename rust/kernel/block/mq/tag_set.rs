// SPDX-License-Identifier: GPL-2.0

//! The tags of requests: `struct blk_mq_tag_set`.

use super::{operations::OperationsVTable, request::RequestDataWrapper, Operations};
use crate::{
    bindings,
    error::{self, to_result},
    prelude::*,
    types::Opaque,
};
use core::marker::PhantomData;

/// The number of requests that may be under way, and where they are kept; shared by the queues of a device.
///
/// # Invariants
///
/// `inner` was initialised by `blk_mq_alloc_tag_set`.
#[pin_data(PinnedDrop)]
#[repr(transparent)]
pub struct TagSet<T: Operations> {
    #[pin]
    inner: Opaque<bindings::blk_mq_tag_set>,
    _p: PhantomData<T>,
}

// SAFETY: `&self` gives no access, and a tag set may be freed on any thread.
unsafe impl<T: Operations> Send for TagSet<T> {}

// SAFETY: `&self` gives no access.
unsafe impl<T: Operations> Sync for TagSet<T> {}

impl<T: Operations> TagSet<T> {
    /// A tag set for `nr_hw_queues` hardware queues, each with `num_tags` requests.
    ///
    /// `num_maps` says into how many kinds the queues are split: 1, unless some are for reads or polling only.
    pub fn new(nr_hw_queues: u32, num_tags: u32, num_maps: u32) -> impl PinInit<Self, error::Error> {
        try_pin_init!(TagSet {
            inner <- Opaque::try_ffi_init(move |slot: *mut bindings::blk_mq_tag_set| {
                let tag_set = bindings::blk_mq_tag_set {
                    ops: OperationsVTable::<T>::build(),
                    nr_hw_queues,
                    timeout: 0, // The default, 30 seconds.
                    numa_node: bindings::NUMA_NO_NODE,
                    queue_depth: num_tags,
                    cmd_size: size_of::<RequestDataWrapper>() as u32,
                    // Merging has to be asked for up to v6.13; since then it is the rule.
                    #[cfg(kmod_has = "const:BLK_MQ_F_SHOULD_MERGE")]
                    flags: bindings::BLK_MQ_F_SHOULD_MERGE,
                    nr_maps: num_maps,
                    ..pin_init::zeroed()
                };

                // SAFETY: `slot` is valid for writes.
                unsafe { slot.write(tag_set) };

                // SAFETY: `slot` is filled in as the block layer wants it, and pinned until `blk_mq_free_tag_set`.
                to_result(unsafe { bindings::blk_mq_alloc_tag_set(slot) })
            }),
            _p: PhantomData,
        })
    }

    pub(crate) fn raw_tag_set(&self) -> *mut bindings::blk_mq_tag_set {
        self.inner.get()
    }
}

#[pinned_drop]
impl<T: Operations> PinnedDrop for TagSet<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: the tag set is initialised by the type invariant. A disk that uses it has a count on it.
        unsafe { bindings::blk_mq_free_tag_set(self.inner.get()) };
    }
}
