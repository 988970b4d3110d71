// SPDX-License-Identifier: GPL-2.0

//! One read, write or other operation under way: `struct request`.

use super::{driver::Driver, pdu::Pdu, Operations};
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
/// * The C object is valid, was started and has not ended, and its private data is initialised.
/// * A driver of [`Operations`] has a [`RequestDataWrapper`] there, which holds 0 while only the block layer knows the
///   request. It holds 1 while the driver has the request without a reference to it: handed to [`Request::complete`],
///   say, or between `queue_rq` and its end. Each [`ARef`] adds 1.
/// * The block layer has a count on its own as long as the number is not 0.
#[repr(transparent)]
pub struct Request<T>(Opaque<bindings::request>, PhantomData<T>);

/// What a request is to do.
///
/// Beyond mainline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Read from the device.
    Read,
    /// Write to the device.
    Write,
    /// Have the device keep for good what it was given.
    Flush,
    /// Forget what is there: see [`Request::ranges`].
    Discard,
    /// Write zeros.
    WriteZeroes,
    /// Anything else, which a driver that did not ask for it does not get.
    Other(u8),
}

// `enum req_op` was `enum req_opf` up to v5.19.
#[cfg(kmod_has = "type:req_op")]
mod raw {
    use crate::bindings;
    pub(super) const READ: u32 = bindings::req_op_REQ_OP_READ as u32;
    pub(super) const WRITE: u32 = bindings::req_op_REQ_OP_WRITE as u32;
    pub(super) const FLUSH: u32 = bindings::req_op_REQ_OP_FLUSH as u32;
    pub(super) const DISCARD: u32 = bindings::req_op_REQ_OP_DISCARD as u32;
    pub(super) const WRITE_ZEROES: u32 = bindings::req_op_REQ_OP_WRITE_ZEROES as u32;
}
#[cfg(not(kmod_has = "type:req_op"))]
mod raw {
    use crate::bindings;
    pub(super) const READ: u32 = bindings::req_opf_REQ_OP_READ as u32;
    pub(super) const WRITE: u32 = bindings::req_opf_REQ_OP_WRITE as u32;
    pub(super) const FLUSH: u32 = bindings::req_opf_REQ_OP_FLUSH as u32;
    pub(super) const DISCARD: u32 = bindings::req_opf_REQ_OP_DISCARD as u32;
    pub(super) const WRITE_ZEROES: u32 = bindings::req_opf_REQ_OP_WRITE_ZEROES as u32;
}

/// What a request says about how it is done.
///
/// Beyond mainline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFlags(u32);

impl RequestFlags {
    /// Whether a write must be kept for good when it ends.
    #[inline(always)]
    pub fn fua(self) -> bool {
        self.0 & bindings::REQ_FUA as u32 != 0
    }

    /// Whether the device must first keep for good what it was given: only for drivers with a write cache that the block
    /// layer does not manage.
    #[inline(always)]
    pub fn preflush(self) -> bool {
        self.0 & bindings::REQ_PREFLUSH as u32 != 0
    }

    /// Whether somebody is waiting for a request.
    #[inline(always)]
    pub fn sync(self) -> bool {
        self.0 & bindings::REQ_SYNC as u32 != 0
    }

    /// Whether a read was not asked for, but may soon be.
    #[inline(always)]
    pub fn readahead(self) -> bool {
        self.0 & bindings::REQ_RAHEAD as u32 != 0
    }

    /// Whether a request to write zeros must not give the space back.
    #[inline(always)]
    pub fn no_unmap(self) -> bool {
        self.0 & bindings::REQ_NOUNMAP as u32 != 0
    }

    /// Whether it should fail rather than be tried again.
    #[inline(always)]
    pub fn fail_fast(self) -> bool {
        let any = bindings::REQ_FAILFAST_DEV | bindings::REQ_FAILFAST_TRANSPORT | bindings::REQ_FAILFAST_DRIVER;
        self.0 & any as u32 != 0
    }
}

/// Beyond mainline.
impl<T: Driver> Request<T> {
    #[inline(always)]
    pub(super) fn as_raw(&self) -> *mut bindings::request {
        self.0.get()
    }

    #[inline(always)]
    fn cmd_flags(&self) -> u32 {
        // SAFETY: The request is valid; this does not change while the driver has it.
        unsafe { (*self.as_raw()).cmd_flags }
    }

    /// What is to be done.
    #[inline(always)]
    pub fn op(&self) -> Op {
        match self.cmd_flags() & bindings::REQ_OP_MASK as u32 {
            raw::READ => Op::Read,
            raw::WRITE => Op::Write,
            raw::FLUSH => Op::Flush,
            raw::DISCARD => Op::Discard,
            raw::WRITE_ZEROES => Op::WriteZeroes,
            other => Op::Other(other as u8),
        }
    }

    /// How it is to be done.
    #[inline(always)]
    pub fn flags(&self) -> RequestFlags {
        RequestFlags(self.cmd_flags())
    }

    /// The first sector, of 512 bytes, that the request is about.
    #[inline(always)]
    pub fn sector(&self) -> u64 {
        // SAFETY: The request is valid; this does not change while the driver has it.
        unsafe { (*self.as_raw()).__sector }
    }

    /// How many bytes the request is about.
    #[inline(always)]
    pub fn bytes(&self) -> u32 {
        // SAFETY: The request is valid; this does not change while the driver has it.
        unsafe { (*self.as_raw()).__data_len }
    }

    /// The number that no other request of the hardware queue has at the time: below the tag set's number of tags.
    #[inline(always)]
    pub fn tag(&self) -> u32 {
        // SAFETY: The request is valid; this does not change while the driver has it.
        unsafe { (*self.as_raw()).tag as u32 }
    }
}

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
            <T as Operations>::complete(unsafe { Self::aref_from_raw(request) });
        }
    }

    fn wrapper_ref(&self) -> &RequestDataWrapper {
        // SAFETY: by the type invariants, the request has initialised private data.
        unsafe { &Pdu::<T>::of(self.0.get()).as_ref().data }
    }
}

/// The private data of a request.
pub struct RequestDataWrapper {
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
        let refcount = unsafe { obj.as_ref() }.wrapper_ref().refcount();

        // The driver's own count is given up by `end_ok` only, so this is never the last. A driver that drops a request
        // without ending it leaves it to the time-out.
        refcount.as_atomic().fetch_sub(1, Release);
    }
}
