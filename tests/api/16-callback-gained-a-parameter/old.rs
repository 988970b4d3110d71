// SPDX-License-Identifier: MIT OR Apache-2.0
//! A trait's function is given one thing more, and a function of a module too.
pub mod phy {
    pub struct Device(pub u32);
    pub struct DriverInfo(pub u32);
    pub trait Driver {
        const FLAGS: u32 = 0;
        fn matches(_device: &Device) -> bool {
            true
        }
        fn resume(_device: &Device) -> Result<(), i32> {
            Ok(())
        }
    }
    pub fn register(_name: &str) {}
}
