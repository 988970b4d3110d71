// SPDX-License-Identifier: MIT OR Apache-2.0
//! A table's marker asks for less, and a second one is for those that carry an index (v6.18).
pub mod device_id {
    /// # Safety
    ///
    /// It is laid out as C has it.
    pub unsafe trait RawDeviceId {}
    /// # Safety
    ///
    /// The offset is right.
    pub unsafe trait RawDeviceIdIndex: RawDeviceId {
        const OFFSET: usize;
    }
}
