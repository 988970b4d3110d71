// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who can be turned into a C pointer has to say what it points to (v6.16).
pub mod types {
    pub trait ForeignOwnable {
        type PointedTo;
        fn into_foreign(self) -> *mut u8;
        fn name() -> &'static str {
            ""
        }
    }
}
