// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::bits;

pub fn low() -> u32 {
    bits::mask(8)
}
