// SPDX-License-Identifier: MIT OR Apache-2.0
use pin_init::{pin_data, pin_init, PinInit};

#[pin_data]
struct Inner {
    #[pin]
    _pin: core::marker::PhantomPinned,
}

#[pin_data]
struct Outer {
    inner: Inner,
}

fn outer(inner: impl PinInit<Inner>) -> impl PinInit<Outer> {
    pin_init!(Outer { inner <- inner })
}

fn main() {}
