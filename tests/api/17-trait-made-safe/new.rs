// SPDX-License-Identifier: MIT OR Apache-2.0
//! An `unsafe impl` of a trait that no longer asks for it is refused.
pub mod init {
    pub trait Zeroable {}
    /// # Safety
    ///
    /// It initialises all of it.
    pub unsafe trait Init {}
}
