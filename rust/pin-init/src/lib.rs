// SPDX-License-Identifier: MIT OR Apache-2.0
//! In-place, fallible, pinned initialisation: build a value where it will live, and never move it.
//!
//! A C struct that holds a lock, a list head or a work item must not move once it is set up, because other C data points
//! into it. An *initializer* ([`PinInit`], [`Init`]) is a recipe for such a value: it is passed to whoever owns the memory
//! (a box, a reference count, a `static`, the stack), which runs it there.
//!
//! ```
//! use core::pin::Pin;
//! use pin_init::{pin_data, pin_init, pinned_drop, stack_pin_init, PinInit};
//!
//! #[pin_data(PinnedDrop)]
//! struct Counter {
//!     hits: u32,
//!     #[pin]
//!     _pin: core::marker::PhantomPinned,
//! }
//!
//! impl Counter {
//!     fn new(hits: u32) -> impl PinInit<Self> {
//!         pin_init!(Self { hits, _pin: core::marker::PhantomPinned })
//!     }
//!
//!     fn hit(self: Pin<&mut Self>) {
//!         *self.project().hits += 1;
//!     }
//! }
//!
//! #[pinned_drop]
//! impl PinnedDrop for Counter {
//!     fn drop(self: Pin<&mut Self>) {
//!         assert_eq!(self.hits, 8);
//!     }
//! }
//!
//! stack_pin_init!(let counter = Counter::new(7));
//! counter.as_mut().hit();
//! assert_eq!(counter.hits, 8);
//! ```
//!
//! - [`pin_data`] marks which fields of a struct are pinned together with it, and makes `project()`.
//! - [`pin_init!`] and [`init!`] make an initializer of a struct; they name each field once, like a struct expression.
//! - [`pinned_drop`] is `Drop` for a type that is pinned.
//! - [`Zeroable`] tells for which types the all-zero bit pattern is a value.
#![no_std]

#[doc(hidden)]
pub mod __internal;
mod closure;
mod initializer;
mod stack;
mod zeroable;

pub use closure::{
    cast_init, cast_pin_init, init_array_from_fn, init_from_closure, init_scope, pin_init_array_from_fn,
    pin_init_from_closure, pin_init_scope, uninit,
};
pub use initializer::{
    raw_init, raw_try_init, ChainInit, ChainPinInit, InPlaceWrite, Init, PinInit, PinnedDrop, Wrapper,
};
pub use pin_init_internal::{init, pin_data, pin_init, pinned_drop, MaybeZeroable, Zeroable};
pub use zeroable::{init_zeroed, zeroed, Zeroable, ZeroableOption};

/// Fails to compile unless `$field` of `$ty` has the type `$field_ty` and is marked `#[pin]`.
///
/// With `, inline` at the end the check may name the generic parameters of the function around it.
///
/// ```
/// use core::marker::PhantomPinned;
/// use pin_init::{assert_pinned, pin_data};
///
/// #[pin_data]
/// struct Foo {
///     #[pin]
///     pin: PhantomPinned,
/// }
///
/// assert_pinned!(Foo, pin, PhantomPinned);
/// ```
#[macro_export]
macro_rules! assert_pinned {
    ($ty:ty, $field:ident, $field_ty:ty, inline) => {
        let _ = |slot: *mut $ty| -> $crate::__internal::Slot<$crate::__internal::Pinned, $field_ty> {
            // SAFETY: The closure is never called.
            unsafe { <$ty as $crate::__internal::HasPinData>::__pin_data().$field(slot) }
        };
    };
    ($ty:ty, $field:ident, $field_ty:ty) => {
        const _: () = {
            $crate::assert_pinned!($ty, $field, $field_ty, inline);
        };
    };
}
