// SPDX-License-Identifier: GPL-2.0
//! `#[kunit_tests]`
//!
//! What it uses of the `kernel` crate: `kunit_assert!`, `kunit_assert_eq!`, `kunit_unsafe_test_suite!`, `kunit::kunit_case`,
//! `kunit::is_test_result_ok` and `kunit::errored`.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use std::ffi::CString;
use syn::{parse_quote, Error, Ident, Item, ItemFn, ItemMod, Result};

/// `#[test]`s to C functions and a table of them.
pub fn expand(suite: Ident, mut module: ItemMod) -> Result<TokenStream> {
    let Some((_, items)) = &mut module.content else {
        return Err(Error::new_spanned(module, "`#[kunit_tests]` needs the body of the module: `mod tests { … }`"));
    };
    let mut cases = Vec::new();
    for item in items.iter_mut() {
        if let Item::Fn(function) = item {
            let all = function.attrs.len();
            function.attrs.retain(|attr| !attr.path().is_ident("test"));
            if function.attrs.len() < all {
                cases.push(case(function)?);
            }
        }
    }
    let cases_len = cases.len() + 1;
    let assertions: [Item; 2] =
        [assertion("assert", "kunit_assert", &suite), assertion("assert_eq", "kunit_assert_eq", &suite)];
    items.splice(0..0, assertions);
    items.push(parse_quote! {
        const _: () = {
            // The last case, all zero, ends the table.
            static mut CASES: [::kernel::bindings::kunit_case; #cases_len] = [#(#cases,)* ::pin_init::zeroed()];
            ::kernel::kunit_unsafe_test_suite!(#suite, CASES);
        };
    });
    Ok(quote! {
        #[cfg(kmod_kunit)]
        #module
    })
}

/// The entry of the table for a test, with a C function around it.
fn case(test: &ItemFn) -> Result<TokenStream> {
    if !test.sig.inputs.is_empty() || !test.sig.generics.params.is_empty() {
        return Err(Error::new_spanned(&test.sig, "a test has neither arguments nor generic parameters"));
    }
    let name = &test.sig.ident;
    let text = Literal::c_string(&CString::new(name.to_string()).expect("identifiers have no NUL"));
    let cfgs = test.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let cfgs: Vec<_> = cfgs.map(|attr| attr.meta.require_list().map(|list| &list.tokens)).collect::<Result<_>>()?;
    let wrapper = format_ident!("run_{}", name);
    Ok(quote! {{
        unsafe extern "C" fn #wrapper(_test: *mut ::kernel::bindings::kunit) {
            #[cfg(all(#(#cfgs),*))]
            if !::kernel::kunit::is_test_result_ok(#name()) {
                ::kernel::kunit::errored(::core::format_args!("it returned an error"));
            }
            #[cfg(not(all(#(#cfgs),*)))]
            ::kernel::kunit::skip("not with this configuration");
        }
        ::kernel::kunit::kunit_case(#text, #wrapper)
    }})
}

/// Lets `assert!` and its like report a failure of the test.
fn assertion(name: &str, kunit: &str, suite: &Ident) -> Item {
    let (name, kunit) = (format_ident!("{}", name), format_ident!("{}", kunit));
    let suite = suite.to_string();
    parse_quote! {
        #[allow(unused_macros)]
        macro_rules! #name {
            ($($condition:tt)*) => {
                ::kernel::#kunit!(#suite, ::core::file!(), 0, $($condition)*)
            };
        }
    }
}
