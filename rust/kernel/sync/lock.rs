// SPDX-License-Identifier: GPL-2.0
//! Locks that own what they protect, generic over the C lock behind them.
//!
//! - [`Mutex`](mutex::Mutex) sleeps; [`SpinLock`](spinlock::SpinLock) spins with preemption off;
//!   [`SpinLockIrq`](spinlock::SpinLockIrq) spins with interrupts off.
//! - [`GlobalLock`] is for a `static`.
//!
//! C headers: [`include/linux/mutex.h`](srctree/include/linux/mutex.h),
//! [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)
//!
//! # Examples
//!
//! ```
//! use kernel::sync::{new_spinlock, Arc, SpinLock};
//!
//! let stats: Arc<SpinLock<(u64, u64)>> = Arc::pin_init(new_spinlock!((0, 0)), GFP_KERNEL)?;
//! {
//!     let mut stats = stats.lock();
//!     stats.0 += 1;
//!     stats.1 += 4096;
//! }
//! assert_eq!(stats.try_lock().map(|stats| stats.1), Some(4096));
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use super::LockClassKey;
use crate::{
    str::{CStr, CStrExt as _},
    types::{NotThreadSafe, Opaque, ScopeGuard},
};
use core::{cell::UnsafeCell, marker::PhantomPinned, pin::Pin};
use pin_init::{pin_data, pin_init, PinInit, Wrapper};

pub mod global;
pub mod mutex;
pub mod spinlock;

pub use global::{GlobalGuard, GlobalLock, GlobalLockBackend, GlobalLockedBy};

/// A kind of lock: how to initialise, take and give back the C object.
///
/// # Safety
///
/// - While a lock is taken, by [`lock`](Self::lock), a successful [`try_lock`](Self::try_lock) or
///   [`relock`](Self::relock), nobody else can take it until [`unlock`](Self::unlock).
/// - `relock` takes the lock as `lock` does.
pub unsafe trait Backend {
    /// The C object.
    type State;

    /// What has to be kept between taking the lock and giving it back.
    type GuardState;

    /// Initialises the lock.
    ///
    /// # Safety
    ///
    /// `ptr` is valid for writes and stays where it is; `name` and `key` live as long as the lock.
    unsafe fn init(ptr: *mut Self::State, name: *const crate::ffi::c_char, key: *mut bindings::lock_class_key);

    /// Takes the lock, waiting for it if need be.
    ///
    /// # Safety
    ///
    /// `ptr` has been initialised by [`init`](Self::init).
    #[must_use]
    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState;

    /// Takes the lock if that is possible at once.
    ///
    /// # Safety
    ///
    /// As [`lock`](Self::lock).
    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState>;

    /// Gives the lock back.
    ///
    /// # Safety
    ///
    /// The caller (for a sleeping lock: its task) holds the lock, and `guard_state` comes from taking it.
    unsafe fn unlock(ptr: *mut Self::State, guard_state: &Self::GuardState);

    /// Takes the lock again after an `unlock` with the same `guard_state`.
    ///
    /// # Safety
    ///
    /// As [`lock`](Self::lock), and `guard_state` comes from taking this lock before.
    #[inline]
    unsafe fn relock(ptr: *mut Self::State, guard_state: &mut Self::GuardState) {
        // SAFETY: The caller promises an initialised lock.
        *guard_state = unsafe { Self::lock(ptr) };
    }

    /// Has lockdep complain unless the lock is held.
    ///
    /// # Safety
    ///
    /// As [`lock`](Self::lock).
    unsafe fn assert_is_held(ptr: *mut Self::State);
}

/// A value behind a lock of the kind `B`.
///
/// # Invariants
///
/// `state` is initialised, except in a [`GlobalLock`] before its `init`.
#[repr(C)]
#[pin_data]
pub struct Lock<T: ?Sized, B: Backend> {
    #[pin]
    state: Opaque<B::State>,

    // C keeps the address, e.g. in a list of waiters.
    #[pin]
    _pin: PhantomPinned,

    #[pin]
    pub(crate) data: UnsafeCell<T>,
}

// SAFETY: Sending the lock sends the value.
unsafe impl<T: ?Sized + Send, B: Backend> Send for Lock<T, B> {}

// SAFETY: Only one thread at a time gets at the value, so sharing the lock does no more than send the value to and fro.
unsafe impl<T: ?Sized + Send, B: Backend> Sync for Lock<T, B> {}

impl<T, B: Backend> Lock<T, B> {
    /// Makes a lock; the macros named `new_*!` supply name and class.
    pub fn new(t: impl PinInit<T>, name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            data <- UnsafeCell::pin_init(t),
            _pin: PhantomPinned,
            // INVARIANT: Initialised here.
            // SAFETY: `slot` is valid and stays where it is; `name` and `key` are `'static`.
            state <- Opaque::ffi_init(|slot| unsafe { B::init(slot, name.as_char_ptr(), key.as_ptr()) }),
        })
    }
}

impl<B: Backend> Lock<(), B> {
    /// Looks at a C lock as a Rust lock that protects nothing by itself.
    ///
    /// # Safety
    ///
    /// During `'a`, `ptr` is valid and initialised as a lock of this kind.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *mut B::State) -> &'a Self {
        // INVARIANT: The caller promises an initialised lock.
        // SAFETY: `state` is the first field and the others have no size; the caller promises the rest.
        unsafe { &*ptr.cast() }
    }
}

impl<T: ?Sized, B: Backend> Lock<T, B> {
    /// Takes the lock, waiting for it if need be.
    #[inline]
    pub fn lock(&self) -> Guard<'_, T, B> {
        // SAFETY: By the type invariant.
        let state = unsafe { B::lock(self.state.get()) };
        // SAFETY: Just taken.
        unsafe { Guard::new(self, state) }
    }

    /// Takes the lock if that is possible at once.
    // `Option` itself is not `must_use`.
    #[must_use = "if unused, the lock will be immediately unlocked"]
    #[inline]
    pub fn try_lock(&self) -> Option<Guard<'_, T, B>> {
        // SAFETY: By the type invariant.
        let state = unsafe { B::try_lock(self.state.get()) }?;
        // SAFETY: Just taken.
        Some(unsafe { Guard::new(self, state) })
    }
}

/// Evidence that the lock is held, and access to what it protects; gives the lock back when dropped.
///
/// # Invariants
///
/// The lock is held by the owner of the guard, and `state` comes from taking it.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub struct Guard<'a, T: ?Sized, B: Backend> {
    pub(crate) lock: &'a Lock<T, B>,
    pub(crate) state: B::GuardState,
    _not_send: NotThreadSafe,
}

// SAFETY: A shared guard gives no more than a shared reference to the value.
unsafe impl<T: Sync + ?Sized, B: Backend> Sync for Guard<'_, T, B> {}

impl<'a, T: ?Sized, B: Backend> Guard<'a, T, B> {
    /// The lock that is held.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::sync::{lock::{Backend, Guard, Lock}, new_mutex, Mutex};
    ///
    /// fn is_guard_of<T, B: Backend>(guard: &Guard<'_, T, B>, lock: &Lock<T, B>) -> bool {
    ///     core::ptr::eq(guard.lock_ref(), lock)
    /// }
    ///
    /// let lock: Pin<KBox<Mutex<u8>>> = KBox::pin_init(new_mutex!(0), GFP_KERNEL)?;
    /// assert!(is_guard_of(&lock.lock(), &lock));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn lock_ref(&self) -> &'a Lock<T, B> {
        self.lock
    }

    /// Pinned access to what is protected, for a value that must not move.
    pub fn as_mut(&mut self) -> Pin<&mut T> {
        // SAFETY: `Lock::data` is structurally pinned, and the guard gives exclusive access.
        unsafe { Pin::new_unchecked(&mut *self.lock.data.get()) }
    }

    /// Runs `cb` with the lock given back.
    pub(crate) fn do_unlocked<U>(&mut self, cb: impl FnOnce() -> U) -> U {
        // SAFETY: By the type invariant the lock is held.
        unsafe { B::unlock(self.lock.state.get(), &self.state) };
        let _relock = ScopeGuard::new(||
            // SAFETY: Given back above; the lock is initialised.
            unsafe { B::relock(self.lock.state.get(), &mut self.state) });
        cb()
    }

    /// Makes a guard for a lock that is held already.
    ///
    /// # Safety
    ///
    /// The caller holds `lock`, hands it over to the guard, and `state` comes from taking it.
    #[inline]
    pub unsafe fn new(lock: &'a Lock<T, B>, state: B::GuardState) -> Self {
        // SAFETY: By the type invariant of `Lock`.
        unsafe { B::assert_is_held(lock.state.get()) };
        // INVARIANT: The caller promises it.
        Self { lock, state, _not_send: NotThreadSafe }
    }
}

impl<T: ?Sized, B: Backend> core::ops::Deref for Guard<'_, T, B> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: The lock is held, and exclusive access needs an exclusive reference to the guard.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized, B: Backend> core::ops::DerefMut for Guard<'_, T, B>
where
    T: Unpin,
{
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: The lock is held, and `self` is borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized, B: Backend> Drop for Guard<'_, T, B> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the lock is held.
        unsafe { B::unlock(self.lock.state.get(), &self.state) };
    }
}
