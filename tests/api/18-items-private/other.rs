// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::{error::code::EINVAL, prelude::*};

pub fn fail(error: Error) -> Result<i32, Error> {
    if kernel::error::code::EINVAL == EINVAL { Err(error) } else { Ok(0) }
}
