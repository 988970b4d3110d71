// SPDX-License-Identifier: MIT OR Apache-2.0
use core::pin::Pin;
use pin_init::{pin_data, pinned_drop};

#[pin_data]
struct Guard {
    number: u32,
}

#[pinned_drop]
impl PinnedDrop for Guard {
    fn drop(self: Pin<&mut Self>) {}
}

fn main() {}
