// SPDX-License-Identifier: GPL-2.0
//! `module!`
//!
//! What it uses of the `kernel` crate: `InPlaceModule::init`, `ModuleMetadata` (`NAME`, `THIS_MODULE`), `ThisModule::from_ptr`,
//! `module::this_module`, `error::Error::to_errno`, `ffi`, `bindings::__this_module`; for each parameter
//! `module_param::{ModuleParamAccess::new, KernelParam}` and
//!
//! ```ignore
//! /// The entry of section `__param` that lets `name=value` on the command line of insmod set `param`.
//! #[doc(hidden)]
//! pub const fn kernel_param<T: ModuleParam>(
//!     name: &'static CStr,
//!     module: &'static ThisModule,
//!     param: &'static ModuleParamAccess<T>,
//! ) -> KernelParam
//! ```
//!
//! and with `cfg(kmod_kunit)` `kunit::run_suites()`. Print macros find `__LOG_PREFIX` at the root of the crate, and everything
//! that needs the module itself finds `LocalModule` there.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote};
use std::ffi::CString;
use syn::{
    braced, bracketed,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    Error, Expr, Ident, LitStr, Result, Token, Type,
};

pub struct Module {
    ty: Type,
    name: LitStr,
    authors: Vec<LitStr>,
    description: Option<LitStr>,
    license: LitStr,
    alias: Vec<LitStr>,
    firmware: Vec<LitStr>,
    imports_ns: Vec<LitStr>,
    params: Vec<Param>,
}

/// `name: type { default: value, description: "…" }`
struct Param {
    name: Ident,
    ty: Type,
    default: Expr,
    description: LitStr,
}

/// Keys in the order that they must have.
const KEYS: &[&str] =
    &["type", "name", "authors", "description", "license", "alias", "firmware", "imports_ns", "params"];
const REQUIRED: &[&str] = &["type", "name", "license"];

impl Parse for Module {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (mut ty, mut name, mut license, mut description) = (None, None, None, None);
        let (mut authors, mut alias, mut firmware, mut imports_ns) = (vec![], vec![], vec![], vec![]);
        let mut params = vec![];
        let mut keys = Keys::new(KEYS);
        while !input.is_empty() {
            match keys.next(input)?.as_str() {
                "type" => ty = Some(input.parse()?),
                "name" => name = Some(string(input)?),
                "authors" => authors = strings(input)?,
                "description" => description = Some(string(input)?),
                "license" => license = Some(string(input)?),
                "alias" => alias = strings(input)?,
                "firmware" => firmware = strings(input)?,
                "imports_ns" => imports_ns = strings(input)?,
                _ => {
                    let list;
                    braced!(list in input);
                    params = Punctuated::<Param, Token![,]>::parse_terminated(&list)?.into_iter().collect();
                }
            }
            keys.end(input)?;
        }
        let (Some(ty), Some(name), Some(license)) = (ty, name, license) else {
            return Err(input.error(format!("`module!` needs the keys {}", list(REQUIRED))));
        };
        Ok(Self { ty, name, authors, description, license, alias, firmware, imports_ns, params })
    }
}

impl Parse for Param {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        let body;
        braced!(body in input);
        let (mut default, mut description) = (None, None);
        let mut keys = Keys::new(&["default", "description"]);
        while !body.is_empty() {
            match keys.next(&body)?.as_str() {
                "default" => default = Some(body.parse()?),
                _ => description = Some(string(&body)?),
            }
            keys.end(&body)?;
        }
        match (default, description) {
            (Some(default), Some(description)) => Ok(Self { name, ty, default, description }),
            _ => Err(body.error("a parameter needs the keys `default`, `description`")),
        }
    }
}

/// Reads keys that come in a fixed order, each at most once.
struct Keys {
    left: &'static [&'static str],
}

impl Keys {
    fn new(keys: &'static [&'static str]) -> Self {
        Self { left: keys }
    }

    /// Reads `key:`.
    fn next(&mut self, input: ParseStream<'_>) -> Result<String> {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![:]>()?;
        let Some(at) = self.left.iter().position(|left| key == left) else {
            let expected = if self.left.is_empty() { "no further key".to_owned() } else { list(self.left) };
            return Err(Error::new(key.span(), format!("expected {expected} (keys have a fixed order)")));
        };
        self.left = &self.left[at + 1..];
        Ok(key.to_string())
    }

    /// Reads the comma after a value.
    fn end(&self, input: ParseStream<'_>) -> Result<()> {
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok(())
    }
}

fn list(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// A string that C can hold.
fn string(input: ParseStream<'_>) -> Result<LitStr> {
    let string: LitStr = input.parse()?;
    if string.value().contains('\0') {
        return Err(Error::new(string.span(), "the string must not contain NUL"));
    }
    Ok(string)
}

fn strings(input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    let list;
    bracketed!(list in input);
    Ok(Punctuated::<LitStr, Token![,]>::parse_terminated_with(&list, string)?.into_iter().collect())
}

fn c_literal(text: &str) -> Literal {
    Literal::c_string(&CString::new(text).expect("`string` refuses NUL, and names have none"))
}

/// Section `.modinfo`: what `modinfo` shows, and what the loader asks for.
fn modinfo(module: &Module) -> TokenStream {
    let mut entries = vec![("license", module.license.value())];
    let mut all = |key, values: &[LitStr]| entries.extend(values.iter().map(|value| (key, value.value())));
    all("author", &module.authors);
    all("description", module.description.as_slice());
    all("alias", &module.alias);
    all("firmware", &module.firmware);
    all("import_ns", &module.imports_ns);
    for Param { name, ty, description, .. } in &module.params {
        let name = name.unraw();
        let ty = quote!(#ty).to_string().replace(' ', "");
        entries.push(("parmtype", format!("{name}:{ty}")));
        entries.push(("parm", format!("{name}:{}", description.value())));
    }
    let statics = entries.iter().enumerate().map(|(i, (key, value))| {
        let name = format_ident!("__MODINFO_{}", i);
        let text = format!("{key}={value}\0");
        let (bytes, len) = (Literal::byte_string(text.as_bytes()), text.len());
        quote! {
            #[used]
            #[link_section = ".modinfo"]
            static #name: [u8; #len] = *#bytes;
        }
    });
    quote!(#(#statics)*)
}

/// `module_parameters`: a static for each parameter, and section `__param`, in which the kernel looks for them.
///
/// The section is one array and not a static for each entry: with `-Zmin-function-alignment` rustc aligns statics too, which
/// leaves gaps between them.
fn parameters(params: &[Param]) -> TokenStream {
    let statics = params.iter().map(|Param { name, ty, default, description }| {
        let doc = description.value();
        quote! {
            #[doc = #doc]
            #[allow(non_upper_case_globals)]
            pub(crate) static #name: ::kernel::module_param::ModuleParamAccess<#ty> =
                ::kernel::module_param::ModuleParamAccess::new(#default);
        }
    });
    let entries = params.iter().map(|Param { name, .. }| {
        let text = c_literal(&name.unraw().to_string());
        quote! {
            ::kernel::module_param::kernel_param(
                #text,
                ::kernel::module::this_module::<super::LocalModule>(),
                &#name,
            )
        }
    });
    let section = (!params.is_empty()).then(|| {
        let len = params.len();
        quote! {
            const _: () = {
                #[used]
                #[link_section = "__param"]
                static PARAMS: [::kernel::module_param::KernelParam; #len] = [#(#entries),*];
            };
        }
    });
    let module = Ident::new("module_parameters", Span::call_site());
    quote! {
        #[allow(unused)]
        mod #module {
            #(#statics)*
            #section
        }
    }
}

/// `init_module` and `cleanup_module`, which the loader calls, and the module's own value.
fn entry_points(ty: &Type) -> TokenStream {
    quote! {
        static mut MODULE: ::core::mem::MaybeUninit<#ty> = ::core::mem::MaybeUninit::uninit();

        /// Builds the module's value.
        ///
        /// # Safety
        /// Must be called once, before anything else of the module.
        unsafe fn init() -> ::kernel::error::Result {
            let init = <#ty as ::kernel::InPlaceModule>::init(::kernel::module::this_module::<LocalModule>());
            // SAFETY: A static is valid for writes, aligned, and never moves. It is used here, once, and then in `exit` only.
            unsafe { ::pin_init::PinInit::__pinned_init(init, (&raw mut MODULE).cast()) }
        }

        /// Drops the module's value.
        ///
        /// # Safety
        /// Must be called once, after `init` has succeeded; nothing of the module may be called afterwards.
        unsafe fn exit() {
            // SAFETY: `init` has succeeded, and this is called once.
            unsafe { ::core::ptr::drop_in_place((&raw mut MODULE).cast::<#ty>()) }
        }

        /// # Safety
        /// Only called by the kernel, when it loads the module.
        #[no_mangle]
        #[link_section = ".init.text"]
        unsafe extern "C" fn init_module() -> ::kernel::ffi::c_int {
            // SAFETY: The kernel calls this once, first.
            match unsafe { init() } {
                Ok(()) => {
                    #[cfg(kmod_kunit)]
                    ::kernel::kunit::run_suites();
                    0
                }
                Err(error) => error.to_errno(),
            }
        }

        /// # Safety
        /// Only called by the kernel, when it removes the module.
        #[no_mangle]
        #[link_section = ".exit.text"]
        unsafe extern "C" fn cleanup_module() {
            // SAFETY: The kernel calls this once, last, and only if `init_module` has succeeded.
            unsafe { exit() }
        }

        // The kernel calls both through a pointer, which objtool does not see: keep their landing pads for indirect calls.
        #[used]
        #[link_section = ".init.data"]
        static __UNIQUE_ID___addressable_init_module: unsafe extern "C" fn() -> ::kernel::ffi::c_int = init_module;
        #[used]
        #[link_section = ".exit.data"]
        static __UNIQUE_ID___addressable_cleanup_module: unsafe extern "C" fn() = cleanup_module;
    }
}

pub fn expand(module: Module) -> TokenStream {
    let Module { ty, name, params, .. } = &module;
    let text = c_literal(&name.value());
    let local = Ident::new("LocalModule", Span::call_site());
    let log_prefix = Ident::new("__LOG_PREFIX", Span::call_site());
    let (modinfo, entry_points, parameters) = (modinfo(&module), entry_points(ty), parameters(params));
    quote! {
        /// The name of the module, as the print macros use it.
        #[allow(dead_code)]
        const #log_prefix: &[u8] = #text.to_bytes_with_nul();

        /// The type that `module!` was given.
        type #local = #ty;

        impl ::kernel::ModuleMetadata for #local {
            const NAME: &'static ::kernel::str::CStr = #text;
            // SAFETY: The kernel's build system defines it in each module, which it outlives.
            const THIS_MODULE: ::kernel::ThisModule = unsafe {
                ::kernel::ThisModule::from_ptr((&raw const ::kernel::bindings::__this_module).cast_mut())
            };
        }

        const _: () = {
            #modinfo
            #entry_points
        };

        #parameters
    }
}
