// SPDX-License-Identifier: GPL-2.0
//! `#[vtable]`

use proc_macro2::TokenStream;
use quote::{format_ident, quote, ToTokens};
use std::collections::HashSet;
use syn::{parse_quote, Attribute, Error, Ident, ImplItem, Item, Result, TraitItem};

/// The functions of a trait or an implementation with their `#[cfg]`s, and the names of its constants.
#[derive(Default)]
struct Members<'a> {
    functions: Vec<(&'a Ident, Vec<&'a Attribute>)>,
    consts: HashSet<&'a Ident>,
}

impl<'a> Members<'a> {
    fn function(&mut self, name: &'a Ident, attrs: &'a [Attribute]) {
        self.functions.push((name, attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect()));
    }

    /// For each function that has none, the name of the constant that tells whether it is there.
    fn flags(&self) -> Vec<(&'a Ident, Ident, TokenStream)> {
        let flags = self.functions.iter().map(|(name, cfgs)| {
            let flag = format_ident!("HAS_{}", name.to_string().to_uppercase(), span = name.span());
            (*name, flag, quote!(#(#cfgs)*))
        });
        flags.filter(|(_, flag, _)| !self.consts.contains(flag)).collect()
    }
}

pub fn expand(item: Item) -> Result<TokenStream> {
    match item {
        Item::Trait(mut item) => {
            let mut members = Members::default();
            for member in &item.items {
                match member {
                    TraitItem::Fn(function) => members.function(&function.sig.ident, &function.attrs),
                    TraitItem::Const(constant) => drop(members.consts.insert(&constant.ident)),
                    _ => {}
                }
            }
            let mut generated: Vec<TraitItem> = vec![parse_quote! {
                /// An implementation needs the attribute `#[vtable]`.
                #[doc(hidden)]
                const USE_VTABLE_ATTR: ();
            }];
            for (name, flag, cfgs) in members.flags() {
                let doc = format!("Whether [`{name}`](Self::{name}) is implemented.");
                generated.push(parse_quote!(#[doc = #doc] #cfgs const #flag: bool = false;));
            }
            item.items.extend(generated);
            Ok(item.into_token_stream())
        }
        Item::Impl(mut item) if item.trait_.is_some() => {
            let mut members = Members::default();
            for member in &item.items {
                match member {
                    ImplItem::Fn(function) => members.function(&function.sig.ident, &function.attrs),
                    ImplItem::Const(constant) => drop(members.consts.insert(&constant.ident)),
                    _ => {}
                }
            }
            let mut generated: Vec<ImplItem> = vec![parse_quote!(
                const USE_VTABLE_ATTR: () = ();
            )];
            for (_, flag, cfgs) in members.flags() {
                generated.push(parse_quote!(#cfgs const #flag: bool = true;));
            }
            item.items.extend(generated);
            Ok(item.into_token_stream())
        }
        other => Err(Error::new_spanned(other, "`#[vtable]` belongs on a trait or on an implementation of one")),
    }
}
