// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::hrtimer::{Mode, Restart};

pub fn again(restart: &Restart) -> bool {
    match restart {
        Restart::No => false,
        Restart::Yes => true,
    }
}

pub fn mode() -> Mode {
    Mode::Relative
}
