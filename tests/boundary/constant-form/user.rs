// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub const TO_DEVICE: u32 = bindings::DMA_TO_DEVICE;
