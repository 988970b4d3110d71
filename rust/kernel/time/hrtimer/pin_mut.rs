// SPDX-License-Identifier: GPL-2.0
//! Timers behind an exclusive reference: the callback has the struct to itself.
//!
//! C header: [`include/linux/hrtimer.h`](srctree/include/linux/hrtimer.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     impl_has_hr_timer,
//!     sync::{Arc, Completion},
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
//! struct Countdown {
//!     #[pin]
//!     timer: HrTimer<Self>,
//!     left: u32,
//!     over: Arc<Completion>,
//! }
//!
//! impl HrTimerCallback for Countdown {
//!     type Pointer<'a> = Pin<&'a mut Self>;
//!
//!     fn run(this: Pin<&mut Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
//!         let this = this.project();
//!         *this.left -= 1;
//!         if *this.left == 0 {
//!             this.over.complete_all();
//!             return HrTimerRestart::NoRestart;
//!         }
//!         ctx.forward_now(Delta::from_micros(50));
//!         HrTimerRestart::Restart
//!     }
//! }
//!
//! impl_has_hr_timer! {
//!     impl HasHrTimer<Self> for Countdown {
//!         mode: RelativeMode<Monotonic>, field: self.timer
//!     }
//! }
//!
//! let over = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
//! let told = over.clone();
//! pin_init::stack_pin_init!(let countdown = pin_init!(Countdown {
//!     timer <- HrTimer::new(),
//!     left: 3,
//!     over: told,
//! }));
//! countdown.as_mut().start_scoped(Delta::from_micros(50), || over.wait_for_completion());
//! assert_eq!(countdown.left, 0);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use super::{
    HasHrTimer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerHandle, HrTimerMode, RawHrTimerCallback,
    UnsafeHrTimerPointer,
};
use core::{marker::PhantomData, pin::Pin, ptr::NonNull};

/// Evidence that the timer behind a `Pin<&mut T>` has been started.
///
/// # Invariants
///
/// `inner` comes from a `Pin<&'a mut T>`, which is not used as such as long as the timer may run.
pub struct PinMutHrTimerHandle<'a, T>
where
    T: HasHrTimer<T>,
{
    // Not a reference: while the callback runs, that has the exclusive one.
    pub(crate) inner: NonNull<T>,
    _p: PhantomData<&'a mut T>,
}

// SAFETY: The borrow keeps the timer valid.
unsafe impl<'a, T> HrTimerHandle for PinMutHrTimerHandle<'a, T>
where
    T: HasHrTimer<T>,
{
    fn cancel(&mut self) -> bool {
        // SAFETY: By the type invariant the struct is valid.
        let timer = unsafe { T::raw_get_timer(self.inner.as_ptr()) };
        // SAFETY: It is a pinned timer. A callback that waits for itself waits for ever, which is not undefined.
        unsafe { HrTimer::<T>::raw_cancel(timer) }
    }
}

impl<'a, T> Drop for PinMutHrTimerHandle<'a, T>
where
    T: HasHrTimer<T>,
{
    fn drop(&mut self) {
        self.cancel();
    }
}

// SAFETY: Dropping the handle cancels the timer, waiting for the callback.
unsafe impl<'a, T> UnsafeHrTimerPointer for Pin<&'a mut T>
where
    T: Send + Sync,
    T: HasHrTimer<T>,
    T: HrTimerCallback<Pointer<'a> = Self>,
{
    type TimerMode = <T as HasHrTimer<T>>::TimerMode;
    type TimerHandle = PinMutHrTimerHandle<'a, T>;

    unsafe fn start(self, expires: <<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle {
        // SAFETY: Nothing is moved.
        let this = NonNull::from(unsafe { self.get_unchecked_mut() });
        // SAFETY: The struct is pinned, and the caller promises to drop the handle before it goes.
        unsafe { T::start(this.as_ptr(), expires) };
        // INVARIANT: From `self`, which is gone.
        PinMutHrTimerHandle { inner: this, _p: PhantomData }
    }
}

impl<'a, T> RawHrTimerCallback for Pin<&'a mut T>
where
    T: HasHrTimer<T>,
    T: HrTimerCallback<Pointer<'a> = Self>,
{
    type CallbackTarget<'b> = Self;

    unsafe extern "C" fn run(ptr: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // `HrTimer` starts with the C object.
        let timer = ptr.cast::<HrTimer<T>>();
        // SAFETY: The caller promises the timer of a `T` that was started by a `Pin<&mut T>`, which nobody else uses
        // until it is stopped.
        let receiver = unsafe { &mut *T::timer_container_of(timer) };
        // SAFETY: It was pinned before.
        let receiver = unsafe { Pin::new_unchecked(receiver) };
        // SAFETY: This is the callback of that timer.
        let context = unsafe { HrTimerCallbackContext::from_raw(timer) };
        T::run(receiver, context).into_c()
    }
}
