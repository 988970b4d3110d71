// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::sync::Once;

pub fn value(once: &Once) -> u8 {
    once.0
}
