// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

/// # Safety
///
/// The block is valid.
pub unsafe fn position(kiocb: *const bindings::kiocb) -> i64 {
    // SAFETY: The caller promises it.
    unsafe { (*kiocb).ki_pos }
}
