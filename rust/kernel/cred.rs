// SPDX-License-Identifier: GPL-2.0
//! Credentials: on whose behalf something is done.
//!
//! C header: [`include/linux/cred.h`](srctree/include/linux/cred.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{cred::Credential, task::Kuid};
//!
//! /// Says whether the opener of a file is the one who uses it now.
//! fn is_opener(opener: &Credential) -> bool {
//!     opener.euid() == Kuid::current_euid()
//! }
//! ```
//!
//! Available on every supported kernel.

use crate::{sync::aref::AlwaysRefCounted, task::Kuid, types::Opaque};
use core::ptr::NonNull;

/// A `struct cred`.
///
/// # Invariants
///
/// A reference to it keeps it alive: everything that gives one out either counts it or knows who does. It no longer
/// changes, as somebody else may have seen it.
#[repr(transparent)]
pub struct Credential(Opaque<bindings::cred>);

// SAFETY: The last reference may be given back on any thread.
unsafe impl Send for Credential {}

// SAFETY: By the type invariant it does not change.
unsafe impl Sync for Credential {}

impl Credential {
    /// Looks at C credentials.
    ///
    /// # Safety
    ///
    /// `ptr` points to credentials that are alive, and do not change, during `'a`.
    #[inline]
    pub unsafe fn from_ptr<'a>(ptr: *const bindings::cred) -> &'a Credential {
        // SAFETY: The caller promises it; the type is transparent.
        unsafe { &*ptr.cast() }
    }

    /// The C object.
    #[inline]
    pub fn as_ptr(&self) -> *const bindings::cred {
        self.0.get()
    }

    /// The number that the security module has for them; zero if there is none.
    #[inline]
    pub fn get_secid(&self) -> u32 {
        let mut secid = 0;
        // SAFETY: By the type invariant they are alive; `secid` is valid for a write.
        unsafe { bindings::security_cred_getsecid(self.as_ptr(), &mut secid) };
        secid
    }

    /// The effective user.
    #[inline]
    pub fn euid(&self) -> Kuid {
        // SAFETY: By the type invariant they are alive and do not change.
        Kuid::from_raw(unsafe { (*self.as_ptr()).euid })
    }
}

// SAFETY: `struct cred` is counted, and made in C only.
unsafe impl AlwaysRefCounted for Credential {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: By the type invariant they are alive.
        unsafe { bindings::get_cred(self.as_ptr()) };
    }

    #[inline]
    unsafe fn dec_ref(obj: NonNull<Credential>) {
        // SAFETY: The caller gives up its reference.
        unsafe { bindings::put_cred(obj.cast().as_ptr()) };
    }
}
