// SPDX-License-Identifier: GPL-2.0
//! `concat_idents!`

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    parse::{Parse, ParseStream},
    Ident, Result, Token,
};

pub struct Input {
    first: Ident,
    second: Ident,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let first = input.parse()?;
        input.parse::<Token![,]>()?;
        let second = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { first, second })
    }
}

pub fn expand(Input { first, second }: Input) -> TokenStream {
    let joined = format_ident!("{}{}", first, second, span = second.span());
    quote!(#joined)
}
