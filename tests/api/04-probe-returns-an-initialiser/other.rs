// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::prelude::*;

pub fn run<T>(initialiser: impl PinInit<T, i32>) -> Result<T, i32> {
    initialiser.init()
}
