// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

extern "C" fn matches(_device: *mut bindings::phy_device) -> i32 {
    1
}

pub fn driver() -> bindings::phy_driver {
    bindings::phy_driver { match_phy_device: Some(matches) }
}
