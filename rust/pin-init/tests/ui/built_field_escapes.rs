// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::init;

struct Pair<'a> {
    number: u32,
    reference: &'a u32,
}

fn main() {
    let _ = init!(Pair { number: 1, reference: number });
}
