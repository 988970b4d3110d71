// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::pin_data;

#[pin_data]
struct Pinned {
    #[pin]
    _pin: core::marker::PhantomPinned,
}

fn is_unpin<T: Unpin>() {}

fn main() {
    is_unpin::<Pinned>();
}
