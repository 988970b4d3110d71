// SPDX-License-Identifier: MIT OR Apache-2.0
//! A constant can no longer be made by a call.
pub mod bits {
    pub const fn mask(bits: u32) -> u32 {
        (1 << bits) - 1
    }
}
