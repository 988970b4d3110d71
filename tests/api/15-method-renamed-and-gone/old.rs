// SPDX-License-Identifier: MIT OR Apache-2.0
//! A function has another name; a method, and a constant, are gone.
pub mod pci {
    pub struct Device(pub u16);
    impl Device {
        pub const VENDOR: u16 = 1;
        pub fn vendor_id(&self) -> u16 {
            self.0
        }
        pub fn class(&self) -> u16 {
            self.0
        }
    }
    pub fn name_of(device: &Device) -> u16 {
        device.0
    }
}
