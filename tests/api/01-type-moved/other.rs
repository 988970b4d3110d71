// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::types::*;

pub struct Hidden(pub Opaque<u8>);
