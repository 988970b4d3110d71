// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn stop(id: i32) -> i32 {
    // SAFETY: Any id will do.
    unsafe { bindings::driver_halt(id) };
    // SAFETY: Any id will do.
    unsafe { bindings::driver_stop(id) }
}

pub fn count() -> i64 {
    // SAFETY: It has no condition.
    unsafe { bindings::driver_count() }
}
