// SPDX-License-Identifier: GPL-2.0
//! The procedural macros of the `kernel` crate, which re-exports those that drivers use.

use proc_macro::TokenStream;
use syn::parse_macro_input;

mod concat_idents;
mod export;
mod fmt;
mod for_lt;
mod kunit;
mod module;
mod paste;
mod vtable;

/// Declares a kernel module: the one that the crate becomes.
///
/// `type` implements [`kernel::Module`](../kernel/trait.Module.html) or
/// [`kernel::InPlaceModule`](../kernel/trait.InPlaceModule.html). The keys come in this order; those after `license`, and
/// `authors` and `description`, may be left out.
///
/// ```ignore
/// use kernel::prelude::*;
///
/// module! {
///     type: Hello,
///     name: "hello",
///     authors: ["Ada", "Grace"],
///     description: "Says hello",
///     license: "GPL",
///     alias: ["greeting"],
///     firmware: ["hello/voice.bin"],
///     imports_ns: ["HELLO"],
///     params: {
///         times: u32 {
///             default: 3,
///             description: "How often to say it",
///         },
///     },
/// }
///
/// struct Hello;
///
/// impl kernel::Module for Hello {
///     fn init(_module: &'static ThisModule) -> Result<Self> {
///         for _ in 0..module_parameters::times.value() {
///             pr_info!("hello\n");
///         }
///         Ok(Self)
///     }
/// }
/// ```
///
/// A parameter is a static of `module_parameters`; its value is set when the module is loaded (`insmod hello.ko times=4`)
/// and read with `value()`. Its type implements `kernel::module_param::ModuleParam`: an integer or `bool`.
#[proc_macro]
pub fn module(input: TokenStream) -> TokenStream {
    module::expand(parse_macro_input!(input)).into()
}

/// Makes a trait whose functions are all optional usable as a C table of function pointers.
///
/// For each function `f` the trait has a constant `HAS_F`, which is true in the implementations that define `f`; C gets a
/// null pointer for the others. The attribute belongs on the trait and on each implementation.
///
/// ```ignore
/// use kernel::{build_error, error::VTABLE_DEFAULT_ERROR, prelude::*};
///
/// #[vtable]
/// pub trait Operations: Send + Sync {
///     fn open(&self) -> Result {
///         build_error!(VTABLE_DEFAULT_ERROR)
///     }
///
///     fn close(&self) -> Result {
///         build_error!(VTABLE_DEFAULT_ERROR)
///     }
/// }
///
/// struct Door;
///
/// #[vtable]
/// impl Operations for Door {
///     fn open(&self) -> Result {
///         Ok(())
///     }
/// }
///
/// assert!(<Door as Operations>::HAS_OPEN);
/// assert!(!<Door as Operations>::HAS_CLOSE);
/// ```
#[proc_macro_attribute]
pub fn vtable(args: TokenStream, input: TokenStream) -> TokenStream {
    parse_macro_input!(args as syn::parse::Nothing);
    vtable::expand(parse_macro_input!(input)).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Exports a function to C by its name, and checks that its type is the one that a C header declares, if one does.
///
/// ```ignore
/// #[export]
/// pub unsafe extern "C" fn my_callback(count: c_int) -> c_int {
///     count + 1
/// }
/// ```
#[proc_macro_attribute]
pub fn export(args: TokenStream, input: TokenStream) -> TokenStream {
    parse_macro_input!(args as syn::parse::Nothing);
    export::expand(parse_macro_input!(input)).into()
}

/// Like [`core::format_args!`], with the kernel's `Display` and `Pointer` (see `kernel::fmt`) in place of core's.
#[proc_macro]
pub fn fmt(input: TokenStream) -> TokenStream {
    fmt::expand(parse_macro_input!(input)).into()
}

/// Makes one identifier of two: `concat_idents!(pr_, info)` is `pr_info`.
#[proc_macro]
pub fn concat_idents(input: TokenStream) -> TokenStream {
    concat_idents::expand(parse_macro_input!(input)).into()
}

/// Copies its input, in which `[<a b C>]` becomes the identifier `abC`.
///
/// The parts are identifiers and literals. `:lower` and `:upper` after a part change its case; `:span` takes the place that
/// an error message points to, and what the name can see, from that part.
///
/// ```
/// use macros::paste;
/// macro_rules! getters {
///     ($($field:ident: $ty:ty),*) => { paste!($(
///         const [<DEFAULT_ $field:upper>]: $ty = 7;
///         fn [<get_ $field>]() -> $ty {
///             [<DEFAULT_ $field:upper>]
///         }
///     )*) };
/// }
/// getters!(speed: u8, width: u16);
/// assert_eq!(u16::from(get_speed()) + get_width(), 14);
/// ```
#[proc_macro]
pub fn paste(input: TokenStream) -> TokenStream {
    paste::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Names a type that waits for a lifetime, a `kernel::types::ForLt`: `ForLt!(for<'a> Foo<'a>)`, or `ForLt!(Foo<'_>)`.
#[allow(non_snake_case)]
#[proc_macro]
pub fn ForLt(input: TokenStream) -> TokenStream {
    for_lt::expand(parse_macro_input!(input), for_lt::Variance::Any).into()
}

/// Like [`ForLt!`], for a type that is covariant in the lifetime, which the compiler checks.
#[allow(non_snake_case)]
#[proc_macro]
pub fn CovariantForLt(input: TokenStream) -> TokenStream {
    for_lt::expand(parse_macro_input!(input), for_lt::Variance::Covariant).into()
}

/// Makes a test suite of a module: its `#[test]` functions run inside the kernel and report as KTAP.
///
/// Without `cfg(kmod_kunit)`, which `cargo kmod test` sets, the module is not compiled. In the tests `assert!` and
/// `assert_eq!` report a failure instead of stopping the kernel.
///
/// ```ignore
/// #[kunit_tests(my_suite)]
/// mod tests {
///     use super::*;
///
///     #[test]
///     fn adds() {
///         assert_eq!(1 + 1, 2);
///     }
///
///     #[test]
///     fn allocates() -> Result {
///         KBox::new(1, GFP_KERNEL)?;
///         Ok(())
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn kunit_tests(args: TokenStream, input: TokenStream) -> TokenStream {
    kunit::expand(parse_macro_input!(args), parse_macro_input!(input))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
