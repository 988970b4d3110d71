// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

extern "C" fn update(_cpu: u32) {}

pub fn driver() -> bindings::cpufreq_driver {
    bindings::cpufreq_driver { update_limits: Some(update) }
}
