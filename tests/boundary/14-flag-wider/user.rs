// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub const MERGEABLE: u32 = bindings::VM_MERGEABLE;
