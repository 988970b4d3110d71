// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::{hrtimer::Timer, time::fsleep};

pub fn wait(timer: &Timer) {
    fsleep(1_000);
    timer.start(5);
}

pub fn all(timers: &[Timer]) {
    timers.iter().for_each(|timer| timer.start(7));
}
