// SPDX-License-Identifier: GPL-2.0
//! A value that is set at most once, by whoever comes first.
//!
//! C header: none.
//!
//! Available on every supported kernel.

use super::atomic::{Acquire, Atomic, Relaxed, Release};
use core::{cell::UnsafeCell, mem::MaybeUninit};

const EMPTY: u32 = 0;
const BUSY: u32 = 1;
const SET: u32 = 2;

/// A container that can be populated once and read by anybody from then on.
///
/// # Invariants
///
/// - `state` goes from `EMPTY` to `BUSY` to `SET`, and never back.
/// - In `BUSY` the one who made it so has exclusive access to `value`.
/// - In `SET` `value` is initialised, and there is only shared access to it.
///
/// # Examples
///
/// ```
/// use kernel::sync::SetOnce;
///
/// let major = SetOnce::new();
/// assert_eq!(major.copy(), None);
/// assert!(major.populate(240u32));
/// assert!(!major.populate(241));
/// assert_eq!(major.as_ref(), Some(&240));
/// ```
pub struct SetOnce<T> {
    state: Atomic<u32>,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> SetOnce<T> {
    /// Makes an empty one.
    pub const fn new() -> Self {
        // INVARIANT: Empty: `value` may be uninitialised.
        Self { state: Atomic::new(EMPTY), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The value, if it has been set.
    pub fn as_ref(&self) -> Option<&T> {
        if self.state.load(Acquire) != SET {
            return None;
        }
        // SAFETY: By the type invariant it is initialised and stays as it is; the acquire load comes after the release
        // store that followed the initialisation.
        Some(unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// Sets the value if nobody else has, or is just doing it; says whether it did. Otherwise `value` is dropped.
    pub fn populate(&self, value: T) -> bool {
        // INVARIANT: The exchange succeeds for one caller only, and gives it exclusive access.
        if self.state.cmpxchg(EMPTY, BUSY, Relaxed).is_err() {
            return false;
        }
        // SAFETY: Exclusive access, by the type invariant.
        unsafe { (*self.value.get()).write(value) };
        // INVARIANT: Initialised, and the exclusive access ends here.
        self.state.store(SET, Release);
        true
    }

    /// A copy of the value, if it has been set.
    pub fn copy(&self) -> Option<T>
    where
        T: Copy,
    {
        self.as_ref().copied()
    }
}

impl<T> Drop for SetOnce<T> {
    fn drop(&mut self) {
        if *self.state.get_mut() == SET {
            // SAFETY: By the type invariant it is initialised; nobody has access any more.
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}

// SAFETY: Sending it sends the value.
unsafe impl<T: Send> Send for SetOnce<T> {}

// SAFETY: It gives shared access to the value (`T: Sync`), and takes a value in from any thread (`T: Send`).
unsafe impl<T: Send + Sync> Sync for SetOnce<T> {}
