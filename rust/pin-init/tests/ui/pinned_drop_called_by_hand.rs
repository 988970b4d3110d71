// SPDX-License-Identifier: MIT OR Apache-2.0
use core::pin::Pin;
use pin_init::{pin_data, pinned_drop, PinnedDrop};

#[pin_data(PinnedDrop)]
struct Guard {}

#[pinned_drop]
impl PinnedDrop for Guard {
    fn drop(self: Pin<&mut Self>) {}
}

fn twice(guard: Pin<&mut Guard>) {
    PinnedDrop::drop(guard, pin_init::__internal::OnlyCallFromDrop(()));
}

fn main() {}
