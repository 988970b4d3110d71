// SPDX-License-Identifier: GPL-2.0
//! `ForLt!` and `CovariantForLt!`

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::{
    parse::{Parse, ParseStream},
    parse_quote,
    visit_mut::{self, VisitMut},
    Lifetime, Result, Token, Type, TypeBareFn, TypeReference,
};

/// What has to be proved.
#[derive(PartialEq)]
pub enum Variance {
    Any,
    Covariant,
}

/// `for<'a> Type`, or a type in which the lifetime is left out.
pub struct Input {
    lifetime: Lifetime,
    ty: Type,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let named = input.peek(Token![for]) && input.peek2(Token![<]);
        if !named {
            let lifetime = Lifetime::new("'__for_lt", Span::mixed_site());
            let mut ty = input.parse()?;
            NameElided(&lifetime).visit_type_mut(&mut ty);
            return Ok(Self { lifetime, ty });
        }
        input.parse::<Token![for]>()?;
        input.parse::<Token![<]>()?;
        let lifetime = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        input.parse::<Token![>]>()?;
        Ok(Self { lifetime, ty: input.parse()? })
    }
}

/// Writes the lifetime where it is left out; in the arguments of a function type that means another one.
struct NameElided<'a>(&'a Lifetime);

impl VisitMut for NameElided<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.0.clone();
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        reference.lifetime.get_or_insert_with(|| self.0.clone());
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_type_bare_fn_mut(&mut self, _: &mut TypeBareFn) {}
}

/// Replaces the lifetime by another.
struct Replace<'a> {
    from: &'a Lifetime,
    to: Lifetime,
}

impl VisitMut for Replace<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime == self.from {
            *lifetime = self.to.clone();
        }
    }
}

/// Whether the name occurs, be it in the input of a macro.
fn mentions(tokens: TokenStream, lifetime: &Lifetime) -> bool {
    let mut after_quote = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), lifetime),
        TokenTree::Ident(name) => std::mem::take(&mut after_quote) && name == lifetime.ident,
        TokenTree::Punct(punct) => {
            after_quote = punct.as_char() == '\'';
            false
        }
        TokenTree::Literal(_) => false,
    })
}

impl Input {
    fn with(&self, ty: &Type, to: &str) -> Type {
        let mut ty = ty.clone();
        Replace { from: &self.lifetime, to: Lifetime::new(to, Span::mixed_site()) }.visit_type_mut(&mut ty);
        ty
    }

    /// Collects the types whose covariance is not plain to see. What is left needs no proof, and may name generic parameters,
    /// which the proof cannot.
    fn unproven<'a>(&self, ty: &'a Type, unproven: &mut Vec<&'a Type>) {
        match ty {
            ty if !mentions(quote!(#ty), &self.lifetime) => {}
            Type::Array(array) => self.unproven(&array.elem, unproven),
            Type::Group(group) => self.unproven(&group.elem, unproven),
            Type::Paren(paren) => self.unproven(&paren.elem, unproven),
            Type::Ptr(ptr) if ptr.const_token.is_some() => self.unproven(&ptr.elem, unproven),
            Type::Reference(reference) if reference.mutability.is_none() => self.unproven(&reference.elem, unproven),
            Type::Slice(slice) => self.unproven(&slice.elem, unproven),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.unproven(elem, unproven)),
            other => unproven.push(other),
        }
    }
}

pub fn expand(input: Input, variance: Variance) -> TokenStream {
    let Input { lifetime, ty } = &input;
    // An instance of the type, which checks that it is well-formed.
    let instance = input.with(ty, "'static");
    let mut unproven = Vec::new();
    if variance == Variance::Covariant {
        input.unproven(ty, &mut unproven);
    }
    let proofs = unproven.into_iter().map(|ty| -> syn::Item {
        let (long, short) = (input.with(ty, "'__long"), input.with(ty, "'__short"));
        parse_quote! {
            fn covariant<'__short, '__long: '__short>(long: *const #long) -> *const #short {
                long
            }
        }
    });
    let proofs = proofs.map(|proof| quote!(const _: () = { #[allow(dead_code)] #proof };));
    let covariant = usize::from(variance == Variance::Covariant);
    quote! {
        ::kernel::types::for_lt::UnsafeForLtImpl<
            dyn for<#lifetime> ::kernel::types::for_lt::WithLt<#lifetime, Of = #ty>,
            #instance,
            { #(#proofs)* #covariant },
        >
    }
}
