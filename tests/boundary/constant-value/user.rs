// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub const STOPPED: u32 = bindings::QUEUE_FLAG_STOPPED;
