// SPDX-License-Identifier: GPL-2.0
//! Reference counts that saturate instead of overflowing.
//!
//! The layout and the behaviour are those of C's `refcount_t`, and both sides may use the same one. The common path is
//! written in Rust as the C inline functions are written in their header, so that taking and giving back a reference
//! costs what it costs in C; what to do about a misused count is left to C's `refcount_warn_saturate()`.
//!
//! C header: [`include/linux/refcount.h`](srctree/include/linux/refcount.h)
//!
//! # Examples
//!
//! ```
//! use kernel::sync::Refcount;
//!
//! let users = Refcount::new(1);
//! users.inc();
//! users.dec();
//! assert!(users.dec_and_test());
//! ```
//!
//! Available on every supported kernel.

use super::atomic::{Atomic, Relaxed, Release};
use crate::{ffi::c_int, types::Opaque};
use core::{
    mem::{align_of, size_of},
    sync::atomic::{fence, Ordering::Acquire},
};

/// A reference count.
///
/// # Invariants
///
/// The counter of the `refcount_t` is only ever accessed atomically.
#[repr(transparent)]
pub struct Refcount(Opaque<bindings::refcount_t>);

// `as_atomic` rests on it.
const _: () = assert!(size_of::<bindings::refcount_t>() == size_of::<c_int>());
const _: () = assert!(align_of::<bindings::refcount_t>() == align_of::<c_int>());

impl Refcount {
    /// Makes a count of `value`.
    #[inline]
    pub fn new(value: i32) -> Self {
        // INVARIANT: Nobody else has access yet.
        Self(Opaque::new(bindings::refcount_t { refs: bindings::atomic_t { counter: value } }))
    }

    /// The counter itself, which does not saturate when it is changed.
    #[inline]
    pub fn as_atomic(&self) -> &Atomic<i32> {
        // SAFETY: A `refcount_t` holds one `atomic_t`, which holds one `int`; it lives as long as `self`, and by the
        // type invariant everybody accesses it atomically.
        unsafe { Atomic::from_ptr(self.0.get().cast()) }
    }

    /// Sets the count, without an ordering.
    #[inline]
    pub fn set(&self, value: i32) {
        self.as_atomic().store(value, Relaxed);
    }

    /// Takes a reference, for who has one already: without an ordering.
    ///
    /// Saturates and warns when the count was zero or would overflow.
    #[inline]
    pub fn inc(&self) {
        let old = self.as_atomic().fetch_add(1, Relaxed);
        if old == 0 {
            self.saturate(bindings::refcount_saturation_type_REFCOUNT_ADD_UAF);
        } else if old < 0 || old == i32::MAX {
            self.saturate(bindings::refcount_saturation_type_REFCOUNT_ADD_OVF);
        }
    }

    /// Gives back a reference that cannot be the last one, with release ordering.
    ///
    /// Saturates and warns when the count falls to zero or below.
    #[inline]
    pub fn dec(&self) {
        if self.as_atomic().fetch_sub(1, Release) <= 1 {
            self.saturate(bindings::refcount_saturation_type_REFCOUNT_DEC_LEAK);
        }
    }

    /// Gives back a reference and says whether it was the last one.
    ///
    /// Everything that was done with the other references comes before what the caller does after a `true`. Saturates
    /// and warns when the count was zero or saturated already.
    #[inline]
    #[must_use = "use `dec` instead if you do not need to test if it is 0"]
    pub fn dec_and_test(&self) -> bool {
        let old = self.as_atomic().fetch_sub(1, Release);
        if old == 1 {
            // As C's `smp_acquire__after_ctrl_dep()`: no instruction on x86, `dmb ishld` on arm64.
            fence(Acquire);
            return true;
        }
        if old <= 0 {
            self.saturate(bindings::refcount_saturation_type_REFCOUNT_SUB_UAF);
        }
        false
    }

    #[cold]
    fn saturate(&self, kind: bindings::refcount_saturation_type) {
        // SAFETY: `self` is a live `refcount_t`; the function sets it to its saturated value and warns once.
        unsafe { bindings::refcount_warn_saturate(self.0.get(), kind) };
    }
}

// SAFETY: It is an integer.
unsafe impl Send for Refcount {}

// SAFETY: By the type invariant every access is atomic.
unsafe impl Sync for Refcount {}
