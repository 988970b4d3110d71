// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn both(it: &mut bindings::thing) -> i64 {
    // SAFETY: Both are valid.
    unsafe { bindings::write_all([1].as_ptr(), 1) + i64::from(bindings::look(it)) }
}
