// SPDX-License-Identifier: GPL-2.0

//! What lies behind each `struct request`.

use super::{dma::Mapping, Driver, TagSet};
use crate::bindings;
use core::{ptr::NonNull, sync::atomic::AtomicU32};

/// The private data of a request of `T`: the driver's, and what the crate needs to know.
pub(super) struct Pdu<T: Driver> {
    /// The data's mapping for DMA, if `T` does that.
    pub(super) mapping: Mapping,
    /// How often the request has been late.
    pub(super) late: AtomicU32,
    pub(super) data: T::RequestData,
}

impl<T: Driver> Pdu<T> {
    /// # Safety
    ///
    /// `set` is the C side of a [`TagSet<T>`].
    pub(super) unsafe fn new(set: *mut bindings::blk_mq_tag_set, data: T::RequestData) -> Self {
        // SAFETY: By the requirements of this function.
        Self { mapping: Mapping::new(unsafe { TagSet::<T>::device_of(set) }), late: AtomicU32::new(0), data }
    }

    /// Where the private data of a request is: just behind it.
    ///
    /// # Safety
    ///
    /// `rq` is a request of a [`TagSet<T>`](super::TagSet).
    #[inline(always)]
    pub(super) unsafe fn of(rq: *mut bindings::request) -> NonNull<Self> {
        const { assert!(align_of::<Self>() <= align_of::<bindings::request>()) };
        // SAFETY: The tag set asked for private data of our size.
        unsafe { NonNull::new_unchecked(rq.add(1).cast()) }
    }
}
