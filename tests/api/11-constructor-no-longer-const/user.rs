// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::bits::mask;

pub const LOW: u32 = mask(8);
