// SPDX-License-Identifier: MIT OR Apache-2.0
//! A function has another name; a method, and a constant, are gone.
pub mod pci {
    pub struct Device(pub u16);
    impl Device {
        pub fn class(&self) -> u16 {
            self.0
        }
    }
    pub fn slot_of(device: &Device) -> u16 {
        device.0
    }
}
