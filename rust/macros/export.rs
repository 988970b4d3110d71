// SPDX-License-Identifier: GPL-2.0
//! `#[export]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

pub fn expand(function: ItemFn) -> TokenStream {
    let name = &function.sig.ident;
    // Both arms of an `if` have one type, which the header fixes, if there is one that declares the function.
    let declared = format!("fn:{name}");
    quote! {
        #[cfg(kmod_has = #declared)]
        const _: () = {
            if true {
                ::kernel::bindings::#name
            } else {
                #name
            };
        };

        #[no_mangle]
        #function
    }
}
