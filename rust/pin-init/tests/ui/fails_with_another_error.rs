// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::init;

struct Point {
    x: u32,
}

fn main() {
    let _ = init!(Point { x: "1".parse()? });
}
