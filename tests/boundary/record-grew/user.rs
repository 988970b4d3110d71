// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn idle(work: &bindings::work) -> bool {
    work.func.is_null()
}
