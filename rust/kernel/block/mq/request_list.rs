// SPDX-License-Identifier: GPL-2.0

//! Requests that come together: what the C callback `queue_rqs` is given.

use crate::bindings;
use core::ptr;

/// The C list: a type of its own since v6.13, and a pointer to the first request before.
#[cfg(kmod_has = "type:rq_list")]
pub(super) type RawList = bindings::rq_list;
#[cfg(not(kmod_has = "type:rq_list"))]
pub(super) type RawList = *mut bindings::request;

/// Requests of one disk, in the order in which they are to be done.
///
/// What is left of them when the callback returns, the block layer brings one by one.
///
/// # Invariants
///
/// The list is ours; its requests come to the driver, and were not started.
pub(super) struct RequestList<'a>(&'a mut RawList);

impl<'a> RequestList<'a> {
    /// # Safety
    ///
    /// The type's invariants hold for `list`.
    #[inline(always)]
    pub(super) unsafe fn from_raw(list: &'a mut RawList) -> Self {
        // INVARIANT: By the requirements of this function.
        Self(list)
    }

    #[inline(always)]
    fn first(&self) -> *mut bindings::request {
        #[cfg(kmod_has = "type:rq_list")]
        return self.0.head;
        #[cfg(not(kmod_has = "type:rq_list"))]
        return *self.0;
    }

    /// The hardware queue that the first request is for, or null.
    #[inline(always)]
    pub(super) fn hw_queue(&self) -> *mut bindings::blk_mq_hw_ctx {
        // SAFETY: By the type's invariant it is null or a request, whose hardware queue does not change.
        unsafe { self.first().as_ref() }.map_or(ptr::null_mut(), |rq| rq.mq_hctx)
    }

    /// Takes the first request.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<*mut bindings::request> {
        let first = self.first();
        // SAFETY: By the type's invariant it is null or a request, which nobody else has.
        let link = unsafe { &mut first.as_mut()?.__bindgen_anon_1 };
        // SAFETY: Of a request in such a list, this is the field that is set.
        let next = unsafe { link.rq_next };
        link.rq_next = ptr::null_mut();
        #[cfg(kmod_has = "type:rq_list")]
        {
            self.0.head = next;
            if next.is_null() {
                self.0.tail = next;
            }
        }
        #[cfg(not(kmod_has = "type:rq_list"))]
        {
            *self.0 = next;
        }
        Some(first)
    }
}
