// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was public is private, and a name that the prelude had is not there any more.
pub mod prelude {
    pub use crate::error::Error;
}
pub mod error {
    pub struct Error(i32);
    pub mod code {
        pub const EINVAL: i32 = -22;
    }
    pub(crate) fn to_result(code: i32) -> Result<(), Error> {
        Err(Error(code))
    }
    pub fn inner(code: i32) -> i32 {
        to_result(code).map_or_else(|e| e.0, |()| 0)
    }
}
