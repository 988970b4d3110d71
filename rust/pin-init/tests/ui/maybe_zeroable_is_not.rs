// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::{MaybeZeroable, Zeroable};

#[derive(MaybeZeroable)]
struct Name {
    text: &'static str,
}

fn main() {
    let _ = Name::zeroed();
}
