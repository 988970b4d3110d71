// SPDX-License-Identifier: MIT OR Apache-2.0
//! `#[pin_data]`.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{format_ident, quote, ToTokens};
use syn::{
    parse::{Parse, ParseStream},
    parse_quote,
    visit_mut::{self, VisitMut},
    Attribute, Error, Fields, GenericParam, Generics, Ident, ItemStruct, Macro, Result, Token, Type, Visibility,
};

/// `#[pin_data]` or `#[pin_data(PinnedDrop)]`.
pub struct Args {
    pinned_drop: bool,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Option<Ident> = input.parse()?;
        match name {
            None => Ok(Self { pinned_drop: false }),
            Some(name) if name == "PinnedDrop" => {
                input.parse::<Option<Token![,]>>()?;
                Ok(Self { pinned_drop: true })
            }
            Some(name) => Err(Error::new(name.span(), "expected nothing or `PinnedDrop`")),
        }
    }
}

/// A field, with the types free of `Self`, which means another type where they are repeated.
struct Field {
    cfgs: Vec<Attribute>,
    vis: Visibility,
    name: Ident,
    ty: Type,
    pinned: bool,
}

pub fn expand(args: Args, mut item: ItemStruct) -> Result<TokenStream> {
    let fields = take_fields(&mut item)?;
    let plain = without_self(&item);
    let data = pin_data(&plain, &fields);
    let unpin = unpin(&plain, &fields);
    let drop = if args.pinned_drop { pinned_drop(&plain) } else { forbid_drop(&plain) };
    let projection = projection(&plain, &fields);
    Ok(quote! {
        #item
        #projection
        const _: () = {
            #data
            #unpin
            #drop
        };
    })
}

/// Lists the fields and removes `#[pin]` from them.
fn take_fields(item: &mut ItemStruct) -> Result<Vec<Field>> {
    let mut replacer = ReplaceSelf::new(item);
    let Fields::Named(fields) = &mut item.fields else {
        return Err(Error::new_spanned(
            &item.ident,
            "`#[pin_data]` needs a struct with named fields (`struct S {}` if there are none)",
        ));
    };
    let mut taken = Vec::new();
    for field in &mut fields.named {
        let all = field.attrs.len();
        field.attrs.retain(|attr| !attr.path().is_ident("pin"));
        let pinned = field.attrs.len() < all;
        let mut ty = field.ty.clone();
        if !pinned && is_phantom_pinned(&ty) {
            return Err(Error::new_spanned(ty, "`PhantomPinned` has no effect without `#[pin]` on the field"));
        }
        replacer.visit_type_mut(&mut ty);
        let cfgs = field.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect();
        let name = field.ident.clone().expect("the fields are named");
        taken.push(Field { cfgs, vis: field.vis.clone(), name, ty, pinned });
    }
    Ok(taken)
}

fn is_phantom_pinned(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "PhantomPinned"))
}

/// What the generated items repeat of the struct: its name, visibility and generics.
struct Plain {
    vis: Visibility,
    name: Ident,
    generics: Generics,
}

fn without_self(item: &ItemStruct) -> Plain {
    let mut generics = item.generics.clone();
    ReplaceSelf::new(item).visit_generics_mut(&mut generics);
    Plain { vis: item.vis.clone(), name: item.ident.clone(), generics }
}

/// `PinData`: for each field a function that gives its slot, as visible as the field.
fn pin_data(item: &Plain, fields: &[Field]) -> TokenStream {
    let Plain { vis, name, generics } = item;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let slots = fields.iter().map(|Field { cfgs, vis, name: field, ty, pinned }| {
        let kind = kind(*pinned);
        quote! {
            /// # Safety
            /// `slot` must be valid for writes and aligned, its fields are initialised once, and if the field is pinned,
            /// so will the struct be.
            #(#cfgs)*
            #[inline(always)]
            #vis unsafe fn #field(self, slot: *mut #name #ty_generics) -> ::pin_init::__internal::Slot<#kind, #ty> {
                // SAFETY: A field is valid for writes and aligned because the struct is.
                unsafe { ::pin_init::__internal::Slot::new(&raw mut (*slot).#field) }
            }
        }
    });
    quote! {
        #[doc(hidden)]
        #vis struct __ThePinData #impl_generics (
            ::core::marker::PhantomData<fn(*mut #name #ty_generics) -> *mut #name #ty_generics>,
        ) #where_clause;

        impl #impl_generics ::core::clone::Clone for __ThePinData #ty_generics #where_clause {
            #[inline(always)]
            fn clone(&self) -> Self {
                *self
            }
        }
        impl #impl_generics ::core::marker::Copy for __ThePinData #ty_generics #where_clause {}

        #[allow(dead_code, non_snake_case)]
        impl #impl_generics __ThePinData #ty_generics #where_clause {
            #(#slots)*
        }

        impl #impl_generics ::pin_init::__internal::InitData for __ThePinData #ty_generics #where_clause {
            type Datee = #name #ty_generics;
        }

        // SAFETY: Made by `#[pin_data]`.
        unsafe impl #impl_generics ::pin_init::__internal::HasPinData for #name #ty_generics #where_clause {
            type PinData = __ThePinData #ty_generics;

            #[inline(always)]
            unsafe fn __pin_data() -> Self::PinData {
                __ThePinData(::core::marker::PhantomData)
            }
        }
    }
}

fn kind(pinned: bool) -> TokenStream {
    if pinned {
        quote!(::pin_init::__internal::Pinned)
    } else {
        quote!(::pin_init::__internal::Unpinned)
    }
}

/// `Unpin` if a struct with only the pinned fields is. The lifetime keeps a condition that is never met from being an error.
fn unpin(item: &Plain, fields: &[Field]) -> TokenStream {
    let Plain { name, generics, .. } = item;
    let (_, ty_generics, _) = generics.split_for_impl();
    let with_pin = with_pin_lifetime(generics);
    let (_, pin_ty_generics, _) = with_pin.split_for_impl();
    let mut conditional = with_pin.clone();
    conditional.make_where_clause().predicates.push(parse_quote!(__Unpin #pin_ty_generics: ::core::marker::Unpin));
    let (pin_impl_generics, _, pin_where) = with_pin.split_for_impl();
    let (_, _, conditional_where) = conditional.split_for_impl();
    let pinned =
        fields.iter().filter(|field| field.pinned).map(|Field { cfgs, name, ty, .. }| quote!(#(#cfgs)* #name: #ty));
    quote! {
        #[allow(dead_code, non_snake_case)]
        struct __Unpin #pin_impl_generics #pin_where {
            __pin: ::core::marker::PhantomData<fn(&'__pin ()) -> &'__pin ()>,
            __struct: ::core::marker::PhantomData<fn(*mut #name #ty_generics) -> *mut #name #ty_generics>,
            #(#pinned,)*
        }

        impl #pin_impl_generics ::core::marker::Unpin for #name #ty_generics #conditional_where {}
    }
}

/// `Drop` that calls `PinnedDrop`.
fn pinned_drop(item: &Plain) -> TokenStream {
    let Plain { name, generics, .. } = item;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        impl #impl_generics ::core::ops::Drop for #name #ty_generics #where_clause {
            fn drop(&mut self) {
                // SAFETY: The value is not moved any more: it is about to go.
                let this = unsafe { ::core::pin::Pin::new_unchecked(self) };
                // SAFETY: This is `Drop::drop`.
                let token = unsafe { ::pin_init::__internal::OnlyCallFromDrop::new() };
                ::pin_init::PinnedDrop::drop(this, token);
            }
        }
    }
}

/// A conflict of trait implementations if the struct has a `Drop`, which could move out of a pinned field; and likewise if
/// it has a `PinnedDrop` that would never be called.
fn forbid_drop(item: &Plain) -> TokenStream {
    let Plain { name, generics, .. } = item;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        trait MustNotImplDrop {}
        #[expect(drop_bounds)]
        impl<T: ::core::ops::Drop + ?::core::marker::Sized> MustNotImplDrop for T {}
        impl #impl_generics MustNotImplDrop for #name #ty_generics #where_clause {}

        #[allow(non_camel_case_types)]
        trait UselessPinnedDropImpl_you_need_to_specify_PinnedDrop {}
        impl<T: ::pin_init::PinnedDrop + ?::core::marker::Sized>
            UselessPinnedDropImpl_you_need_to_specify_PinnedDrop for T {}
        impl #impl_generics UselessPinnedDropImpl_you_need_to_specify_PinnedDrop for #name #ty_generics #where_clause {}
    }
}

/// The struct that `project()` returns, and `project()`.
fn projection(item: &Plain, fields: &[Field]) -> TokenStream {
    let Plain { vis, name, generics } = item;
    let projection = format_ident!("{}Projection", name);
    let with_pin = with_pin_lifetime(generics);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let (pin_impl_generics, pin_ty_generics, pin_where) = with_pin.split_for_impl();
    let declared = fields.iter().map(|Field { cfgs, vis, name, ty, pinned }| {
        let reference = quote!(&'__pin mut #ty);
        let reference = if *pinned { quote!(::core::pin::Pin<#reference>) } else { reference };
        quote!(#(#cfgs)* #vis #name: #reference)
    });
    let made = fields.iter().map(|Field { cfgs, name, pinned, .. }| {
        if *pinned {
            quote! {
                // SAFETY: The field is pinned with the struct.
                #(#cfgs)* #name: unsafe { ::core::pin::Pin::new_unchecked(&mut this.#name) }
            }
        } else {
            quote!(#(#cfgs)* #name: &mut this.#name)
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis struct #projection #pin_impl_generics #pin_where {
            #(#declared,)*
            ___pin_phantom_data: ::core::marker::PhantomData<&'__pin mut ()>,
        }

        #[allow(dead_code)]
        impl #impl_generics #name #ty_generics #where_clause {
            /// Gives access to each field: pinned if it is marked `#[pin]`.
            #[inline]
            #vis fn project<'__pin>(self: ::core::pin::Pin<&'__pin mut Self>) -> #projection #pin_ty_generics {
                // SAFETY: Pinned fields are only passed on pinned.
                let this = unsafe { ::core::pin::Pin::get_unchecked_mut(self) };
                #projection {
                    #(#made,)*
                    ___pin_phantom_data: ::core::marker::PhantomData,
                }
            }
        }
    }
}

fn with_pin_lifetime(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    generics.params.insert(0, parse_quote!('__pin));
    generics
}

/// Replaces `Self` by the struct's full name.
struct ReplaceSelf {
    ty: TokenStream,
}

impl ReplaceSelf {
    fn new(item: &ItemStruct) -> Self {
        let name = &item.ident;
        let args = item.generics.params.iter().map(|param| match param {
            GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
            GenericParam::Type(param) => param.ident.to_token_stream(),
            GenericParam::Const(param) => param.ident.to_token_stream(),
        });
        let args = if item.generics.params.is_empty() { quote!() } else { quote!(::<#(#args),*>) };
        Self { ty: quote!(#name #args) }
    }

    /// In the input of a macro only the word can be looked for.
    fn replace_tokens(&self, tokens: TokenStream) -> TokenStream {
        let ty = &self.ty;
        tokens
            .into_iter()
            .map(|token| match token {
                TokenTree::Ident(word) if word == "Self" => quote!(<#ty>),
                TokenTree::Group(group) => {
                    let mut replaced = Group::new(group.delimiter(), self.replace_tokens(group.stream()));
                    replaced.set_span(group.span());
                    TokenTree::from(replaced).into()
                }
                other => other.into(),
            })
            .collect()
    }
}

impl VisitMut for ReplaceSelf {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        if matches!(ty, Type::Path(path) if path.qself.is_none() && path.path.is_ident("Self")) {
            *ty = syn::parse2(self.ty.clone()).expect("a name with arguments is a type");
        }
    }

    fn visit_type_path_mut(&mut self, path: &mut syn::TypePath) {
        visit_mut::visit_type_path_mut(self, path);
        self.qualify(&mut path.qself, &mut path.path);
    }

    fn visit_expr_path_mut(&mut self, path: &mut syn::ExprPath) {
        visit_mut::visit_expr_path_mut(self, path);
        self.qualify(&mut path.qself, &mut path.path);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        mac.tokens = self.replace_tokens(std::mem::take(&mut mac.tokens));
    }
}

impl ReplaceSelf {
    /// `Self::Item` becomes `<Struct<T>>::Item`.
    fn qualify(&self, qself: &mut Option<syn::QSelf>, path: &mut syn::Path) {
        if qself.is_none() && path.segments.len() > 1 && path.segments[0].ident == "Self" {
            let ty = &self.ty;
            let rest = path.segments.iter().skip(1);
            let qualified: syn::ExprPath = parse_quote!(<#ty>::#(#rest)::*);
            (*qself, *path) = (qualified.qself, qualified.path);
        }
    }
}
