// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::alloc::Box;

pub struct Owner(pub Box<u8>);

pub fn own() -> Result<Owner, i32> {
    Ok(Owner(Box::new(1, 0)?))
}
