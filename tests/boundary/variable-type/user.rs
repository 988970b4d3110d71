// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn level() -> u32 {
    // SAFETY: It is a plain number.
    unsafe { bindings::log_level }
}

pub fn first() -> i32 {
    // SAFETY: It is a plain number.
    unsafe { bindings::log_first }
}
