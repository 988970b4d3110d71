// SPDX-License-Identifier: MIT OR Apache-2.0
//! A function asks its caller for a promise; another no longer does.
pub mod dma {
    pub struct Memory(pub u8);
    impl Memory {
        pub fn view(&self) -> u8 {
            self.0
        }
        /// # Safety
        ///
        /// Nobody else writes.
        pub unsafe fn read(&self) -> u8 {
            self.0
        }
    }
    pub fn set_mask(_bits: u32) {}
}
