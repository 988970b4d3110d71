// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::pin_data;

#[pin_data]
struct Guard {
    #[pin]
    _pin: core::marker::PhantomPinned,
}

impl Drop for Guard {
    fn drop(&mut self) {}
}

fn main() {}
