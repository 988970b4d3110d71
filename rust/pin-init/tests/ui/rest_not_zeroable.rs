// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::{init, Zeroable};

struct Name {
    length: usize,
    text: &'static str,
}

fn main() {
    let _ = init!(Name { length: 3, ..Zeroable::init_zeroed() });
}
