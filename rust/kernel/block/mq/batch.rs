// SPDX-License-Identifier: GPL-2.0

//! Requests that end together: `struct io_comp_batch`.

use super::{Driver, OwnedRequest, Status};
use crate::bindings;

/// Requests that are done, and end together when this is dropped, which costs less than one by one.
///
/// Up to v5.15 they end at once.
///
/// Beyond mainline.
///
/// # Invariants
///
/// The list is of requests that were given up, each as an [`OwnedRequest`], and have not ended.
#[derive(Default)]
pub struct CompletionBatch {
    #[cfg(kmod_has = "fn:blk_mq_add_to_batch")]
    batch: bindings::io_comp_batch,
}

impl CompletionBatch {
    /// Without requests.
    #[inline(always)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a request to be ended, if it is one that can end so; it is not mapped any more.
    #[inline(always)]
    fn add(&mut self, rq: *mut bindings::request) -> bool {
        #[cfg(kmod_has = "fn:blk_mq_add_to_batch")]
        // SAFETY: The request is valid and has not ended; both are ours.
        return unsafe { bindings::blk_mq_batch_success(rq, &mut self.batch) };
        #[cfg(not(kmod_has = "fn:blk_mq_add_to_batch"))]
        {
            let _ = rq;
            false
        }
    }
}

impl Drop for CompletionBatch {
    #[inline(always)]
    fn drop(&mut self) {
        #[cfg(kmod_has = "fn:blk_mq_add_to_batch")]
        if self.batch.complete.is_some() {
            // SAFETY: By the type's invariant; it is set with the first request.
            unsafe { bindings::blk_mq_end_request_batch(&mut self.batch) };
        }
    }
}

impl<T: Driver> OwnedRequest<T> {
    /// Ends the request with success: with those of `batch`, or by [`Driver::complete`] on the processor that it came from
    /// if that is another one.
    ///
    /// Beyond mainline.
    #[inline(always)]
    pub fn complete_in(self, batch: &mut CompletionBatch) {
        let rq = self.into_raw();
        // SAFETY: The request was started, and has not ended; this was its only owner.
        if unsafe { bindings::blk_mq_complete_request_remote(rq) } {
            return;
        }
        // SAFETY: The block layer did not take the request.
        let mut rq = unsafe { Self::from_raw(rq) };
        rq.unmap_dma();
        let raw = rq.into_raw();
        if !batch.add(raw) {
            // SAFETY: The batch did not take the request.
            unsafe { Self::from_raw(raw) }.end(Status::OK);
        }
    }
}
