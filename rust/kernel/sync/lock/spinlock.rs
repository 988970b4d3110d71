// SPDX-License-Identifier: GPL-2.0
//! Locks that spin.
//!
//! [`SpinLock`] turns preemption off. [`SpinLockIrq`] also turns interrupts off on its processor: what it protects
//! may be shared with an interrupt handler. Under PREEMPT_RT both are sleeping locks and leave both on, as in C.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     interrupt::local_interrupt_disable,
//!     sync::{new_spinlock_irq, SpinLockIrq},
//! };
//!
//! let pending: Pin<KBox<SpinLockIrq<u32>>> = KBox::pin_init(new_spinlock_irq!(0), GFP_KERNEL)?;
//! *pending.lock() += 1;
//!
//! // Where interrupts are known to be off, taking it costs no more than a `SpinLock`.
//! let off = local_interrupt_disable();
//! assert_eq!(*pending.lock_with(&off), 1);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel; where C has no `spin_lock_irq_disable()`, helpers do the same (see
//! [`interrupt`](crate::interrupt)).

use super::{Backend, Guard, Lock};
use crate::interrupt::LocalInterruptDisabled;

/// Makes a [`SpinLock`] with a lock class of its own, named after the place in the source unless a name is given.
#[macro_export]
macro_rules! new_spinlock {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::SpinLock::new($inner, $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}
pub use new_spinlock;

/// A value that one processor at a time can access, while the others spin.
///
/// The holder must not sleep. To share with an interrupt handler use [`SpinLockIrq`].
pub type SpinLock<T> = Lock<T, SpinLockBackend>;

/// `spinlock_t`, with preemption off.
pub struct SpinLockBackend;

/// Access to what a [`SpinLock`] protects, or a [`SpinLockIrq`] under a [`LocalInterruptDisabled`].
pub type SpinLockGuard<'a, T> = Guard<'a, T, SpinLockBackend>;

// SAFETY: A `spinlock_t` excludes.
unsafe impl Backend for SpinLockBackend {
    type State = bindings::spinlock_t;
    type GuardState = ();

    unsafe fn init(ptr: *mut Self::State, name: *const crate::ffi::c_char, key: *mut bindings::lock_class_key) {
        // SAFETY: The caller promises valid pointers that live long enough.
        unsafe { bindings::__spin_lock_init(ptr, name, key) }
    }

    #[inline]
    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState {
        // `spin_lock()` is an inline function that does nothing but call this one on the `raw_spinlock_t` that a
        // `spinlock_t` starts with.
        #[cfg(all(kmod_has = "export:_raw_spin_lock", not(CONFIG_PREEMPT_RT)))]
        // SAFETY: The caller promises an initialised lock.
        unsafe {
            bindings::_raw_spin_lock(ptr.cast())
        };
        #[cfg(not(all(kmod_has = "export:_raw_spin_lock", not(CONFIG_PREEMPT_RT))))]
        // SAFETY: The caller promises an initialised lock.
        unsafe {
            bindings::spin_lock(ptr)
        };
    }

    #[inline]
    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState> {
        // SAFETY: The caller promises an initialised lock.
        let taken = unsafe { bindings::spin_trylock(ptr) };
        (taken != 0).then_some(())
    }

    #[inline]
    unsafe fn unlock(ptr: *mut Self::State, _guard_state: &Self::GuardState) {
        // As for `lock`; without CONFIG_UNINLINE_SPIN_UNLOCK it is inline to the end.
        #[cfg(all(kmod_has = "export:_raw_spin_unlock", not(CONFIG_PREEMPT_RT)))]
        // SAFETY: The caller holds the lock.
        unsafe {
            bindings::_raw_spin_unlock(ptr.cast())
        };
        #[cfg(not(all(kmod_has = "export:_raw_spin_unlock", not(CONFIG_PREEMPT_RT))))]
        // SAFETY: The caller holds the lock.
        unsafe {
            bindings::spin_unlock(ptr)
        };
    }

    #[inline]
    unsafe fn assert_is_held(ptr: *mut Self::State) {
        assert_is_held(ptr)
    }
}

#[inline]
fn assert_is_held(ptr: *mut bindings::spinlock_t) {
    #[cfg(CONFIG_LOCKDEP)]
    // SAFETY: Both backends' callers promise an initialised lock.
    unsafe {
        bindings::spin_assert_is_held(ptr)
    };
    #[cfg(not(CONFIG_LOCKDEP))]
    let _ = ptr;
}

/// Makes a [`SpinLockIrq`] with a lock class of its own, named after the place in the source unless a name is given.
#[macro_export]
macro_rules! new_spinlock_irq {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::SpinLockIrq::new($inner, $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}
pub use new_spinlock_irq;

/// A value that one processor at a time can access, with its interrupts off.
///
/// Guards, and [`LocalInterruptDisabled`], may be dropped in any order: interrupts come back with the last one.
pub type SpinLockIrq<T> = super::Lock<T, SpinLockIrqBackend>;

/// `spinlock_t`, with interrupts off.
pub struct SpinLockIrqBackend;

/// Access to what a [`SpinLockIrq`] protects.
pub type SpinLockIrqGuard<'a, T> = Guard<'a, T, SpinLockIrqBackend>;

// SAFETY: A `spinlock_t` excludes.
unsafe impl Backend for SpinLockIrqBackend {
    type State = bindings::spinlock_t;
    type GuardState = ();

    unsafe fn init(ptr: *mut Self::State, name: *const crate::ffi::c_char, key: *mut bindings::lock_class_key) {
        // SAFETY: The caller promises valid pointers that live long enough.
        unsafe { bindings::__spin_lock_init(ptr, name, key) }
    }

    #[inline]
    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState {
        // SAFETY: The caller promises an initialised lock.
        unsafe { bindings::spin_lock_irq_disable(ptr) };
    }

    #[inline]
    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState> {
        // SAFETY: The caller promises an initialised lock.
        let taken = unsafe { bindings::spin_trylock_irq_disable(ptr) };
        (taken != 0).then_some(())
    }

    #[inline]
    unsafe fn unlock(ptr: *mut Self::State, _guard_state: &Self::GuardState) {
        // SAFETY: The caller holds the lock, with interrupts turned off by `lock` or `try_lock`.
        unsafe { bindings::spin_unlock_irq_enable(ptr) };
    }

    #[inline]
    unsafe fn assert_is_held(ptr: *mut Self::State) {
        assert_is_held(ptr)
    }
}

impl<T: ?Sized> Lock<T, SpinLockIrqBackend> {
    /// Looks at it as the lock that leaves interrupts alone.
    #[inline]
    fn as_spin_lock<'a>(&'a self, _context: &'a LocalInterruptDisabled) -> &'a Lock<T, SpinLockBackend> {
        let lock = core::ptr::from_ref(self) as *const Lock<T, SpinLockBackend>;
        // SAFETY: Both have the same C object, hence the same layout. Interrupts stay off during `'a`, so that the
        // holder cannot be interrupted by a handler that wants the same lock.
        unsafe { &*lock }
    }

    /// Takes the lock where interrupts are off already.
    #[inline]
    pub fn lock_with<'a>(&'a self, context: &'a LocalInterruptDisabled) -> SpinLockGuard<'a, T> {
        self.as_spin_lock(context).lock()
    }

    /// Takes the lock where interrupts are off already, if that is possible at once.
    #[must_use = "if unused, the lock will be immediately unlocked"]
    #[inline]
    pub fn try_lock_with<'a>(&'a self, context: &'a LocalInterruptDisabled) -> Option<SpinLockGuard<'a, T>> {
        self.as_spin_lock(context).try_lock()
    }
}
