// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub const FAST: u32 = bindings::MODE_FAST;
