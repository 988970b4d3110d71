// SPDX-License-Identifier: GPL-2.0
//! Waiting until something has been done.
//!
//! C header: [`include/linux/completion.h`](srctree/include/linux/completion.h)
//!
//! Available on every supported kernel.

use crate::types::Opaque;
use pin_init::{pin_data, pin_init, PinInit};

/// One-time event that tasks can wait for.
///
/// # Examples
///
/// ```
/// use kernel::sync::Completion;
///
/// let ready = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
/// ready.complete_all();
/// // It stays complete, so this does not wait, however often it is called.
/// ready.wait_for_completion();
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct Completion {
    #[pin]
    inner: Opaque<bindings::completion>,
}

// SAFETY: It has no tie to a thread.
unsafe impl Send for Completion {}

// SAFETY: `struct completion` has a lock of its own.
unsafe impl Sync for Completion {}

impl Completion {
    /// Makes a completion of something that has not been done yet.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: `slot` is memory for a completion, and stays where it is.
            inner <- Opaque::ffi_init(|slot| unsafe { bindings::init_completion(slot) }),
        })
    }

    /// Wakes everybody who waits, and lets everybody through from now on.
    #[inline]
    pub fn complete_all(&self) {
        // SAFETY: It has been initialised.
        unsafe { bindings::complete_all(self.inner.get()) };
    }

    /// Waits for it, without regard to signals.
    #[inline]
    pub fn wait_for_completion(&self) {
        // SAFETY: It has been initialised.
        unsafe { bindings::wait_for_completion(self.inner.get()) };
    }
}
