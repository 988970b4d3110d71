// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::types::{ARef, Opaque};

pub struct Owner(pub ARef<u8>, pub Opaque<u8>);

pub fn own() -> kernel::types::ARef<u16> {
    kernel::types::ARef(1)
}
