// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn order(page: i32) -> i32 {
    // SAFETY: Any page will do.
    unsafe { bindings::page_order(page) }
}
