// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn options(delay: i32) -> bindings::timer_options {
    bindings::timer_options {
        delay,
        slack: 0,
    }
}
