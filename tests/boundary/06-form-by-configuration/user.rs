// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

/// # Safety
///
/// The lock is valid.
pub unsafe fn check(lock: *mut bindings::spinlock) -> *mut i32 {
    // SAFETY: The caller promises it.
    unsafe { bindings::spinlock_check(lock) }
}
