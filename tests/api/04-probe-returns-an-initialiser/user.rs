// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::pci;

pub struct Sample;

impl pci::Driver for Sample {
    fn probe(_id: u32) -> Result<Box<Self>, i32> {
        Ok(Box::new(Sample))
    }
}
