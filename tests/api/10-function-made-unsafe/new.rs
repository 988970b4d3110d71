// SPDX-License-Identifier: MIT OR Apache-2.0
//! A function asks its caller for a promise; another no longer does.
pub mod dma {
    pub struct Memory(pub u8);
    impl Memory {
        /// # Safety
        ///
        /// Nobody else writes.
        pub unsafe fn view(&self) -> u8 {
            self.0
        }
        pub fn read(&self) -> u8 {
            self.0
        }
    }
    /// # Safety
    ///
    /// Nothing is mapped.
    pub unsafe fn set_mask(_bits: u32) {}
}
