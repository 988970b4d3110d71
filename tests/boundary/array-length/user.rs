// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn room(id: &bindings::device_id) -> usize {
    id.name.len()
}
