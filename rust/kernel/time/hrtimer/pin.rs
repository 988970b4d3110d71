// SPDX-License-Identifier: GPL-2.0
//! Timers behind a shared reference.
//!
//! C header: [`include/linux/hrtimer.h`](srctree/include/linux/hrtimer.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     impl_has_hr_timer,
//!     sync::Completion,
//!     time::{
//!         hrtimer::{
//!             HasHrTimer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerRestart, RelativeMode,
//!             ScopedHrTimerPointer,
//!         },
//!         Delta, Monotonic,
//!     },
//! };
//!
//! #[pin_data]
//! struct Alarm {
//!     #[pin]
//!     timer: HrTimer<Self>,
//!     #[pin]
//!     rung: Completion,
//! }
//!
//! impl HrTimerCallback for Alarm {
//!     type Pointer<'a> = Pin<&'a Self>;
//!
//!     fn run(this: Pin<&Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
//!         this.rung.complete_all();
//!         HrTimerRestart::NoRestart
//!     }
//! }
//!
//! impl_has_hr_timer! {
//!     impl HasHrTimer<Self> for Alarm {
//!         mode: RelativeMode<Monotonic>, field: self.timer
//!     }
//! }
//!
//! pin_init::stack_pin_init!(let alarm = pin_init!(Alarm {
//!     timer <- HrTimer::new(),
//!     rung <- Completion::new(),
//! }));
//! alarm.as_ref().start_scoped(Delta::from_micros(50), || alarm.rung.wait_for_completion());
//! ```
//!
//! Available on every supported kernel.

use super::{
    HasHrTimer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerHandle, HrTimerMode, RawHrTimerCallback,
    UnsafeHrTimerPointer,
};
use core::pin::Pin;

/// Evidence that the timer behind a `Pin<&T>` has been started.
pub struct PinHrTimerHandle<'a, T>
where
    T: HasHrTimer<T>,
{
    pub(crate) inner: Pin<&'a T>,
}

// SAFETY: The borrow keeps the timer valid.
unsafe impl<'a, T> HrTimerHandle for PinHrTimerHandle<'a, T>
where
    T: HasHrTimer<T>,
{
    fn cancel(&mut self) -> bool {
        // SAFETY: The borrow keeps the struct valid.
        let timer = unsafe { T::raw_get_timer(self.inner.get_ref()) };
        // SAFETY: It is a pinned timer. A callback that waits for itself waits for ever, which is not undefined.
        unsafe { HrTimer::<T>::raw_cancel(timer) }
    }
}

impl<'a, T> Drop for PinHrTimerHandle<'a, T>
where
    T: HasHrTimer<T>,
{
    fn drop(&mut self) {
        self.cancel();
    }
}

// SAFETY: Dropping the handle cancels the timer, waiting for the callback.
unsafe impl<'a, T> UnsafeHrTimerPointer for Pin<&'a T>
where
    T: Send + Sync,
    T: HasHrTimer<T>,
    T: HrTimerCallback<Pointer<'a> = Self>,
{
    type TimerMode = <T as HasHrTimer<T>>::TimerMode;
    type TimerHandle = PinHrTimerHandle<'a, T>;

    unsafe fn start(self, expires: <<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle {
        // SAFETY: The struct is pinned, and the caller promises to drop the handle before it goes.
        unsafe { T::start(self.get_ref(), expires) };
        PinHrTimerHandle { inner: self }
    }
}

impl<'a, T> RawHrTimerCallback for Pin<&'a T>
where
    T: HasHrTimer<T>,
    T: HrTimerCallback<Pointer<'a> = Self>,
{
    type CallbackTarget<'b> = Self;

    unsafe extern "C" fn run(ptr: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // `HrTimer` starts with the C object.
        let timer = ptr.cast::<HrTimer<T>>();
        // SAFETY: The caller promises the timer of a `T` that was started by a `Pin<&T>`.
        let receiver = unsafe { &*T::timer_container_of(timer) };
        // SAFETY: It was pinned before.
        let receiver = unsafe { Pin::new_unchecked(receiver) };
        // SAFETY: This is the callback of that timer.
        let context = unsafe { HrTimerCallbackContext::from_raw(timer) };
        T::run(receiver, context).into_c()
    }
}
