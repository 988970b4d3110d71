// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::{error::to_result, prelude::*};

pub fn fail() -> Result<(), Error> {
    to_result(code::EINVAL)?;
    Err(Error(1))
}
