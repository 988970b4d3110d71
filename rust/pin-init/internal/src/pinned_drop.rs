// SPDX-License-Identifier: MIT OR Apache-2.0
//! `#[pinned_drop]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{parse_quote, spanned::Spanned, Error, ImplItem, ItemImpl, Result};

pub fn expand(mut item: ItemImpl) -> Result<TokenStream> {
    let Some((negative, path, _)) = &mut item.trait_ else {
        return Err(Error::new(item.impl_token.span, "`#[pinned_drop]` belongs on `impl PinnedDrop for …`"));
    };
    if negative.is_some() || path.segments.last().is_none_or(|name| name.ident != "PinnedDrop") {
        return Err(Error::new(path.span(), "`#[pinned_drop]` belongs on `impl PinnedDrop for …`"));
    }
    *path = parse_quote!(::pin_init::PinnedDrop);
    if let Some(token) = item.unsafety {
        return Err(Error::new(token.span, "implementing `PinnedDrop` is safe: remove `unsafe`"));
    }
    item.unsafety = Some(Default::default());
    for member in &mut item.items {
        match member {
            ImplItem::Fn(function) if function.sig.ident == "drop" => {
                function.sig.inputs.push(parse_quote!(_: ::pin_init::__internal::OnlyCallFromDrop));
            }
            other => {
                return Err(Error::new(other.span(), "`PinnedDrop` has one function: `fn drop(self: Pin<&mut Self>)`"))
            }
        }
    }
    Ok(quote!(#item))
}
