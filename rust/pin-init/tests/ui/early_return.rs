// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::init;

struct Point {
    x: u32,
}

fn main() {
    let done = Ok(());
    let _ = init!(Point {
        x: {
            return done;
        },
    });
}
