// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::dma::{Memory, set_mask};

pub fn first(memory: &Memory) -> u8 {
    set_mask(32);
    memory.view()
}
