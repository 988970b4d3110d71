// SPDX-License-Identifier: GPL-2.0
//! Warnings with a back-trace.
//!
//! C header: [`include/asm-generic/bug.h`](srctree/include/asm-generic/bug.h)
//!
//! All supported kernels have what this module needs. How C marks the place of a warning differs from kernel to kernel,
//! so the C side makes it: the log names the Rust file and line in front of the warning, and the Rust functions in the
//! back-trace.
//!
//! # Examples
//!
//! ```
//! let pending = 0;
//! if kernel::warn_on!(pending != 0) {
//!     return Err(EBUSY);
//! }
//! # Ok::<(), Error>(())
//! ```

/// What [`warn_on!`](crate::warn_on) does when the condition is true. A warning always taints the kernel in the same
/// way.
#[doc(hidden)]
#[macro_export]
macro_rules! warn_flags {
    ($file:expr, $flags:expr) => {{
        const _: u32 = $flags;
        $crate::bug::warn($file, ::core::line!());
    }};
}

/// Prints the warning.
#[doc(hidden)]
#[cold]
#[inline(never)]
pub fn warn(file: &str, line: u32) {
    // SAFETY: `file` is valid for its length during the call.
    unsafe { bindings::rust_warn(file.as_ptr(), file.len(), line) };
}

/// The flags that taint the kernel with `value`.
#[doc(hidden)]
pub const fn bugflag_taint(value: u32) -> u32 {
    value << 8
}

/// Prints a warning with a back-trace when the condition is true; returns the condition.
///
/// For what can only happen if there is a bug. Users may have set `panic_on_warn`.
///
/// ```
/// assert!(!kernel::warn_on!(1 + 1 == 3));
/// ```
#[macro_export]
macro_rules! warn_on {
    ($cond:expr) => {{
        let condition: bool = $cond;
        if condition {
            $crate::warn_flags!(::core::file!(), $crate::bug::bugflag_taint($crate::bindings::TAINT_WARN as u32));
        }
        condition
    }};
}
