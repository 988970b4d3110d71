// SPDX-License-Identifier: GPL-2.0
//! Timers in a box: the callback has the struct to itself.
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
//!             AbsoluteMode, HasHrTimer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerHandle,
//!             HrTimerPointer, HrTimerRestart,
//!         },
//!         BootTime, Delta, Instant,
//!     },
//! };
//!
//! #[pin_data]
//! struct Deadline {
//!     #[pin]
//!     timer: HrTimer<Self>,
//!     missed: Arc<Completion>,
//! }
//!
//! impl HrTimerCallback for Deadline {
//!     type Pointer<'a> = Pin<KBox<Self>>;
//!
//!     fn run(this: Pin<&mut Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
//!         this.missed.complete_all();
//!         HrTimerRestart::NoRestart
//!     }
//! }
//!
//! impl_has_hr_timer! {
//!     impl HasHrTimer<Self> for Deadline {
//!         mode: AbsoluteMode<BootTime>, field: self.timer
//!     }
//! }
//!
//! let missed = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
//! let told = missed.clone();
//! let deadline = KBox::pin_init(
//!     pin_init!(Deadline {
//!         timer <- HrTimer::new(),
//!         missed: told,
//!     }),
//!     GFP_KERNEL,
//! )?;
//! let mut handle = deadline.start(Instant::<BootTime>::now() + Delta::from_micros(50));
//! missed.wait_for_completion();
//! assert!(!handle.cancel());
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use super::{
    HasHrTimer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerHandle, HrTimerMode, HrTimerPointer,
    RawHrTimerCallback,
};
use crate::alloc::Box;
use core::{pin::Pin, ptr::NonNull};

/// Evidence that the timer in a box has been started; it owns the box.
///
/// # Invariants
///
/// `inner` comes from a `Pin<Box<T, A>>` that belongs to the handle.
pub struct BoxHrTimerHandle<T, A>
where
    T: HasHrTimer<T>,
    A: crate::alloc::Allocator,
{
    // Not a box: while the callback runs, that has an exclusive reference.
    pub(crate) inner: NonNull<T>,
    _p: core::marker::PhantomData<A>,
}

// SAFETY: It is like the box, and stops the timer wherever it is dropped.
unsafe impl<T, A> Send for BoxHrTimerHandle<T, A>
where
    T: HasHrTimer<T> + Send,
    A: crate::alloc::Allocator,
{
}

// SAFETY: It gives no access through a shared reference.
unsafe impl<T, A> Sync for BoxHrTimerHandle<T, A>
where
    T: HasHrTimer<T> + Send,
    A: crate::alloc::Allocator,
{
}

// SAFETY: The box is valid as long as the handle.
unsafe impl<T, A> HrTimerHandle for BoxHrTimerHandle<T, A>
where
    T: HasHrTimer<T>,
    A: crate::alloc::Allocator,
{
    fn cancel(&mut self) -> bool {
        // SAFETY: By the type invariant the struct is valid.
        let timer = unsafe { T::raw_get_timer(self.inner.as_ptr()) };
        // SAFETY: It is a pinned timer. A callback that waits for itself waits for ever, which is not undefined.
        unsafe { HrTimer::<T>::raw_cancel(timer) }
    }
}

impl<T, A> Drop for BoxHrTimerHandle<T, A>
where
    T: HasHrTimer<T>,
    A: crate::alloc::Allocator,
{
    fn drop(&mut self) {
        self.cancel();
        // SAFETY: By the type invariant the box is ours, and its timer is stopped.
        drop(unsafe { Box::<T, A>::from_raw(self.inner.as_ptr()) });
    }
}

impl<T, A> HrTimerPointer for Pin<Box<T, A>>
where
    T: 'static,
    T: Send + Sync,
    T: HasHrTimer<T>,
    T: for<'a> HrTimerCallback<Pointer<'a> = Pin<Box<T, A>>>,
    A: crate::alloc::Allocator,
{
    type TimerMode = <T as HasHrTimer<T>>::TimerMode;
    type TimerHandle = BoxHrTimerHandle<T, A>;

    fn start(self, expires: <<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle {
        // SAFETY: The box does not move its contents, and nobody else gets at it.
        let this = Box::into_raw(unsafe { Pin::into_inner_unchecked(self) });
        // SAFETY: The struct is pinned, and the handle keeps it until the timer is stopped; a forgotten one for ever.
        unsafe { T::start(this, expires) };
        // INVARIANT: From a box that is ours.
        // SAFETY: A box is not null.
        BoxHrTimerHandle { inner: unsafe { NonNull::new_unchecked(this) }, _p: core::marker::PhantomData }
    }
}

impl<T, A> RawHrTimerCallback for Pin<Box<T, A>>
where
    T: 'static,
    T: HasHrTimer<T>,
    T: for<'a> HrTimerCallback<Pointer<'a> = Pin<Box<T, A>>>,
    A: crate::alloc::Allocator,
{
    type CallbackTarget<'a> = Pin<&'a mut T>;

    unsafe extern "C" fn run(ptr: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // `HrTimer` starts with the C object.
        let timer = ptr.cast::<HrTimer<T>>();
        // SAFETY: The caller promises the timer of a `T` that was started by a box, which nobody else uses until it is
        // stopped.
        let receiver = unsafe { &mut *T::timer_container_of(timer) };
        // SAFETY: It was pinned before.
        let receiver = unsafe { Pin::new_unchecked(receiver) };
        // SAFETY: This is the callback of that timer.
        let context = unsafe { HrTimerCallbackContext::from_raw(timer) };
        T::run(receiver, context).into_c()
    }
}
