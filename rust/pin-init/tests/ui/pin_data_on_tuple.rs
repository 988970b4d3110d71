// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::pin_data;

#[pin_data]
struct Pinned(u32);

fn main() {}
