// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::dma::{Memory, set_mask};

pub fn first(memory: &Memory) -> u8 {
    // SAFETY: Nothing is mapped, and nobody else writes.
    unsafe {
        set_mask(32);
        memory.view() + memory.read()
    }
}
