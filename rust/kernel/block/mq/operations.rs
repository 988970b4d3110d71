// SPDX-License-Identifier: GPL-2.0

//! What a blk-mq driver implements: `struct blk_mq_ops`.

use super::request::{Request, RequestDataWrapper};
use crate::{
    bindings,
    error::Result,
    ffi::{c_int, c_uint},
    macros,
    sync::aref::ARef,
    types::ForeignOwnable,
};
use core::marker::PhantomData;

type ForeignBorrowed<'a, T> = <T as ForeignOwnable>::Borrowed<'a>;

/// The operations of a block device.
#[macros::vtable]
pub trait Operations: Sized {
    /// The private data of the queue, which every operation gets.
    type QueueData: ForeignOwnable + Sync;

    /// A request has come. It is started already.
    ///
    /// With `is_last` unset more requests follow at once, or [`commit_rqs`](Self::commit_rqs). On an error, no reference
    /// to the request may be kept.
    fn queue_rq(queue_data: ForeignBorrowed<'_, Self::QueueData>, rq: ARef<Request<Self>>, is_last: bool) -> Result;

    /// The requests that came are all, though the last did not say so.
    fn commit_rqs(queue_data: ForeignBorrowed<'_, Self::QueueData>);

    /// [`Request::complete`] was called for a request.
    fn complete(rq: ARef<Request<Self>>);

    /// Looks for requests that are done, without an interrupt. Tells whether there were any.
    fn poll() -> bool {
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

/// The C callbacks of `T`.
///
/// They may only be used for queues on a [`TagSet<T>`](super::TagSet), whose private data came from
/// `T::QueueData::into_foreign` and may be borrowed while the queue is alive.
pub(crate) struct OperationsVTable<T: Operations>(PhantomData<T>);

impl<T: Operations> OperationsVTable<T> {
    /// # Safety
    ///
    /// See [`OperationsVTable`]; `bd` must hold a request that comes to the driver, and is initialised.
    unsafe extern "C" fn queue_rq_callback(
        hctx: *mut bindings::blk_mq_hw_ctx,
        bd: *const bindings::blk_mq_queue_data,
    ) -> bindings::blk_status_t {
        // SAFETY: `bd` is valid for this call.
        let (request, is_last) = unsafe { ((*bd).rq, (*bd).last) };

        // One for the driver, until the request ends, and one for the reference below.
        // SAFETY: `init_request_callback` initialised the private data.
        unsafe { Request::<T>::wrapper_ptr(request).as_ref() }.refcount().set(2);

        // SAFETY: the request is the driver's now, and the reference counted.
        let rq = unsafe { Request::<T>::aref_from_raw(request) };

        // SAFETY: the queue is alive, as it calls us.
        let queue_data = unsafe { T::QueueData::borrow((*(*hctx).queue).queuedata) };

        // SAFETY: the request has just come.
        unsafe { Request::start_unchecked(&rq) };

        match T::queue_rq(queue_data, rq, is_last) {
            Ok(()) => bindings::BLK_STS_OK as bindings::blk_status_t,
            // SAFETY: `errno_to_blk_status` takes any number.
            Err(err) => unsafe { bindings::errno_to_blk_status(err.to_errno()) },
        }
    }

    /// # Safety
    ///
    /// See [`OperationsVTable`].
    unsafe extern "C" fn commit_rqs_callback(hctx: *mut bindings::blk_mq_hw_ctx) {
        // SAFETY: the queue is alive, as it calls us.
        T::commit_rqs(unsafe { T::QueueData::borrow((*(*hctx).queue).queuedata) });
    }

    /// # Safety
    ///
    /// `rq` must have been given to the block layer by [`Request::complete`].
    unsafe extern "C" fn complete_callback(rq: *mut bindings::request) {
        // SAFETY: `Request::complete` gave up its reference for this one.
        T::complete(unsafe { Request::aref_from_raw(rq) });
    }

    /// # Safety
    ///
    /// See [`OperationsVTable`].
    unsafe extern "C" fn poll_callback(
        _hctx: *mut bindings::blk_mq_hw_ctx,
        // Requests could be collected here since v5.16.
        #[cfg(kmod_has = "field:blk_mq_ops.poll/2")] _iob: *mut bindings::io_comp_batch,
    ) -> c_int {
        T::poll().into()
    }

    /// # Safety
    ///
    /// `rq` must be a request of a [`TagSet`](super::TagSet) that was just allocated.
    unsafe extern "C" fn init_request_callback(
        _set: *mut bindings::blk_mq_tag_set,
        rq: *mut bindings::request,
        _hctx_idx: c_uint,
        _numa_node: Node,
    ) -> c_int {
        // SAFETY: the private data has the size that the tag set asked for, and is ours to initialise.
        unsafe { Request::<T>::wrapper_ptr(rq).write(RequestDataWrapper::new()) };
        0
    }

    /// # Safety
    ///
    /// `rq` must be one that [`init_request_callback`](Self::init_request_callback) initialised, and be freed after this.
    unsafe extern "C" fn exit_request_callback(
        _set: *mut bindings::blk_mq_tag_set,
        rq: *mut bindings::request,
        _hctx_idx: c_uint,
    ) {
        // SAFETY: the private data is initialised, and not used any more.
        unsafe { Request::<T>::wrapper_ptr(rq).drop_in_place() };
    }

    const VTABLE: bindings::blk_mq_ops = bindings::blk_mq_ops {
        queue_rq: Some(Self::queue_rq_callback),
        commit_rqs: Some(Self::commit_rqs_callback),
        complete: Some(Self::complete_callback),
        poll: if T::HAS_POLL { Some(Self::poll_callback) } else { None },
        init_request: Some(Self::init_request_callback),
        exit_request: Some(Self::exit_request_callback),
        ..pin_init::zeroed()
    };

    pub(crate) const fn build() -> &'static bindings::blk_mq_ops {
        &Self::VTABLE
    }
}
