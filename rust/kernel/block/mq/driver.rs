// SPDX-License-Identifier: GPL-2.0

//! The whole of `struct blk_mq_ops`, for drivers that own their requests.

#[cfg(kmod_has = "field:blk_mq_ops.queue_rqs")]
use super::request_list::{RawList, RequestList};
use super::{
    hw_queue::{HwQueue, QueueMaps},
    owned::{OwnedRequest, Refused, TimedOut, TimeoutAction},
    pdu::Pdu,
    TagSet,
};
use crate::{
    bindings,
    error::{from_result, Result},
    ffi::{c_int, c_uint, c_void},
    macros,
    sysfs::Groups,
    types::ForeignOwnable,
};
use core::{marker::PhantomData, sync::atomic::Ordering};

pub(super) type Borrowed<'a, T> = <T as ForeignOwnable>::Borrowed<'a>;

/// A driver's disks, as [owners](crate::sysfs::Owner) of attributes.
///
/// Beyond mainline.
pub struct Disks<T>(PhantomData<fn(T)>);

/// A block driver that owns its requests: each comes as an [`OwnedRequest`], of which there is one, and ends where that is
/// consumed.
///
/// Beyond mainline, whose [`Operations`](super::Operations) are the same with counted requests: each type that
/// implements those is a `Driver` too.
#[macros::vtable]
pub trait Driver: Sized {
    /// What the device's queues share: the private data of its [`TagSet`].
    type TagSetData: ForeignOwnable + Send + Sync;

    /// The private data of a disk's queue.
    type QueueData: ForeignOwnable + Sync;

    /// The private data of a hardware queue.
    type HwData: ForeignOwnable + Sync;

    /// The private data of a request, which stays when the request ends, for the next one with the same tag.
    type RequestData: Send + Sync;

    /// Whether requests are mapped for DMA, with [`OwnedRequest::map_dma`]. Then disks are made by
    /// [`build_bound`](super::gen_disk::GenDiskBuilder::build_bound) only.
    const DMA: bool = false;

    /// The files that a disk has in sysfs, made by [`attribute_groups!`](crate::attribute_groups).
    const DISK_GROUPS: Groups<Disks<Self>> = Groups::NONE;

    /// Makes the data of a request, when the tag set is allocated.
    fn new_request(data: Borrowed<'_, Self::TagSetData>, hw_queue: u32) -> Result<Self::RequestData>;

    /// Makes the data of a hardware queue, when a disk is allocated: each disk has its own.
    fn init_hctx(data: Borrowed<'_, Self::TagSetData>, hw_queue: u32) -> Result<Self::HwData>;

    /// A request has come. It is started already: from now on it may time out.
    ///
    /// With `is_last` unset more requests follow at once, or [`commit_rqs`](Self::commit_rqs). A request that cannot be
    /// taken is given back with [`OwnedRequest::refuse`].
    ///
    /// Requests that were asked for together come one after the other from a loop of this crate, since v5.16: the C
    /// callback `queue_rqs`.
    fn queue_rq(
        hw_queue: HwQueue<'_, Self>,
        rq: OwnedRequest<Self>,
        is_last: bool,
    ) -> core::result::Result<(), Refused<Self>>;

    /// The requests that came are all, though the last did not say so.
    fn commit_rqs(hw_queue: HwQueue<'_, Self>) {
        let _ = hw_queue;
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// [`OwnedRequest::complete`] was called for a request.
    fn complete(rq: OwnedRequest<Self>);

    /// A request is late. It may be ended meanwhile by somebody else.
    fn timeout(rq: TimedOut<'_, Self>) -> TimeoutAction {
        let _ = rq;
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// Looks for requests that are done, without an interrupt. Tells whether there were any.
    fn poll(hw_queue: HwQueue<'_, Self>) -> bool {
        let _ = hw_queue;
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// Says which processors use which hardware queue. Left out, they are spread evenly.
    fn map_queues(data: Borrowed<'_, Self::TagSetData>, maps: &mut QueueMaps<'_>) {
        let _ = (data, maps);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }
}

// The last parameter of `init_request`, the NUMA node, is signed since v7.0.
#[cfg(kmod_has = "sig:blk_mq_ops.init_request=int (*)(struct blk_mq_tag_set *, struct request *, unsigned int, int)")]
type Node = c_int;
#[cfg(not(
    kmod_has = "sig:blk_mq_ops.init_request=int (*)(struct blk_mq_tag_set *, struct request *, unsigned int, int)"
))]
type Node = c_uint;

// `map_queues` returned an error up to v5.19.
#[cfg(kmod_has = "sig:blk_mq_ops.map_queues=void (*)(struct blk_mq_tag_set *)")]
type Mapped = ();
#[cfg(not(kmod_has = "sig:blk_mq_ops.map_queues=void (*)(struct blk_mq_tag_set *)"))]
type Mapped = c_int;

/// The C callbacks of `T`.
///
/// They may only be used for queues on a [`TagSet<T>`](TagSet), whose private data came from
/// `T::QueueData::into_foreign` and may be borrowed while the queue is alive.
pub(super) struct OperationsVTable<T: Driver>(PhantomData<T>);

impl<T: Driver> OperationsVTable<T> {
    /// Gives a request to the driver.
    ///
    /// # Safety
    ///
    /// See [`OperationsVTable`]; `hctx` must be alive, and `request` one of its that comes to the driver, and is initialised.
    #[inline(always)]
    unsafe fn queue(
        hctx: *mut bindings::blk_mq_hw_ctx,
        request: *mut bindings::request,
        is_last: bool,
    ) -> core::result::Result<(), Refused<T>> {
        // SAFETY: The request has just come, hence was not started.
        unsafe { bindings::blk_mq_start_request(request) };

        // SAFETY: The request is started and the driver's now, and this is the one owner.
        let rq = unsafe { OwnedRequest::from_raw(request) };
        // SAFETY: By the requirements of this function.
        let hw_queue = unsafe { HwQueue::from_raw(hctx) };
        if T::HAS_TIMEOUT {
            rq.pdu().late.store(0, Ordering::Relaxed);
        }
        T::queue_rq(hw_queue, rq, is_last)
    }

    /// # Safety
    ///
    /// See [`OperationsVTable`]; `bd` must hold a request that comes to the driver, and is initialised.
    unsafe extern "C" fn queue_rq_callback(
        hctx: *mut bindings::blk_mq_hw_ctx,
        bd: *const bindings::blk_mq_queue_data,
    ) -> bindings::blk_status_t {
        // SAFETY: `bd` is valid for this call.
        let (request, is_last) = unsafe { ((*bd).rq, (*bd).last) };
        // SAFETY: By the requirements of this function; the hardware queue is alive, as it calls us.
        match unsafe { Self::queue(hctx, request, is_last) } {
            Ok(()) => bindings::BLK_STS_OK as bindings::blk_status_t,
            Err(refused) => refused.give_back(),
        }
    }

    /// Since v5.16. It saves the block layer a call for each request.
    ///
    /// # Safety
    ///
    /// See [`OperationsVTable`]; `list` must hold requests of one disk that come to the driver, and are initialised.
    #[cfg(kmod_has = "field:blk_mq_ops.queue_rqs")]
    unsafe extern "C" fn queue_rqs_callback(list: *mut RawList) {
        // SAFETY: By the requirements of this function; the list is ours for this call.
        let mut list = unsafe { RequestList::from_raw(&mut *list) };
        while let Some(request) = list.pop() {
            // SAFETY: By the requirements of this function.
            let hctx = unsafe { (*request).mq_hctx };
            let is_last = list.hw_queue() != hctx;
            // SAFETY: As above; the hardware queue is alive, as a request for it has come.
            if let Err(refused) = unsafe { Self::queue(hctx, request, is_last) } {
                if T::HAS_COMMIT_RQS {
                    // SAFETY: As above: the request keeps the disk from going.
                    T::commit_rqs(unsafe { HwQueue::from_raw(hctx) });
                }
                refused.settle();
                // What is left is not likely to fare better: it comes one by one.
                return;
            }
        }
    }

    /// # Safety
    ///
    /// See [`OperationsVTable`].
    unsafe extern "C" fn commit_rqs_callback(hctx: *mut bindings::blk_mq_hw_ctx) {
        // SAFETY: The hardware queue is alive, as it calls us.
        T::commit_rqs(unsafe { HwQueue::from_raw(hctx) });
    }

    /// # Safety
    ///
    /// `rq` must have been given to the block layer by [`OwnedRequest::complete`] or
    /// [`Request::complete`](super::Request::complete).
    unsafe extern "C" fn complete_callback(rq: *mut bindings::request) {
        // SAFETY: Who completed the request has given it up.
        T::complete(unsafe { OwnedRequest::from_raw(rq) });
    }

    /// # Safety
    ///
    /// See [`OperationsVTable`]; `rq` must be a request that was started, and not be freed during the call.
    unsafe extern "C" fn timeout_callback(
        rq: *mut bindings::request,
        // Said whether the request was reserved; nobody looked at it, up to v6.0.
        #[cfg(kmod_has = "field:blk_mq_ops.timeout/2")] _reserved: bool,
    ) -> bindings::blk_eh_timer_return {
        // SAFETY: By the requirements of this function.
        T::timeout(unsafe { TimedOut::from_raw(rq) }) as bindings::blk_eh_timer_return
    }

    /// # Safety
    ///
    /// See [`OperationsVTable`].
    unsafe extern "C" fn poll_callback(
        hctx: *mut bindings::blk_mq_hw_ctx,
        // Requests could be collected here since v5.16.
        #[cfg(kmod_has = "field:blk_mq_ops.poll/2")] _iob: *mut bindings::io_comp_batch,
    ) -> c_int {
        // SAFETY: The hardware queue is alive, as it calls us.
        T::poll(unsafe { HwQueue::from_raw(hctx) }).into()
    }

    /// # Safety
    ///
    /// `set` must be a [`TagSet<T>`](TagSet)'s, and its data be set.
    unsafe extern "C" fn map_queues_callback(set: *mut bindings::blk_mq_tag_set) -> Mapped {
        // SAFETY: The data came from `into_foreign`, and is there as long as the set.
        let data = unsafe { T::TagSetData::borrow((*set).driver_data) };
        // SAFETY: The set is a `TagSet`'s, which is being made: for a device that is bound, if for one.
        let dev = unsafe { TagSet::<T>::device_of(set) };
        // SAFETY: The set is valid, and its maps are ours to fill in during this call.
        T::map_queues(data, &mut unsafe { QueueMaps::from_raw(set, dev) });
        Default::default()
    }

    /// # Safety
    ///
    /// `data` must come from `T::TagSetData::into_foreign`, and `hctx` be a hardware queue that is being made.
    unsafe extern "C" fn init_hctx_callback(
        hctx: *mut bindings::blk_mq_hw_ctx,
        data: *mut c_void,
        hctx_idx: c_uint,
    ) -> c_int {
        from_result(|| {
            // SAFETY: By the requirements of this function.
            let data = T::init_hctx(unsafe { T::TagSetData::borrow(data) }, hctx_idx)?;
            // SAFETY: Nobody else uses the hardware queue yet.
            unsafe { (*hctx).driver_data = data.into_foreign() };
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// `hctx` must be a hardware queue that [`init_hctx_callback`](Self::init_hctx_callback) has given data, and that
    /// is used no more.
    unsafe extern "C" fn exit_hctx_callback(hctx: *mut bindings::blk_mq_hw_ctx, _hctx_idx: c_uint) {
        // SAFETY: By the requirements of this function.
        drop(unsafe { T::HwData::from_foreign((*hctx).driver_data) });
    }

    /// # Safety
    ///
    /// `rq` must be a request of the [`TagSet`] `set` that was just allocated.
    unsafe extern "C" fn init_request_callback(
        set: *mut bindings::blk_mq_tag_set,
        rq: *mut bindings::request,
        hctx_idx: c_uint,
        _numa_node: Node,
    ) -> c_int {
        from_result(|| {
            // SAFETY: The data came from `into_foreign`, and is there as long as the set.
            let data = T::new_request(unsafe { T::TagSetData::borrow((*set).driver_data) }, hctx_idx)?;
            // SAFETY: The request's private data has the size that the tag set asked for, and is ours to initialise. The
            // set is a `TagSet`'s.
            unsafe { Pdu::<T>::of(rq).as_ptr().write(Pdu::new(set, data)) };
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// `rq` must be one that [`init_request_callback`](Self::init_request_callback) initialised, and be freed after this.
    unsafe extern "C" fn exit_request_callback(
        _set: *mut bindings::blk_mq_tag_set,
        rq: *mut bindings::request,
        _hctx_idx: c_uint,
    ) {
        // SAFETY: The private data is initialised, and not used any more.
        unsafe { Pdu::<T>::of(rq).as_ptr().drop_in_place() };
    }

    const VTABLE: bindings::blk_mq_ops = bindings::blk_mq_ops {
        queue_rq: Some(Self::queue_rq_callback),
        #[cfg(kmod_has = "field:blk_mq_ops.queue_rqs")]
        queue_rqs: Some(Self::queue_rqs_callback),
        commit_rqs: if T::HAS_COMMIT_RQS { Some(Self::commit_rqs_callback) } else { None },
        complete: Some(Self::complete_callback),
        timeout: if T::HAS_TIMEOUT { Some(Self::timeout_callback) } else { None },
        poll: if T::HAS_POLL { Some(Self::poll_callback) } else { None },
        map_queues: if T::HAS_MAP_QUEUES { Some(Self::map_queues_callback) } else { None },
        init_hctx: Some(Self::init_hctx_callback),
        exit_hctx: Some(Self::exit_hctx_callback),
        init_request: Some(Self::init_request_callback),
        exit_request: Some(Self::exit_request_callback),
        ..pin_init::zeroed()
    };

    pub(super) const fn build() -> &'static bindings::blk_mq_ops {
        &Self::VTABLE
    }
}
