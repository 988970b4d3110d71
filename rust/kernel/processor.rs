// SPDX-License-Identifier: GPL-2.0
//! What concerns the processor that runs this code.
//!
//! C header: [`include/vdso/processor.h`](srctree/include/vdso/processor.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     processor::cpu_relax,
//!     sync::atomic::{Atomic, Relaxed},
//! };
//!
//! let ready = Atomic::new(1);
//! while ready.load(Relaxed) == 0 {
//!     cpu_relax();
//! }
//! ```
//!
//! Available on every supported kernel.

/// Tells the processor that it is in a loop that waits for another one, e.g. `pause` on x86.
#[inline]
pub fn cpu_relax() {
    // SAFETY: It has no requirements.
    unsafe { bindings::cpu_relax() };
}
