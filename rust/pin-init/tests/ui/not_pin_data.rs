// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::pin_init;

struct Point {
    x: u32,
}

fn main() {
    let _ = pin_init!(Point { x: 1 });
}
