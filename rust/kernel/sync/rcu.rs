// SPDX-License-Identifier: GPL-2.0
//! Read-copy-update.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)
//!
//! # Examples
//!
//! ```
//! use kernel::sync::rcu;
//!
//! let guard = rcu::read_lock();
//! // What RCU protects stays as it is here.
//! guard.unlock();
//! rcu::synchronize_rcu();
//! ```
//!
//! Available on every supported kernel.

use crate::types::NotThreadSafe;

/// Evidence of being in an RCU read-side critical section, which ends when it is dropped.
///
/// # Invariants
///
/// This thread holds the RCU read lock once for each guard.
pub struct Guard(NotThreadSafe);

impl Guard {
    /// Enters a read-side critical section; they nest.
    #[inline]
    pub fn new() -> Self {
        // Without lockdep, `rcu_read_lock()` is an inline function that does nothing but call this one.
        #[cfg(all(kmod_has = "export:__rcu_read_lock", not(CONFIG_DEBUG_LOCK_ALLOC)))]
        // SAFETY: It may be called in any context; dropping the guard calls its counterpart.
        unsafe {
            bindings::__rcu_read_lock()
        };
        #[cfg(not(all(kmod_has = "export:__rcu_read_lock", not(CONFIG_DEBUG_LOCK_ALLOC))))]
        // SAFETY: It may be called in any context; dropping the guard calls its counterpart.
        unsafe {
            bindings::rcu_read_lock()
        };
        // INVARIANT: Just taken.
        Self(NotThreadSafe)
    }

    /// Leaves the critical section.
    #[inline]
    pub fn unlock(self) {}
}

impl Default for Guard {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        #[cfg(all(kmod_has = "export:__rcu_read_lock", not(CONFIG_DEBUG_LOCK_ALLOC)))]
        // SAFETY: By the type invariant this thread holds the lock.
        unsafe {
            bindings::__rcu_read_unlock()
        };
        #[cfg(not(all(kmod_has = "export:__rcu_read_lock", not(CONFIG_DEBUG_LOCK_ALLOC))))]
        // SAFETY: By the type invariant this thread holds the lock.
        unsafe {
            bindings::rcu_read_unlock()
        };
    }
}

/// Enters a read-side critical section.
#[inline]
pub fn read_lock() -> Guard {
    Guard::new()
}

/// Waits for all callbacks queued so far, on all processors; it sleeps.
#[inline]
pub fn rcu_barrier() {
    // SAFETY: It has no requirements beyond a context that may sleep; sleeping elsewhere is a bug that C reports, not
    // undefined.
    unsafe { bindings::rcu_barrier() };
}

/// Waits until all read-side critical sections that run now have ended; it sleeps.
#[inline]
pub fn synchronize_rcu() {
    // SAFETY: It has no requirements beyond a context that may sleep; sleeping elsewhere is a bug that C reports, not
    // undefined.
    unsafe { bindings::synchronize_rcu() };
}
