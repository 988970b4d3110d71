// SPDX-License-Identifier: GPL-2.0
//! Asking the security modules.
//!
//! C header: [`include/linux/security.h`](srctree/include/linux/security.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{cred::Credential, security::SecurityCtx};
//!
//! fn log_sender(sender: &Credential) -> Result {
//!     let context = SecurityCtx::from_secid(sender.get_secid())?;
//!     pr_info!("{} bytes of context\n", context.len());
//!     Ok(())
//! }
//! ```
//!
//! Available on every supported kernel; without security modules everything is allowed and there are no contexts.

use crate::{
    cred::Credential,
    error::{to_result, Result},
    ffi::{c_char, c_int},
    fs::File,
};

/// Asks whether a task with these credentials may become the binder's context manager.
#[inline]
pub fn binder_set_context_mgr(mgr: &Credential) -> Result {
    // SAFETY: The reference keeps the credentials alive.
    to_result(unsafe { bindings::security_binder_set_context_mgr(mgr.as_ptr()) })
}

/// Asks whether one may call the other.
#[inline]
pub fn binder_transaction(from: &Credential, to: &Credential) -> Result {
    // SAFETY: The references keep the credentials alive.
    to_result(unsafe { bindings::security_binder_transaction(from.as_ptr(), to.as_ptr()) })
}

/// Asks whether one may send a binder reference to the other.
#[inline]
pub fn binder_transfer_binder(from: &Credential, to: &Credential) -> Result {
    // SAFETY: The references keep the credentials alive.
    to_result(unsafe { bindings::security_binder_transfer_binder(from.as_ptr(), to.as_ptr()) })
}

/// Asks whether one may send a file to the other.
#[inline]
pub fn binder_transfer_file(from: &Credential, to: &Credential, file: &File) -> Result {
    // SAFETY: The references keep the credentials and the file alive.
    to_result(unsafe { bindings::security_binder_transfer_file(from.as_ptr(), to.as_ptr(), file.as_ptr()) })
}

/// A security context: what a security module calls somebody, in text.
///
/// # Invariants
///
/// `data` points to `len` bytes that the security module `id` gave out and that have not been given back.
pub struct SecurityCtx {
    data: *mut c_char,
    len: u32,
    id: c_int,
}

impl SecurityCtx {
    /// Has the security module spell out one of its numbers.
    #[inline]
    pub fn from_secid(secid: u32) -> Result<Self> {
        let mut ctx = Self { data: core::ptr::null_mut(), len: 0, id: 0 };
        // INVARIANT: Filled by the security module, or left empty.
        // SAFETY: All three are valid for writes.
        let ret = unsafe { bindings::secid_to_secctx(secid, &mut ctx.data, &mut ctx.len, &mut ctx.id) };
        match to_result(ret) {
            Ok(()) => Ok(ctx),
            Err(error) => {
                // Nothing was given out, so there is nothing to give back.
                core::mem::forget(ctx);
                Err(error)
            }
        }
    }

    /// Says whether it is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes it has.
    #[inline]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// The bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: By the type invariant they are valid; nobody changes them.
        unsafe { core::slice::from_raw_parts(self.data, self.len()) }
    }
}

impl Drop for SecurityCtx {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the security module gave it out.
        unsafe { bindings::release_secctx(self.data, self.len, self.id) };
    }
}
