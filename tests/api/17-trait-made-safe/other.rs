// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::init::{Init, Zeroable};

pub fn both<T: Init + Zeroable>(value: T) -> T {
    value
}
