// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::init;

struct Point {
    x: u32,
}

unsafe fn dangerous() -> u32 {
    1
}

fn main() {
    let _ = init!(Point { x: dangerous() });
}
