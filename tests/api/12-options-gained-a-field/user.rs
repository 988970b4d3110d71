// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::miscdevice::{Limits, Options};

pub fn options() -> Options {
    Options { name: "a" }
}

pub fn limits() -> Limits {
    let limits = Limits { segments: 2, ..Limits::default() };
    limits
}
