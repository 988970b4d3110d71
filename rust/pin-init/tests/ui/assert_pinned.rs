// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::{assert_pinned, pin_data};

#[pin_data]
struct Pair {
    #[pin]
    pinned: u32,
    unpinned: u32,
}

assert_pinned!(Pair, pinned, u32);
assert_pinned!(Pair, unpinned, u32);

fn main() {}
