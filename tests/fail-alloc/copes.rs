// SPDX-License-Identifier: GPL-2.0
// Does with less memory when there is no more.
use kernel::prelude::*;

fn main() {
    let large = KVec::<u8>::with_capacity(4096, GFP_KERNEL);
    let buffer = large.or_else(|_| KVec::with_capacity(64, GFP_KERNEL));
    assert!(buffer.is_ok());
}
