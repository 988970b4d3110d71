// SPDX-License-Identifier: GPL-2.0
//! Timers in a shared allocation.
//!
//! C header: [`include/linux/hrtimer.h`](srctree/include/linux/hrtimer.h)
//!
//! An [`Arc`] may be cloned, so a timer may be started while it is started or running: it is then started for the new
//! time. Available on every supported kernel; for an example see [`hrtimer`](super).

use super::{
    HasHrTimer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerHandle, HrTimerMode, HrTimerPointer,
    RawHrTimerCallback,
};
use crate::sync::{Arc, ArcBorrow};

/// Evidence that the timer in an [`Arc`] has been started.
pub struct ArcHrTimerHandle<T>
where
    T: HasHrTimer<T>,
{
    pub(crate) inner: Arc<T>,
}

// SAFETY: The `Arc` keeps the timer valid.
unsafe impl<T> HrTimerHandle for ArcHrTimerHandle<T>
where
    T: HasHrTimer<T>,
{
    fn cancel(&mut self) -> bool {
        // SAFETY: The `Arc` keeps the struct valid.
        let timer = unsafe { T::raw_get_timer(Arc::as_ptr(&self.inner)) };
        // SAFETY: It is a pinned timer. A callback that waits for itself waits for ever, which is not undefined.
        unsafe { HrTimer::<T>::raw_cancel(timer) }
    }
}

impl<T> Drop for ArcHrTimerHandle<T>
where
    T: HasHrTimer<T>,
{
    fn drop(&mut self) {
        self.cancel();
    }
}

impl<T> HrTimerPointer for Arc<T>
where
    T: 'static,
    T: Send + Sync,
    T: HasHrTimer<T>,
    T: for<'a> HrTimerCallback<Pointer<'a> = Self>,
{
    type TimerMode = <T as HasHrTimer<T>>::TimerMode;
    type TimerHandle = ArcHrTimerHandle<T>;

    fn start(self, expires: <<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Expires) -> ArcHrTimerHandle<T> {
        // SAFETY: The struct is pinned, and the handle keeps it until the timer is stopped; a forgotten one for ever.
        unsafe { T::start(Arc::as_ptr(&self), expires) };
        ArcHrTimerHandle { inner: self }
    }
}

impl<T> RawHrTimerCallback for Arc<T>
where
    T: 'static,
    T: HasHrTimer<T>,
    T: for<'a> HrTimerCallback<Pointer<'a> = Self>,
{
    type CallbackTarget<'a> = ArcBorrow<'a, T>;

    unsafe extern "C" fn run(ptr: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // `HrTimer` starts with the C object.
        let timer = ptr.cast::<HrTimer<T>>();
        // SAFETY: The caller promises the timer of a `T` that was started by an `Arc`.
        let this = unsafe { T::timer_container_of(timer) };
        // SAFETY: It lies in an `Arc`, of which the handle has a reference until the timer is stopped, so the count is
        // not zero.
        let receiver = unsafe { ArcBorrow::from_raw(this) };
        // SAFETY: This is the callback of that timer.
        let context = unsafe { HrTimerCallbackContext::from_raw(timer) };
        T::run(receiver, context).into_c()
    }
}
