// SPDX-License-Identifier: GPL-2.0
//! `#[export]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

pub fn expand(function: ItemFn) -> TokenStream {
    let name = &function.sig.ident;
    // Both arms of an `if` have one type, which the header fixes.
    quote! {
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
