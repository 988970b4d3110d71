// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::platform;

pub struct Sample;

impl platform::Driver for Sample {
    fn probe(_device: &mut platform::Device) -> Result<Self, i32> {
        Ok(Sample)
    }
}
