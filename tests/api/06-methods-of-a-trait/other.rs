// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::prelude::*;

pub fn length(name: &CStr) -> usize {
    name.len()
}
