// SPDX-License-Identifier: MIT OR Apache-2.0
//! A macro no longer takes the form without a name.
pub mod sync {
    pub struct Lock(pub &'static str);
}
#[macro_export]
macro_rules! new_lock {
    ($name:expr) => {
        $crate::sync::Lock($name)
    };
}
#[macro_export]
macro_rules! log {
    ($($text:tt)*) => {
        let _ = ();
    };
}
