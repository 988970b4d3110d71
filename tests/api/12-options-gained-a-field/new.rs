// SPDX-License-Identifier: MIT OR Apache-2.0
//! A struct that users write in full has one more field; of another, a field is gone.
pub mod miscdevice {
    pub struct Options {
        pub name: &'static str,
        pub mode: u16,
    }
    pub struct Limits {
        pub sectors: u32,
    }
    impl Default for Limits {
        fn default() -> Self {
            Self { sectors: 1 }
        }
    }
}
