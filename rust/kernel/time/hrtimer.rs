// SPDX-License-Identifier: GPL-2.0
//! High-resolution timers.
//!
//! A struct that contains an [`HrTimer`] field can be started by a pointer that keeps it alive:
//! [`Arc`](crate::sync::Arc), `Pin<Box<_>>`, or, for the length of a call, `Pin<&_>` and `Pin<&mut _>`. The type says
//! so with [`impl_has_hr_timer!`](crate::impl_has_hr_timer), which also names the clock and whether times are spans or
//! instants. Starting gives a handle; when that is dropped, the timer is cancelled, waiting for its callback if that is
//! running.
//!
//! A timer is stopped, running (its callback is), or started (it will run). When the callback returns
//! [`HrTimerRestart::Restart`], it is started for the time to which [`HrTimer::forward`] or
//! [`HrTimerCallbackContext::forward`] moved it.
//!
//! C header: [`include/linux/hrtimer.h`](srctree/include/linux/hrtimer.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     impl_has_hr_timer,
//!     sync::{
//!         atomic::{Atomic, Full},
//!         Arc, ArcBorrow, Completion,
//!     },
//!     time::{
//!         hrtimer::{
//!             HasHrTimer, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerPointer, HrTimerRestart,
//!             RelativeMode,
//!         },
//!         Delta, Monotonic,
//!     },
//! };
//!
//! #[pin_data]
//! struct Blinker {
//!     #[pin]
//!     timer: HrTimer<Self>,
//!     blinks: Atomic<u32>,
//!     #[pin]
//!     done: Completion,
//! }
//!
//! impl HrTimerCallback for Blinker {
//!     type Pointer<'a> = Arc<Self>;
//!
//!     fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
//!         if this.blinks.fetch_add(1, Full) == 2 {
//!             this.done.complete_all();
//!             return HrTimerRestart::NoRestart;
//!         }
//!         ctx.forward_now(Delta::from_micros(100));
//!         HrTimerRestart::Restart
//!     }
//! }
//!
//! impl_has_hr_timer! {
//!     impl HasHrTimer<Self> for Blinker {
//!         mode: RelativeMode<Monotonic>, field: self.timer
//!     }
//! }
//!
//! let blinker = Arc::pin_init(
//!     pin_init!(Blinker {
//!         timer <- HrTimer::new(),
//!         blinks: Atomic::new(0),
//!         done <- Completion::new(),
//!     }),
//!     GFP_KERNEL,
//! )?;
//! let handle = blinker.clone().start(Delta::from_micros(100));
//! blinker.done.wait_for_completion();
//! drop(handle);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel; before v6.13, where C has no `hrtimer_setup()`, a helper stands in.

use super::{ClockSource, Delta, Instant};
use crate::types::Opaque;
use core::{marker::PhantomData, pin::Pin, ptr::NonNull};
use pin_init::{pin_data, pin_init, PinInit};

mod arc;
mod pin;
mod pin_mut;
mod tbox;

pub use arc::ArcHrTimerHandle;
pub use pin::PinHrTimerHandle;
pub use pin_mut::PinMutHrTimerHandle;
pub use tbox::BoxHrTimerHandle;

/// An instant of the clock that the timer of a `T` goes by.
pub type HrTimerInstant<T> = Instant<<<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Clock>;

/// The part of a struct that is the timer.
///
/// # Invariants
///
/// Once pinned, `timer` is initialised with the callback of `T`.
#[pin_data]
#[repr(C)]
pub struct HrTimer<T> {
    #[pin]
    timer: Opaque<bindings::hrtimer>,
    _t: PhantomData<T>,
}

// SAFETY: Starting, on whatever thread, asks for what it needs of the pointer.
unsafe impl<T> Send for HrTimer<T> {}

// SAFETY: The C object has a lock.
unsafe impl<T> Sync for HrTimer<T> {}

impl<T> HrTimer<T> {
    /// Makes a timer that is stopped.
    pub fn new() -> impl PinInit<Self>
    where
        T: HrTimerCallback,
        T: HasHrTimer<T>,
    {
        pin_init!(Self {
            // INVARIANT: With the callback.
            // SAFETY: `slot` is valid and stays where it is.
            timer <- Opaque::ffi_init(|slot| unsafe {
                bindings::hrtimer_setup(
                    slot,
                    Some(T::Pointer::run),
                    <<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Clock::ID,
                    <T as HasHrTimer<T>>::TimerMode::C_MODE,
                )
            }),
            _t: PhantomData,
        })
    }

    /// From the field to the C object, without making a reference.
    ///
    /// # Safety
    ///
    /// `this` points into an allocation of at least the size of `Self`.
    unsafe fn raw_get(this: *const Self) -> *mut bindings::hrtimer {
        // SAFETY: The caller promises that it lies in an allocation.
        Opaque::cast_into(unsafe { &raw const (*this).timer })
    }

    /// Cancels a timer that may be running, waiting for its callback; says whether it was started.
    ///
    /// # Safety
    ///
    /// `this` points to a pinned timer. The caller is not its callback, and does not hold what that waits for.
    unsafe fn raw_cancel(this: *const Self) -> bool {
        // SAFETY: The caller promises a valid timer, which is initialised by the type invariant.
        unsafe { bindings::hrtimer_cancel(HrTimer::raw_get(this)) != 0 }
    }

    /// Moves the time of expiry on by whole `interval`s until it lies behind `now`; returns by how many.
    ///
    /// # Safety
    ///
    /// `this` points to a pinned timer that is not started, and that nobody else starts meanwhile.
    unsafe fn raw_forward(this: *mut Self, now: HrTimerInstant<T>, interval: Delta) -> u64
    where
        T: HasHrTimer<T>,
    {
        // SAFETY: The caller promises a valid timer to which it has access alone.
        unsafe { bindings::hrtimer_forward(Self::raw_get(this), now.as_nanos(), interval.as_nanos()) }
    }

    /// Moves the time of expiry on by whole `interval`s until it lies behind `now`; returns by how many.
    ///
    /// An exclusive reference means that the timer is stopped, or that this is its callback.
    pub fn forward(self: Pin<&mut Self>, now: HrTimerInstant<T>, interval: Delta) -> u64
    where
        T: HasHrTimer<T>,
    {
        // SAFETY: Nothing is moved; exclusive access means that the timer is not started.
        unsafe { Self::raw_forward(self.get_unchecked_mut(), now, interval) }
    }

    /// Moves the time of expiry on by whole `interval`s until it lies in the future; returns by how many.
    pub fn forward_now(self: Pin<&mut Self>, interval: Delta) -> u64
    where
        T: HasHrTimer<T>,
    {
        self.forward(HrTimerInstant::<T>::now(), interval)
    }

    /// When it expires, or did.
    ///
    /// While others change it, the answer may be from before or after.
    pub fn expires(&self) -> HrTimerInstant<T>
    where
        T: HasHrTimer<T>,
    {
        // drift: hrtimer.node: either type of node has `expires`.
        // SAFETY: The field lies in the C object.
        let expires = unsafe { &raw const (*self.timer.get()).node.expires };
        // SAFETY: It is valid; C writes it as a whole, which a volatile read sees whole on 64-bit machines.
        let expires = unsafe { expires.read_volatile() };
        // SAFETY: C keeps no negative times: `hrtimer_start` saturates, and the modes' times are none.
        unsafe { Instant::from_ktime(expires.max(0)) }
    }
}

/// A pointer by which a timer can be started.
///
/// The callback may run at any moment from then on, on any processor, in interrupt context: hence [`Sync`].
pub trait HrTimerPointer: Sync + Sized {
    /// Whether the time is a span or an instant, and of which clock.
    type TimerMode: HrTimerMode;

    /// Evidence that it has been started; dropping it stops the timer.
    type TimerHandle: HrTimerHandle;

    /// Starts the timer; if it was started already, for the new time.
    fn start(self, expires: <Self::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle;
}

/// A pointer by which a timer can be started, if its handle is not forgotten.
///
/// # Safety
///
/// Dropping the handle leaves the timer stopped, its callback included.
pub unsafe trait UnsafeHrTimerPointer: Sync + Sized {
    /// Whether the time is a span or an instant, and of which clock.
    type TimerMode: HrTimerMode;

    /// Evidence that it has been started; dropping it stops the timer.
    type TimerHandle: HrTimerHandle;

    /// Starts the timer; if it was started already, for the new time.
    ///
    /// # Safety
    ///
    /// The handle is dropped before the pointer's target goes.
    unsafe fn start(self, expires: <Self::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle;
}

/// A pointer by which a timer can be started for the length of a call.
///
/// # Safety
///
/// When [`start_scoped`](Self::start_scoped) returns, the timer is stopped.
pub unsafe trait ScopedHrTimerPointer {
    /// Whether the time is a span or an instant, and of which clock.
    type TimerMode: HrTimerMode;

    /// Starts the timer, calls `f`, stops the timer.
    fn start_scoped<T, F>(self, expires: <Self::TimerMode as HrTimerMode>::Expires, f: F) -> T
    where
        F: FnOnce() -> T;
}

// SAFETY: The handle is dropped here, which by the safety requirement of `UnsafeHrTimerPointer` stops the timer.
unsafe impl<T> ScopedHrTimerPointer for T
where
    T: UnsafeHrTimerPointer,
{
    type TimerMode = T::TimerMode;

    fn start_scoped<U, F>(self, expires: <T::TimerMode as HrTimerMode>::Expires, f: F) -> U
    where
        F: FnOnce() -> U,
    {
        // SAFETY: The handle is dropped at the end of this function, which the pointer's target outlives.
        let handle = unsafe { UnsafeHrTimerPointer::start(self, expires) };
        let result = f();
        drop(handle);
        result
    }
}

/// How C calls back through a pointer.
pub trait RawHrTimerCallback {
    /// What the callback gets.
    type CallbackTarget<'a>;

    /// What C calls.
    ///
    /// # Safety
    ///
    /// `this` is the timer of a `T` that has been started by this type of pointer, and C calls.
    unsafe extern "C" fn run(this: *mut bindings::hrtimer) -> bindings::hrtimer_restart;
}

/// A type that has something to do when its timer expires.
pub trait HrTimerCallback {
    /// The pointer by which the timer is started.
    type Pointer<'a>: RawHrTimerCallback;

    /// Does it, in interrupt context: it must not sleep.
    fn run(
        this: <Self::Pointer<'_> as RawHrTimerCallback>::CallbackTarget<'_>,
        ctx: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart
    where
        Self: Sized,
        Self: HasHrTimer<Self>;
}

/// Evidence that a timer has been started; dropping it stops the timer, waiting for the callback.
///
/// # Safety
///
/// The timer stays valid as long as the handle lives. When [`cancel`](Self::cancel) returns it is stopped, and stays so
/// unless it is started again.
pub unsafe trait HrTimerHandle {
    /// Stops the timer, waiting for the callback if that is running; says whether it was started.
    ///
    /// It must not be called by the callback itself, nor holding a lock that the callback takes: both would wait for
    /// ever.
    fn cancel(&mut self) -> bool;
}

/// A struct with an [`HrTimer`] field; use [`impl_has_hr_timer!`](crate::impl_has_hr_timer).
///
/// # Safety
///
/// [`raw_get_timer`](Self::raw_get_timer) and [`timer_container_of`](Self::timer_container_of) are each other's
/// inverse, and give the address of the same field of the same object.
pub unsafe trait HasHrTimer<T> {
    /// Whether times are spans or instants, and of which clock.
    type TimerMode: HrTimerMode;

    /// From the struct to the field.
    ///
    /// # Safety
    ///
    /// `this` points to a valid struct.
    unsafe fn raw_get_timer(this: *const Self) -> *const HrTimer<T>;

    /// From the field to the struct.
    ///
    /// # Safety
    ///
    /// `ptr` points to the field of a valid struct.
    unsafe fn timer_container_of(ptr: *mut HrTimer<T>) -> *mut Self
    where
        Self: Sized;

    /// From the struct to the C object.
    ///
    /// # Safety
    ///
    /// `this` points to a valid struct.
    unsafe fn c_timer_ptr(this: *const Self) -> *const bindings::hrtimer {
        // SAFETY: The caller promises a valid struct, of which this is a field.
        unsafe { HrTimer::raw_get(Self::raw_get_timer(this)) }
    }

    /// Starts the timer.
    ///
    /// # Safety
    ///
    /// `this` points to a pinned struct that stays valid until the timer is stopped.
    unsafe fn start(this: *const Self, expires: <Self::TimerMode as HrTimerMode>::Expires) {
        // SAFETY: The caller promises a pinned, hence initialised, timer that stays valid.
        unsafe {
            bindings::hrtimer_start_range_ns(
                Self::c_timer_ptr(this).cast_mut(),
                expires.as_nanos(),
                0,
                <Self::TimerMode as HrTimerMode>::C_MODE,
            )
        }
    }
}

/// Whether a timer goes on after its callback.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum HrTimerRestart {
    /// It stops.
    NoRestart = bindings::hrtimer_restart_HRTIMER_NORESTART,
    /// It is started again.
    Restart = bindings::hrtimer_restart_HRTIMER_RESTART,
}

impl HrTimerRestart {
    fn into_c(self) -> bindings::hrtimer_restart {
        self as bindings::hrtimer_restart
    }
}

/// A time at which a timer can expire.
pub trait HrTimerExpires {
    /// What C takes.
    fn as_nanos(&self) -> i64;
}

impl<C: ClockSource> HrTimerExpires for Instant<C> {
    #[inline]
    fn as_nanos(&self) -> i64 {
        Instant::<C>::as_nanos(self)
    }
}

impl HrTimerExpires for Delta {
    #[inline]
    fn as_nanos(&self) -> i64 {
        Delta::as_nanos(*self)
    }
}

mod private {
    /// Keeps the set of modes closed.
    pub trait Sealed {}
}

/// Whether times are spans or instants, of which clock, and how the timer is treated.
pub trait HrTimerMode: private::Sealed {
    /// What C takes.
    const C_MODE: bindings::hrtimer_mode;

    /// The clock.
    type Clock: ClockSource;

    /// A span or an instant.
    type Expires: HrTimerExpires;
}

macro_rules! modes {
    ($($(#[$doc:meta])* $name:ident, $c_mode:path, $expires:ty;)*) => {$(
        $(#[$doc])*
        pub struct $name<C: ClockSource>(PhantomData<C>);

        impl<C: ClockSource> private::Sealed for $name<C> {}

        impl<C: ClockSource> HrTimerMode for $name<C> {
            const C_MODE: bindings::hrtimer_mode = $c_mode;
            type Clock = C;
            type Expires = $expires;
        }
    )*};
}

modes! {
    /// At an instant.
    AbsoluteMode, bindings::hrtimer_mode_HRTIMER_MODE_ABS, Instant<C>;
    /// After a span.
    RelativeMode, bindings::hrtimer_mode_HRTIMER_MODE_REL, Delta;
    /// At an instant, on the processor that starts it.
    AbsolutePinnedMode, bindings::hrtimer_mode_HRTIMER_MODE_ABS_PINNED, Instant<C>;
    /// After a span, on the processor that starts it.
    RelativePinnedMode, bindings::hrtimer_mode_HRTIMER_MODE_REL_PINNED, Delta;
    /// At an instant, in softirq context.
    AbsoluteSoftMode, bindings::hrtimer_mode_HRTIMER_MODE_ABS_SOFT, Instant<C>;
    /// After a span, in softirq context.
    RelativeSoftMode, bindings::hrtimer_mode_HRTIMER_MODE_REL_SOFT, Delta;
    /// At an instant, in softirq context on the processor that starts it.
    AbsolutePinnedSoftMode, bindings::hrtimer_mode_HRTIMER_MODE_ABS_PINNED_SOFT, Instant<C>;
    /// After a span, in softirq context on the processor that starts it.
    RelativePinnedSoftMode, bindings::hrtimer_mode_HRTIMER_MODE_REL_PINNED_SOFT, Delta;
    /// At an instant, in hard interrupt context even under PREEMPT_RT.
    AbsoluteHardMode, bindings::hrtimer_mode_HRTIMER_MODE_ABS_HARD, Instant<C>;
    /// After a span, in hard interrupt context even under PREEMPT_RT.
    RelativeHardMode, bindings::hrtimer_mode_HRTIMER_MODE_REL_HARD, Delta;
    /// At an instant, in hard interrupt context even under PREEMPT_RT, on the processor that starts it.
    AbsolutePinnedHardMode, bindings::hrtimer_mode_HRTIMER_MODE_ABS_PINNED_HARD, Instant<C>;
    /// After a span, in hard interrupt context even under PREEMPT_RT, on the processor that starts it.
    RelativePinnedHardMode, bindings::hrtimer_mode_HRTIMER_MODE_REL_PINNED_HARD, Delta;
}

/// What a callback may do to its own timer.
///
/// # Invariants
///
/// The pointer is that of the timer whose callback runs, during `'a`.
pub struct HrTimerCallbackContext<'a, T: HasHrTimer<T>>(NonNull<HrTimer<T>>, PhantomData<&'a ()>);

impl<'a, T: HasHrTimer<T>> HrTimerCallbackContext<'a, T> {
    /// # Safety
    ///
    /// The caller is the callback of `timer`, during `'a`.
    pub(crate) unsafe fn from_raw(timer: *mut HrTimer<T>) -> Self {
        // INVARIANT: The caller promises it.
        // SAFETY: C calls with a timer, which is not null.
        Self(unsafe { NonNull::new_unchecked(timer) }, PhantomData)
    }

    /// Moves the time of expiry on by whole `interval`s until it lies behind `now`; returns by how many.
    pub fn forward(&mut self, now: HrTimerInstant<T>, interval: Delta) -> u64 {
        // SAFETY: In its callback a timer is not started unless somebody else has done so meanwhile, which C finds out,
        // leaving it alone.
        unsafe { HrTimer::<T>::raw_forward(self.0.as_ptr(), now, interval) }
    }

    /// Moves the time of expiry on by whole `duration`s until it lies in the future; returns by how many.
    pub fn forward_now(&mut self, duration: Delta) -> u64 {
        self.forward(HrTimerInstant::<T>::now(), duration)
    }
}

/// Says that a struct has an [`HrTimer`] field, and of what mode; see the [module's example](crate::time::hrtimer).
#[macro_export]
macro_rules! impl_has_hr_timer {
    (
        impl$({$($generics:tt)*})?
            HasHrTimer<$timer_type:ty>
            for $self:ty
        {
            mode: $mode:ty,
            field: self.$field:ident $(,)?
        }
        $($rest:tt)*
    ) => {
        // SAFETY: The two functions convert to and from the address of the field that the macro names, of the type that
        // it checks.
        unsafe impl$(<$($generics)*>)? $crate::time::hrtimer::HasHrTimer<$timer_type> for $self {
            type TimerMode = $mode;

            #[inline]
            unsafe fn raw_get_timer(this: *const Self) -> *const $crate::time::hrtimer::HrTimer<$timer_type> {
                // SAFETY: The caller promises a valid struct.
                unsafe { &raw const (*this).$field }
            }

            #[inline]
            unsafe fn timer_container_of(ptr: *mut $crate::time::hrtimer::HrTimer<$timer_type>) -> *mut Self {
                // SAFETY: The caller promises the field of a valid struct.
                unsafe { $crate::container_of!(ptr, $self, $field) }
            }
        }
    };
}
