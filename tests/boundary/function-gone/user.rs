// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn rename(id: i32) -> i32 {
    // SAFETY: Any id will do.
    unsafe { bindings::device_rename_all(id) }
}
