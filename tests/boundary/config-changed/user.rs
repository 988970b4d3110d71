// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

#[cfg(CONFIG_PM_SLEEP)]
pub fn suspend() {}
