// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub const READ: u64 = bindings::VM_READ as u64;
