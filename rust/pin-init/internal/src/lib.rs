// SPDX-License-Identifier: MIT OR Apache-2.0
//! The procedural macros of `pin-init`.

use proc_macro::TokenStream;
use syn::parse_macro_input;

mod init;
mod pin_data;
mod pinned_drop;
mod zeroable;

/// Makes an initializer of a pinned struct, which must be marked [`#[pin_data]`](macro@pin_data).
///
/// It reads like a struct expression in which each field appears once, in the order in which they are to be built:
/// ```ignore
/// pin_init!(&this in Type<'_, T> {   // `this` is a `NonNull<Type>` that points to the value being built; optional
///     a: value,                      // moves a value in
///     b <- initializer,              // runs an initializer there, `?` on failure
///     c,                             // short for `c: c`
///     _: { code(&a); },              // runs code; fields that have been built can be used by name
///     #[cfg(CONFIG_X)] d: 0,
///     ..Zeroable::init_zeroed()      // fields that are not named are zeroed; only for a `Zeroable` type
/// }? Error)                          // the error type; `Infallible` without
/// ```
/// A field that has been built is a variable of its name from then on: `Pin<&mut Field>` if it is marked `#[pin]`, else
/// `&mut Field`. `#[disable_initialized_field_access]` in front of the type does without these variables, and
/// `#[default_error(Error)]` sets the error type that holds if there is no `? Error`.
///
/// When a field fails, those already built are dropped. The code runs in a closure that owns the variables it uses.
#[proc_macro]
pub fn pin_init(input: TokenStream) -> TokenStream {
    init::expand(parse_macro_input!(input), init::Kind::Pinned).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an initializer of a struct that may move once it is built. The syntax is that of [`pin_init!`].
#[proc_macro]
pub fn init(input: TokenStream) -> TokenStream {
    init::expand(parse_macro_input!(input), init::Kind::Movable).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Says which fields of a struct are pinned when the struct is: those marked `#[pin]`.
///
/// - `fn project(self: Pin<&mut Self>)` gives access to all fields at once: `Pin<&mut Field>` or `&mut Field`.
/// - The struct is `Unpin` if its pinned fields are.
/// - The struct must not implement `Drop`. With `#[pin_data(PinnedDrop)]` it implements `PinnedDrop`, by
///   [`#[pinned_drop]`](macro@pinned_drop).
#[proc_macro_attribute]
pub fn pin_data(args: TokenStream, input: TokenStream) -> TokenStream {
    pin_data::expand(parse_macro_input!(args), parse_macro_input!(input))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `PinnedDrop` for a struct marked `#[pin_data(PinnedDrop)]`.
#[proc_macro_attribute]
pub fn pinned_drop(args: TokenStream, input: TokenStream) -> TokenStream {
    parse_macro_input!(args as syn::parse::Nothing);
    pinned_drop::expand(parse_macro_input!(input)).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Implements `Zeroable` for a struct or union; every field must have it.
#[proc_macro_derive(Zeroable)]
pub fn derive_zeroable(input: TokenStream) -> TokenStream {
    zeroable::derive(parse_macro_input!(input)).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Implements `Zeroable` for a struct or union if every field has it, else does nothing.
#[proc_macro_derive(MaybeZeroable)]
pub fn derive_maybe_zeroable(input: TokenStream) -> TokenStream {
    zeroable::maybe_derive(parse_macro_input!(input)).unwrap_or_else(syn::Error::into_compile_error).into()
}
