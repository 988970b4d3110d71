// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::init;

#[derive(Default)]
struct Point {
    x: u32,
}

fn main() {
    let _ = init!(Point { ..Default::default() });
}
