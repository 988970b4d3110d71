// SPDX-License-Identifier: GPL-2.0

//! The tags of requests: `struct blk_mq_tag_set`.

use super::{driver::OperationsVTable, pdu::Pdu, Driver, Operations};
use crate::{
    bindings,
    device::{Bound, Device},
    error::{self, to_result},
    prelude::*,
    sync::aref::ARef,
    types::{ForeignOwnable, Opaque, ScopeGuard},
};
use core::{marker::PhantomData, ptr};

/// The number of requests that may be under way, and where they are kept; shared by the queues of a device.
///
/// # Invariants
///
/// * `inner` was initialised by `blk_mq_alloc_tag_set`.
/// * Its driver data came from `T::TagSetData::into_foreign`, and is only borrowed.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct TagSet<T: Driver> {
    // First: `device_of` relies on it.
    #[pin]
    inner: Opaque<bindings::blk_mq_tag_set>,
    /// What the disks belong to, if they do.
    dev: Option<ARef<Device>>,
    _p: PhantomData<T>,
}

// SAFETY: `&self` gives access to the data only, which is `Sync`; and a tag set may be freed on any thread, as its data
// may.
unsafe impl<T: Driver> Send for TagSet<T> {}

// SAFETY: As above.
unsafe impl<T: Driver> Sync for TagSet<T> {}

/// How a [`TagSet`] is to be.
///
/// Beyond mainline.
#[derive(Clone, Copy, Debug)]
pub struct TagSetOptions {
    /// The number of hardware queues.
    pub hw_queues: u32,
    /// The number of requests that each of them may have under way.
    pub tags: u32,
    /// Into how many [types](super::HwQueueType) the queues are split.
    pub maps: u32,
    /// After how many milliseconds a request is late; 0 for the default, 30 seconds.
    pub timeout_ms: u32,
}

impl Default for TagSetOptions {
    fn default() -> Self {
        Self { hw_queues: 1, tags: 64, maps: 1, timeout_ms: 0 }
    }
}

impl<T: Operations> TagSet<T> {
    /// A tag set for `nr_hw_queues` hardware queues, each with `num_tags` requests.
    ///
    /// `num_maps` says into how many kinds the queues are split: 1, unless some are for reads or polling only.
    pub fn new(nr_hw_queues: u32, num_tags: u32, num_maps: u32) -> impl PinInit<Self, error::Error> {
        let options = TagSetOptions { hw_queues: nr_hw_queues, tags: num_tags, maps: num_maps, ..Default::default() };
        Self::with_data(options, ())
    }
}

impl<T: Driver> TagSet<T> {
    /// A tag set for disks that belong to no device.
    ///
    /// Beyond mainline.
    pub fn with_data(options: TagSetOptions, data: T::TagSetData) -> impl PinInit<Self, error::Error> {
        const { assert!(!T::DMA, "a driver that does DMA needs a device: use `for_device`") };
        Self::init(None, options, data)
    }

    /// A tag set for the disks of a device, which are made by
    /// [`build_bound`](super::gen_disk::GenDiskBuilder::build_bound).
    ///
    /// Beyond mainline.
    pub fn for_device<'a>(
        dev: &'a Device<Bound>,
        options: TagSetOptions,
        data: T::TagSetData,
    ) -> impl PinInit<Self, error::Error> + use<'a, T> {
        Self::init(Some(dev.into()), options, data)
    }

    fn init(
        dev: Option<ARef<Device>>,
        options: TagSetOptions,
        data: T::TagSetData,
    ) -> impl PinInit<Self, error::Error> {
        try_pin_init!(TagSet {
            // Before the requests are made, which look for it.
            dev,
            inner <- Opaque::try_ffi_init(move |slot: *mut bindings::blk_mq_tag_set| {
                let data = ScopeGuard::new_with_data(data.into_foreign(), |data: *mut c_void| {
                    // SAFETY: The pointer comes from `into_foreign`, and whoever borrowed it is gone.
                    drop(unsafe { T::TagSetData::from_foreign(data) });
                });
                // Merging has to be asked for up to v6.13; since then it is the rule.
                #[cfg(kmod_has = "const:BLK_MQ_F_SHOULD_MERGE")]
                let flags = bindings::BLK_MQ_F_SHOULD_MERGE;
                #[cfg(not(kmod_has = "const:BLK_MQ_F_SHOULD_MERGE"))]
                let flags = 0;
                let tag_set = bindings::blk_mq_tag_set {
                    ops: OperationsVTable::<T>::build(),
                    nr_hw_queues: options.hw_queues,
                    timeout: crate::time::msecs_to_jiffies(options.timeout_ms) as c_uint,
                    numa_node: bindings::NUMA_NO_NODE,
                    queue_depth: options.tags,
                    cmd_size: size_of::<Pdu<T>>() as u32,
                    flags,
                    nr_maps: options.maps,
                    driver_data: *data,
                    ..pin_init::zeroed()
                };

                // SAFETY: `slot` is valid for writes.
                unsafe { slot.write(tag_set) };

                // SAFETY: `slot` is filled in as the block layer wants it, and pinned until `blk_mq_free_tag_set`.
                to_result(unsafe { bindings::blk_mq_alloc_tag_set(slot) })?;
                data.dismiss();
                Ok::<(), Error>(())
            }),
            _p: PhantomData,
        })
    }

    /// What the disks share.
    ///
    /// Beyond mainline.
    pub fn data(&self) -> super::driver::Borrowed<'_, T::TagSetData> {
        // SAFETY: By the type invariant.
        unsafe { T::TagSetData::borrow((*self.raw_tag_set()).driver_data) }
    }

    /// Lets no request come to the driver any more, of all disks that there are now, and waits for
    /// [`queue_rq`](Driver::queue_rq) to return; those that are under way go on.
    ///
    /// Beyond mainline.
    pub fn quiesce(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::blk_mq_quiesce_all(self.raw_tag_set()) };
    }

    /// Ends what [`quiesce`](Self::quiesce) began.
    ///
    /// Beyond mainline.
    pub fn unquiesce(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::blk_mq_unquiesce_all(self.raw_tag_set()) };
    }

    /// The device that the disks belong to, if they do.
    pub(super) fn device(&self) -> Option<&Device> {
        self.dev.as_deref()
    }

    /// The C side of the device that the disks belong to, or null.
    ///
    /// # Safety
    ///
    /// `set` is the C side of a `TagSet<T>`, whose field `dev` is initialised.
    pub(super) unsafe fn device_of(set: *mut bindings::blk_mq_tag_set) -> *mut bindings::device {
        let this = set.cast::<Self>();
        // SAFETY: By the requirements of this function; `inner` is the first field.
        let dev = unsafe { &*ptr::addr_of!((*this).dev) };
        dev.as_ref().map_or(ptr::null_mut(), |dev| dev.as_raw())
    }

    pub(crate) fn raw_tag_set(&self) -> *mut bindings::blk_mq_tag_set {
        self.inner.get()
    }
}

#[pinned_drop]
impl<T: Driver> PinnedDrop for TagSet<T> {
    fn drop(self: Pin<&mut Self>) {
        let set = self.inner.get();
        // SAFETY: The tag set is initialised by the type invariant. A disk that uses it has a count on it.
        unsafe { bindings::blk_mq_free_tag_set(set) };
        // SAFETY: The pointer comes from `into_foreign`, and the requests, which alone borrowed it, are gone.
        drop(unsafe { T::TagSetData::from_foreign((*set).driver_data) });
    }
}
