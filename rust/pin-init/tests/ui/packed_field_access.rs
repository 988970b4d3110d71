// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::init;

#[repr(C, packed)]
struct Packed {
    small: u8,
    large: u64,
}

fn main() {
    let _ = init!(Packed { small: 1, large: 2 });
}
