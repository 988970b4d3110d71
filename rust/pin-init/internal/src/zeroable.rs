// SPDX-License-Identifier: MIT OR Apache-2.0
//! `#[derive(Zeroable)]` and `#[derive(MaybeZeroable)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{parse_quote, Data, DeriveInput, Error, Field, Result};

fn fields(input: &DeriveInput) -> Result<Vec<&Field>> {
    match &input.data {
        Data::Struct(data) => Ok(data.fields.iter().collect()),
        Data::Union(data) => Ok(data.fields.named.iter().collect()),
        Data::Enum(data) => Err(Error::new(data.enum_token.span, "only a struct or a union can be derived `Zeroable`")),
    }
}

/// Every type parameter must be `Zeroable`; then every field is checked to be.
pub fn derive(mut input: DeriveInput) -> Result<TokenStream> {
    for param in input.generics.type_params_mut() {
        param.bounds.push(parse_quote!(::pin_init::Zeroable));
    }
    let types: Vec<_> = fields(&input)?.into_iter().map(|field| &field.ty).collect();
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        // SAFETY: Every field is `Zeroable`, which the function below checks.
        #[automatically_derived]
        unsafe impl #impl_generics ::pin_init::Zeroable for #name #ty_generics #where_clause {}
        const _: () = {
            fn assert_zeroable<T: ?::core::marker::Sized + ::pin_init::Zeroable>() {}
            #[allow(dead_code)]
            fn check #impl_generics () #where_clause {
                #(assert_zeroable::<#types>();)*
            }
        };
    })
}

/// Every field being `Zeroable` is a condition of the implementation.
///
/// A condition without a generic parameter that is not met would be an error; one with a lifetime of its own is not.
pub fn maybe_derive(mut input: DeriveInput) -> Result<TokenStream> {
    let conditions: Vec<_> = fields(&input)?
        .into_iter()
        .map(|field| -> syn::WherePredicate {
            let ty = &field.ty;
            parse_quote!(#ty: for<'__field> ::pin_init::Zeroable)
        })
        .collect();
    input.generics.make_where_clause().predicates.extend(conditions);
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        // SAFETY: Every field is `Zeroable`.
        #[automatically_derived]
        unsafe impl #impl_generics ::pin_init::Zeroable for #name #ty_generics #where_clause {}
    })
}
