// SPDX-License-Identifier: GPL-2.0
//! Requests that end when a timer expires: each has one of its own.
use crate::disk::{Null, Shared};
use kernel::{
    block::mq::OwnedRequest,
    impl_has_hr_timer,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, ArcBorrow,
    },
    time::{
        hrtimer::{
            ArcHrTimerHandle, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerPointer, HrTimerRestart,
            RelativeMode,
        },
        Delta, Monotonic,
    },
};

/// A request's timer, kept for the requests that have its tag later.
pub struct Timer {
    expiry: Arc<Expiry>,
    handle: Option<ArcHrTimerHandle<Expiry>>,
}

/// What the timer does when it expires.
#[pin_data]
struct Expiry {
    #[pin]
    timer: HrTimer<Self>,
    shared: Arc<Shared>,
    hw_queue: u32,
    tag: Atomic<u32>,
}

impl Timer {
    pub fn new(shared: Arc<Shared>, hw_queue: u32) -> Result<Self> {
        let expiry = pin_init!(Expiry { timer <- HrTimer::new(), shared, hw_queue, tag: Atomic::new(0) });
        Ok(Self { expiry: Arc::pin_init(expiry, GFP_KERNEL)?, handle: None })
    }

    /// Ends the request when `delay` is over. A request that has no timer ends at once.
    pub fn start(mut rq: OwnedRequest<Null>, delay: Delta) {
        let tag = rq.tag();
        let Some(timer) = rq.data_mut() else { return rq.complete() };
        let expiry = timer.expiry.clone();
        expiry.tag.store(tag, Relaxed);
        // Dropping the handle of the request before stops the timer: so it goes first.
        timer.handle = None;
        // The handle lies in the request, so the timer starts before the request is in its place.
        timer.handle = Some(timer.expiry.clone().start(delay));
        match expiry.shared.in_flight.get(expiry.hw_queue as usize) {
            Some(in_flight) => drop(in_flight.insert(rq)),
            None => rq.complete(),
        }
    }
}

impl HrTimerCallback for Expiry {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        let in_flight = this.shared.in_flight.get(this.hw_queue as usize);
        match in_flight.and_then(|in_flight| in_flight.take(this.tag.load(Relaxed))) {
            Some(rq) => {
                rq.complete();
                HrTimerRestart::NoRestart
            }
            // It is not in its place yet, or it was late and has ended.
            None => {
                ctx.forward_now(Delta::from_millis(1));
                HrTimerRestart::Restart
            }
        }
    }
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Expiry {
        mode: RelativeMode<Monotonic>, field: self.timer
    }
}
