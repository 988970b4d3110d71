// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::pci::Device;

pub struct Wrapper(Device);

impl Wrapper {
    pub fn id(&self) -> u16 {
        self.0.class()
    }
}
