// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn first() -> bindings::sector_t {
    0u32
}
