// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn packets(stats: &bindings::stats) -> u32 {
    stats.packets
}
