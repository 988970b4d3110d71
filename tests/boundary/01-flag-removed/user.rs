// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn flags() -> u32 {
    bindings::BLK_MQ_F_SHOULD_MERGE
}
