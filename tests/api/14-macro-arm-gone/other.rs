// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::log;

pub fn say() {
    log!("a");
}
