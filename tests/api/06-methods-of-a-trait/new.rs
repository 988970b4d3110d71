// SPDX-License-Identifier: MIT OR Apache-2.0
//! `CStr` is the language's own, and what only the kernel needs of it is of a trait (v6.19).
pub mod prelude {
    pub use crate::str::CStr;
}
pub mod str {
    pub struct CStr(pub u8);
    impl CStr {
        pub fn len(&self) -> usize {
            1
        }
    }
    pub trait CStrExt {
        fn as_char_ptr(&self) -> *const u8;
    }
    impl CStrExt for CStr {
        fn as_char_ptr(&self) -> *const u8 {
            &self.0
        }
    }
}
