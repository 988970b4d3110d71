// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::init;

struct Point {
    x: u32,
}

struct Far;
struct Wide;

fn measure() -> Result<u32, Wide> {
    Err(Wide)
}

fn main() {
    let _ = init!(Point { x: measure()? }? Far);
}
