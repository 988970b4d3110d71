// SPDX-License-Identifier: MIT OR Apache-2.0
//! A box says where its memory comes from (v6.13).
pub mod alloc {
    pub struct Box<T>(pub T);
    impl<T> Box<T> {
        pub fn new(value: T, _flags: u32) -> Result<Self, i32> {
            Ok(Self(value))
        }
    }
}
