// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was public is private, and a name that the prelude had is not there any more.
pub mod prelude {
    pub use crate::error::{Error, code};
}
pub mod error {
    pub struct Error(pub i32);
    pub mod code {
        pub const EINVAL: i32 = -22;
    }
    pub fn to_result(code: i32) -> Result<(), Error> {
        Err(Error(code))
    }
}
