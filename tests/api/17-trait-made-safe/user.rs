// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::init::{Init, Zeroable};

pub struct Mine(pub u8);

// SAFETY: Zero is a number.
unsafe impl Zeroable for Mine {}

impl Init for Mine {}
