// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::Zeroable;

#[derive(Zeroable)]
struct Name {
    text: &'static str,
}

#[derive(Zeroable)]
enum Choice {
    One,
}

fn main() {}
