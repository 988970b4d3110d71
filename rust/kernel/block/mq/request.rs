// SPDX-License-Identifier: GPL-2.0

//! One read, write or other operation under way: `struct request`.

use super::Operations;
use crate::{
    bindings,
    sync::{
        aref::{ARef, AlwaysRefCounted},
        atomic::{Full, Release},
        Refcount,
    },
    types::Opaque,
};
use core::{marker::PhantomData, ptr::NonNull};

/// A request of the block layer, while the driver has it.
///
/// # Invariants
///
/// * The C object is valid, and its private data an initialised [`RequestDataWrapper`].
/// * That holds 0 while only the block layer knows the request. It holds 1 while the driver has the request without a
///   reference to it: handed to [`Request::complete`], say, or between `queue_rq` and its end. Each [`ARef`] adds 1.
/// * The block layer has a count on its own as long as the number is not 0.
#[repr(transparent)]
pub struct Request<T>(Opaque<bindings::request>, PhantomData<T>);

impl<T: Operations> Request<T> {
    /// Takes over a reference that was given up as a pointer.
    ///
    /// # Safety
    ///
    /// * `ptr` must point to a request of a queue with `T`, which the driver has.
    /// * The caller gives up one of the references that are counted.
    pub(crate) unsafe fn aref_from_raw(ptr: *mut bindings::request) -> ARef<Self> {
        // SAFETY: the type is transparent over `request`, and the caller's pointer valid, hence not null.
        unsafe { ARef::from_raw(NonNull::new_unchecked(ptr.cast())) }
    }

    /// Tells the block layer that work on the request begins: from now on it may time out.
    ///
    /// # Safety
    ///
    /// The request must not have been started since it came to the driver.
    pub(crate) unsafe fn start_unchecked(this: &ARef<Self>) {
        // SAFETY: the request is valid, and not started by the caller's promise.
        unsafe { bindings::blk_mq_start_request(this.0.get()) };
    }

    /// Takes the request away from Rust, if `this` is the only reference.
    fn try_set_end(this: ARef<Self>) -> Result<*mut bindings::request, ARef<Self>> {
        // From the driver's own count and ours to the block layer's state. Full ordering: what other references did
        // comes before the end of the request.
        let refcount = this.wrapper_ref().refcount().as_atomic();
        match refcount.cmpxchg(2, 0, Full) {
            Ok(_) => Ok(ARef::into_raw(this).cast().as_ptr()),
            Err(_) => Err(this),
        }
    }

    /// Ends the request with success.
    ///
    /// Gives `this` back if there are more references to the request.
    pub fn end_ok(this: ARef<Self>) -> Result<(), ARef<Self>> {
        let request = Self::try_set_end(this)?;

        // SAFETY: the request was started when it came, nobody in Rust refers to it any more, and its end is told once,
        // as the count went to 0 only here.
        unsafe { bindings::blk_mq_end_request(request, bindings::BLK_STS_OK as bindings::blk_status_t) };

        Ok(())
    }

    /// Asks for [`Operations::complete`] to be called with the request, on the processor that it came from.
    pub fn complete(this: ARef<Self>) {
        let request: *mut bindings::request = ARef::into_raw(this).cast().as_ptr();

        // SAFETY: the request is valid: we have a reference, as a pointer.
        if !unsafe { bindings::blk_mq_complete_request_remote(request) } {
            // This is the right processor already.
            // SAFETY: the block layer did not take the pointer; the reference comes from above.
            T::complete(unsafe { Self::aref_from_raw(request) });
        }
    }

    /// The private data of a request.
    ///
    /// # Safety
    ///
    /// `this` must point to a request that was allocated for a tag set of [`TagSet`](super::TagSet).
    pub(crate) unsafe fn wrapper_ptr(this: *mut bindings::request) -> NonNull<RequestDataWrapper> {
        // SAFETY: the request has private data behind it, by the caller's promise.
        unsafe { NonNull::new_unchecked(bindings::blk_mq_rq_to_pdu(this).cast()) }
    }

    fn wrapper_ref(&self) -> &RequestDataWrapper {
        // SAFETY: by the type invariants, the request has initialised private data.
        unsafe { Self::wrapper_ptr(self.0.get()).as_ref() }
    }
}

/// The private data of a request.
pub(crate) struct RequestDataWrapper {
    /// See the invariants of [`Request`].
    refcount: Refcount,
}

impl RequestDataWrapper {
    /// The state in which only the block layer knows the request.
    pub(crate) fn new() -> Self {
        Self { refcount: Refcount::new(0) }
    }

    pub(crate) fn refcount(&self) -> &Refcount {
        &self.refcount
    }
}

// SAFETY: a request may be ended on another thread than the one it came on, and is not bound to a processor.
unsafe impl<T: Operations> Send for Request<T> {}

// SAFETY: `&self` gives access to the count only, which is atomic.
unsafe impl<T: Operations> Sync for Request<T> {}

// SAFETY: as long as the count is not 0, the block layer's own count is not given up, by the invariants of `Request`.
unsafe impl<T: Operations> AlwaysRefCounted for Request<T> {
    fn inc_ref(&self) {
        self.wrapper_ref().refcount().inc();
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller has a reference, so the request is valid.
        let refcount = unsafe { Self::wrapper_ptr(obj.as_ptr().cast()).as_ref() }.refcount();

        // The driver's own count is given up by `end_ok` only, so this is never the last. A driver that drops a request
        // without ending it leaves it to the time-out.
        refcount.as_atomic().fetch_sub(1, Release);
    }
}
