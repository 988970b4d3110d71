// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

/// # Safety
///
/// The mutex is valid.
pub unsafe fn try_lock(lock: *mut bindings::mutex) -> bool {
    // SAFETY: The caller promises it.
    unsafe { bindings::mutex_trylock(lock) != 0 }
}
