// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

use core::ffi::c_char;

pub fn text(secid: u32) -> Result<(*mut c_char, u32), i32> {
    let (mut data, mut len) = (core::ptr::null_mut(), 0);
    // SAFETY: Both are valid.
    match unsafe { bindings::security_secid_to_secctx(secid, &mut data, &mut len) } {
        0 => Ok((data, len)),
        error => Err(error),
    }
}
