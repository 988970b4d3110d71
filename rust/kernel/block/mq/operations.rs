// SPDX-License-Identifier: GPL-2.0

//! What a blk-mq driver implements, in mainline's form.

use super::{
    driver::Driver,
    hw_queue::HwQueue,
    owned::{OwnedRequest, Refused},
    request::{Request, RequestDataWrapper},
    Status,
};
use crate::{error::Result, macros, sync::aref::ARef, types::ForeignOwnable};

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

/// Counted requests, on top of owned ones.
impl<T: Operations> Driver for T {
    type TagSetData = ();
    type QueueData = <T as Operations>::QueueData;
    type HwData = ();
    type RequestData = RequestDataWrapper;

    const USE_VTABLE_ATTR: () = ();
    const HAS_COMMIT_RQS: bool = true;
    const HAS_POLL: bool = <T as Operations>::HAS_POLL;

    fn new_request(_data: (), _hw_queue: u32) -> Result<RequestDataWrapper> {
        Ok(RequestDataWrapper::new())
    }

    fn init_hctx(_data: (), _hw_queue: u32) -> Result {
        Ok(())
    }

    #[inline]
    fn queue_rq(hw_queue: HwQueue<'_, T>, rq: OwnedRequest<T>, is_last: bool) -> core::result::Result<(), Refused<T>> {
        // One for the driver, until the request ends, and one for the reference below.
        rq.data().refcount().set(2);
        let request = rq.into_raw();
        // SAFETY: The reference is counted.
        let rq = unsafe { Request::aref_from_raw(request) };

        <T as Operations>::queue_rq(hw_queue.queue_data(), rq, is_last).map_err(|err| {
            // SAFETY: The driver kept no reference, by the contract of the operation, nor ended the request.
            unsafe { OwnedRequest::from_raw(request) }.refuse(Status::from(err))
        })
    }

    #[inline]
    fn commit_rqs(hw_queue: HwQueue<'_, T>) {
        <T as Operations>::commit_rqs(hw_queue.queue_data());
    }

    #[inline]
    fn complete(rq: OwnedRequest<T>) {
        // SAFETY: `Request::complete` gave up its reference for this one.
        <T as Operations>::complete(unsafe { Request::aref_from_raw(rq.into_raw()) });
    }

    #[inline]
    fn poll(_hw_queue: HwQueue<'_, T>) -> bool {
        <T as Operations>::poll()
    }
}
