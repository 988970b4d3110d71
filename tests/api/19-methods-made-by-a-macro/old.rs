// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was written twice is written once, in a macro, of which a reader of the source sees only names.
pub mod iov {
    pub struct Source(pub usize);
    impl Source {
        pub fn len(&self) -> usize {
            self.0
        }
    }
}
