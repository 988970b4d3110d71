// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::hrtimer::{Mode, Restart};

pub fn again(restart: Restart, _mode: Mode) -> bool {
    match restart {
        Restart::No => false,
        _ => true,
    }
}

pub fn mode() -> Mode {
    Mode::Absolute
}
