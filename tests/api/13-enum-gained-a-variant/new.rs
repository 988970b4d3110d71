// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a timer's callback may answer, and what a device's state may be.
pub mod hrtimer {
    pub enum Restart {
        No,
        Yes,
        Later,
    }
    pub enum Mode {
        Absolute,
    }
}
