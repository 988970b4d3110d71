// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn count() -> i32 {
    // SAFETY: It has no condition.
    unsafe { bindings::for_each_cpu() }
}
