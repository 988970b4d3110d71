// SPDX-License-Identifier: MIT OR Apache-2.0
//! An `unsafe impl` of a trait that no longer asks for it is refused.
pub mod init {
    /// # Safety
    ///
    /// All zeroes are a value.
    pub unsafe trait Zeroable {}
    pub trait Init {}
}
