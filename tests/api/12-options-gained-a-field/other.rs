// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::miscdevice::{Limits, Options};

pub fn name(options: &Options) -> &'static str {
    let Options { name, .. } = options;
    name
}

pub fn limits() -> Limits {
    Limits { sectors: 2, ..Limits::default() }
}
