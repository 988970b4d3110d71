// SPDX-License-Identifier: GPL-2.0

//! Requests with one owner.

use super::{dma::Mapping, hw_queue::HwQueue, pdu::Pdu, Driver, Request, Status};
use crate::{alloc::Flags, bindings, prelude::*};
use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref,
    ptr::{self, NonNull},
    sync::atomic::{AtomicPtr, AtomicU32, Ordering},
};

/// A request that the driver has, and nobody else.
///
/// It ends when it is given to [`end`](Self::end), or with [`Status::IOERR`] when it is dropped. Its mapping for DMA, if
/// there is one, ends first.
///
/// Beyond mainline.
///
/// # Invariants
///
/// The C object is a request of a [`TagSet<T>`](super::TagSet) with an initialised [`Pdu`], which was started and has not
/// ended, and of which there is no other owner.
pub struct OwnedRequest<T: Driver>(NonNull<bindings::request>, PhantomData<T>);

// SAFETY: A request may be ended on another thread than the one it came on; its data is `Send`.
unsafe impl<T: Driver> Send for OwnedRequest<T> {}

// SAFETY: `&OwnedRequest` gives access to what does not change while the driver has the request, and to its data, which
// is `Sync`.
unsafe impl<T: Driver> Sync for OwnedRequest<T> {}

impl<T: Driver> OwnedRequest<T> {
    /// # Safety
    ///
    /// The type's invariants hold for `rq`, and the caller gives up the request.
    #[inline(always)]
    pub(super) unsafe fn from_raw(rq: *mut bindings::request) -> Self {
        // INVARIANT: By the requirements of this function. SAFETY: A valid pointer is not null.
        Self(unsafe { NonNull::new_unchecked(rq) }, PhantomData)
    }

    /// Gives up the request, without ending it.
    #[inline(always)]
    pub(super) fn into_raw(self) -> *mut bindings::request {
        ManuallyDrop::new(self).0.as_ptr()
    }

    #[inline(always)]
    pub(super) fn pdu(&self) -> &Pdu<T> {
        // SAFETY: By the type's invariants it is initialised.
        unsafe { Pdu::of(self.0.as_ptr()).as_ref() }
    }

    /// The part of the private data that is the owner's alone.
    #[inline(always)]
    pub(super) fn mapping_mut(&mut self) -> &mut Mapping {
        // SAFETY: By the type's invariants it is initialised, and nobody else has the request.
        unsafe { &mut *ptr::addr_of_mut!((*Pdu::<T>::of(self.0.as_ptr()).as_ptr()).mapping) }
    }

    /// What [`Driver::new_request`] made.
    #[inline(always)]
    pub fn data(&self) -> &T::RequestData {
        &self.pdu().data
    }

    /// What [`Driver::new_request`] made.
    #[inline(always)]
    pub fn data_mut(&mut self) -> &mut T::RequestData {
        // SAFETY: By the type's invariants it is initialised, and nobody else has the request.
        unsafe { &mut *ptr::addr_of_mut!((*Pdu::<T>::of(self.0.as_ptr()).as_ptr()).data) }
    }

    /// The hardware queue that the request came on.
    #[inline(always)]
    pub fn hw_queue(&self) -> HwQueue<'_, T> {
        // SAFETY: The hardware queue is there as long as the request has not ended.
        unsafe { HwQueue::from_raw((*self.0.as_ptr()).mq_hctx) }
    }

    /// Ends the request.
    #[inline(always)]
    pub fn end(mut self, status: Status) {
        self.unmap_dma();
        // SAFETY: The request was started, and has not ended; this is its only owner, which is gone after this.
        unsafe { bindings::blk_mq_end_request(self.into_raw(), status.into_raw()) };
    }

    /// Has [`Driver::complete`] called with the request, on the processor that it came from.
    #[inline(always)]
    pub fn complete(self) {
        let rq = self.into_raw();
        // SAFETY: The request was started, and has not ended; this was its only owner.
        if !unsafe { bindings::blk_mq_complete_request_remote(rq) } {
            // This is the right processor already.
            // SAFETY: The block layer did not take the request.
            T::complete(unsafe { Self::from_raw(rq) });
        }
    }

    /// Gives the request back to the block layer, which brings it again.
    pub fn requeue(mut self) {
        self.unmap_dma();
        // SAFETY: The request was started, and has not ended; this is its only owner, which is gone after this.
        unsafe { bindings::blk_mq_requeue_request(self.into_raw(), true) };
    }

    /// Refuses the request, in [`Driver::queue_rq`].
    ///
    /// It ends with that status; but with [`Status::RESOURCE`], it comes again later.
    #[inline]
    pub fn refuse(self, status: Status) -> Refused<T> {
        Refused { rq: self, status: status.for_refusal() }
    }
}

impl<T: Driver> Deref for OwnedRequest<T> {
    type Target = Request<T>;

    #[inline(always)]
    fn deref(&self) -> &Request<T> {
        // SAFETY: `Request` is a transparent wrapper, and its invariants are among those of this type.
        unsafe { self.0.cast().as_ref() }
    }
}

impl<T: Driver> Drop for OwnedRequest<T> {
    fn drop(&mut self) {
        // SAFETY: This is the only owner, which is gone after this.
        unsafe { Self::from_raw(self.0.as_ptr()) }.end(Status::IOERR);
    }
}

/// A request that the driver does not take.
///
/// Beyond mainline.
pub struct Refused<T: Driver> {
    rq: OwnedRequest<T>,
    status: Status,
}

impl<T: Driver> Refused<T> {
    #[inline(always)]
    pub(super) fn give_back(mut self) -> bindings::blk_status_t {
        self.rq.unmap_dma();
        // The block layer takes the request back with the status.
        let _ = self.rq.into_raw();
        self.status.into_raw()
    }

    /// Does what the block layer does with a request that is given back, where there is nobody to give it to.
    #[cfg(kmod_has = "field:blk_mq_ops.queue_rqs")]
    #[cold]
    pub(super) fn settle(self) {
        match self.status {
            Status::RESOURCE => self.rq.requeue(),
            status => self.rq.end(status),
        }
    }
}

/// What [`Driver::timeout`] has decided.
///
/// Beyond mainline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum TimeoutAction {
    /// The request has ended, or is about to.
    Done = bindings::blk_eh_timer_return_BLK_EH_DONE as u32,
    /// The request gets as much time again.
    Reset = bindings::blk_eh_timer_return_BLK_EH_RESET_TIMER as u32,
}

/// A request that is late. Somebody else may have it, and end it at any time.
///
/// Beyond mainline.
///
/// # Invariants
///
/// The C object is a request of a [`TagSet<T>`](super::TagSet) that was started, and is not freed for `'a`.
pub struct TimedOut<'a, T: Driver>(*mut bindings::request, PhantomData<&'a T>);

impl<'a, T: Driver> TimedOut<'a, T> {
    /// # Safety
    ///
    /// The type's invariants hold for `rq`.
    pub(super) unsafe fn from_raw(rq: *mut bindings::request) -> Self {
        // INVARIANT: By the requirements of this function.
        let this = Self(rq, PhantomData);
        this.late().fetch_add(1, Ordering::Relaxed);
        this
    }

    fn late(&self) -> &AtomicU32 {
        // SAFETY: By the type's invariants the data is initialised; whoever has the request otherwise may have a mutable
        // reference to other fields, but not to this one.
        unsafe { &*ptr::addr_of!((*Pdu::<T>::of(self.0).as_ptr()).late) }
    }

    /// How often the request has been late since it came: 1 at first.
    pub fn count(&self) -> u32 {
        self.late().load(Ordering::Relaxed)
    }

    /// See [`Request::tag`].
    pub fn tag(&self) -> u32 {
        // SAFETY: By the type's invariants; the tag is the request's until it is freed.
        unsafe { (*self.0).tag as u32 }
    }

    /// The hardware queue that the request came on.
    pub fn hw_queue(&self) -> HwQueue<'a, T> {
        // SAFETY: By the type's invariants.
        unsafe { HwQueue::from_raw((*self.0).mq_hctx) }
    }
}

/// The requests of one hardware queue that the device has, by tag.
///
/// What comes from the device, a tag, gives a request only if that is there, and once: a device that errs or lies can do
/// no harm.
///
/// Beyond mainline.
///
/// # Invariants
///
/// Each pointer is null, or a request that was given up as an [`OwnedRequest`].
pub struct InFlight<T: Driver> {
    slots: KVec<AtomicPtr<bindings::request>>,
    _owned: PhantomData<OwnedRequest<T>>,
}

impl<T: Driver> InFlight<T> {
    /// A place for each of the tags below `tags`.
    pub fn new(tags: u32, flags: Flags) -> Result<Self> {
        let mut slots = KVec::with_capacity(tags as usize, flags)?;
        for _ in 0..tags {
            slots.push(AtomicPtr::new(ptr::null_mut()), flags)?;
        }
        Ok(Self { slots, _owned: PhantomData })
    }

    /// Puts a request in the place of its tag, before the device is told of it.
    ///
    /// Gives it back if there is no such place. One that is in the place already, which cannot be if the tags are those
    /// of one hardware queue, ends with an error.
    #[inline(always)]
    pub fn insert(&self, rq: OwnedRequest<T>) -> core::result::Result<(), OwnedRequest<T>> {
        let Some(slot) = self.slots.get(rq.tag() as usize) else {
            return Err(rq);
        };
        // The device, hence who takes the request, learns of it by other means that order this.
        if !slot.load(Ordering::Relaxed).is_null() {
            self.evict(rq.tag());
        }
        slot.store(rq.into_raw(), Ordering::Release);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn evict(&self, tag: u32) {
        drop(self.take(tag));
    }

    /// Takes the request with that tag, if it is there.
    #[inline(always)]
    pub fn take(&self, tag: u32) -> Option<OwnedRequest<T>> {
        let rq = self.slots.get(tag as usize)?.swap(ptr::null_mut(), Ordering::AcqRel);
        if rq.is_null() {
            return None;
        }
        // SAFETY: By the type's invariant; this was the only pointer to it, and nobody else got it.
        Some(unsafe { OwnedRequest::from_raw(rq) })
    }

    /// Takes a request that is late, if it is there.
    pub fn take_late(&self, late: &TimedOut<'_, T>) -> Option<OwnedRequest<T>> {
        self.slots
            .get(late.tag() as usize)?
            .compare_exchange(late.0, ptr::null_mut(), Ordering::AcqRel, Ordering::Relaxed)
            .ok()
            // SAFETY: By the type's invariant; this was the only pointer to it, and nobody else got it.
            .map(|rq| unsafe { OwnedRequest::from_raw(rq) })
    }

    /// Whether a request that is late is there.
    pub fn contains(&self, late: &TimedOut<'_, T>) -> bool {
        self.slots.get(late.tag() as usize).is_some_and(|slot| slot.load(Ordering::Relaxed) == late.0)
    }

    /// Takes all requests that are there, one after the other.
    pub fn take_all(&self) -> impl Iterator<Item = OwnedRequest<T>> + '_ {
        (0..self.slots.len() as u32).filter_map(|tag| self.take(tag))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.iter().all(|slot| slot.load(Ordering::Relaxed).is_null())
    }
}

impl<T: Driver> Drop for InFlight<T> {
    fn drop(&mut self) {
        self.take_all().for_each(drop);
    }
}
