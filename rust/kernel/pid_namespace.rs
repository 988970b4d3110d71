// SPDX-License-Identifier: GPL-2.0
//! Pid namespaces.
//!
//! C header: [`include/linux/pid_namespace.h`](srctree/include/linux/pid_namespace.h)
//!
//! # Examples
//!
//! ```
//! let task = current!();
//! let tgid = task.tgid_nr_ns(task.active_pid_ns());
//! assert_eq!(tgid, task.tgid_nr_ns(None));
//! ```
//!
//! Available on every supported kernel.

use crate::{sync::aref::AlwaysRefCounted, types::Opaque};
use core::ptr;

/// A `struct pid_namespace`.
///
/// # Invariants
///
/// A reference to it keeps it alive: everything that gives one out either counts it or knows who does.
#[repr(transparent)]
pub struct PidNamespace {
    inner: Opaque<bindings::pid_namespace>,
}

impl PidNamespace {
    /// The C object.
    #[inline]
    pub fn as_ptr(&self) -> *mut bindings::pid_namespace {
        self.inner.get()
    }

    /// Looks at a C namespace.
    ///
    /// # Safety
    ///
    /// `ptr` points to a namespace that is alive during `'a`.
    #[inline]
    pub unsafe fn from_ptr<'a>(ptr: *const bindings::pid_namespace) -> &'a Self {
        // SAFETY: The caller promises it; the type is transparent.
        unsafe { &*ptr.cast() }
    }
}

// SAFETY: `pid_namespace` is counted, and made in C only.
unsafe impl AlwaysRefCounted for PidNamespace {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: By the type invariant it is alive.
        unsafe { bindings::get_pid_ns(self.as_ptr()) };
    }

    #[inline]
    unsafe fn dec_ref(obj: ptr::NonNull<PidNamespace>) {
        // SAFETY: The caller gives up its reference.
        unsafe { bindings::put_pid_ns(obj.cast().as_ptr()) };
    }
}

// SAFETY: The last reference may be given back on any thread.
unsafe impl Send for PidNamespace {}

// SAFETY: There are no methods that access it without synchronisation.
unsafe impl Sync for PidNamespace {}
