// SPDX-License-Identifier: MIT OR Apache-2.0
//! `pin_init!` and `init!`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    braced,
    parse::{Parse, ParseStream},
    parse_quote, token, Attribute, Block, Error, Expr, ExprCall, ExprPath, Ident, Path, PathArguments, Result, Token,
    Type,
};

/// Which macro it is.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// `pin_init!`
    Pinned,
    /// `init!`
    Movable,
}

/// The input of the macros.
pub struct Initializer {
    /// `#[disable_initialized_field_access]`
    no_access: bool,
    /// `#[default_error(Error)]`
    default_error: Option<Type>,
    this: Option<Ident>,
    path: Path,
    members: Vec<Member>,
    /// The path of `Zeroable` in `..Zeroable::init_zeroed()`
    zero_rest: Option<Path>,
    error: Option<Type>,
}

/// What is between the braces, up to the next comma.
struct Member {
    attrs: Vec<Attribute>,
    kind: MemberKind,
}

enum MemberKind {
    /// `field: value` or `field`
    Value(Ident, Expr),
    /// `field <- initializer`
    Init(Ident, Expr),
    /// `_: { code }`
    Code(Block),
}

impl Parse for Initializer {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (no_access, default_error) = read_options(&input.call(Attribute::parse_outer)?)?;
        let this = if input.peek(Token![&]) {
            input.parse::<Token![&]>()?;
            let this = input.parse()?;
            input.parse::<Token![in]>()?;
            Some(this)
        } else {
            None
        };
        let path = with_turbofish(input.parse()?);
        let body;
        braced!(body in input);
        let mut members = Vec::new();
        let mut zero_rest = None;
        while !body.is_empty() {
            if body.peek(Token![..]) {
                zero_rest = Some(parse_rest(&body)?);
                break;
            }
            members.push(body.parse()?);
            if !body.is_empty() {
                body.parse::<Token![,]>()?;
            }
        }
        let error = if input.peek(Token![?]) {
            input.parse::<Token![?]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Self { no_access, default_error, this, path, members, zero_rest, error })
    }
}

/// The attributes in front of the type.
fn read_options(attrs: &[Attribute]) -> Result<(bool, Option<Type>)> {
    let (mut no_access, mut default_error) = (false, None);
    for attr in attrs {
        if attr.path().is_ident("disable_initialized_field_access") {
            attr.meta.require_path_only()?;
            no_access = true;
        } else if attr.path().is_ident("default_error") {
            default_error = Some(attr.parse_args()?);
        } else {
            return Err(Error::new_spanned(
                attr,
                "expected `#[disable_initialized_field_access]` or `#[default_error(Error)]`",
            ));
        }
    }
    Ok((no_access, default_error))
}

impl Parse for Member {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let kind = if input.peek(Token![_]) {
            input.parse::<Token![_]>()?;
            input.parse::<Token![:]>()?;
            MemberKind::Code(input.parse()?)
        } else {
            let field: Ident = input.parse()?;
            if input.peek(Token![<-]) {
                input.parse::<Token![<-]>()?;
                MemberKind::Init(field, input.parse()?)
            } else if input.peek(Token![:]) {
                input.parse::<Token![:]>()?;
                MemberKind::Value(field, input.parse()?)
            } else if input.is_empty() || input.peek(Token![,]) {
                let value = parse_quote!(#field);
                MemberKind::Value(field, value)
            } else {
                return Err(input.error("expected `:`, `<-` or `,` after the name of a field"));
            }
        };
        Ok(Self { attrs, kind })
    }
}

/// `..Zeroable::init_zeroed()`; returns the path of the trait.
fn parse_rest(input: ParseStream<'_>) -> Result<Path> {
    input.parse::<Token![..]>()?;
    let rest: Expr = input.parse()?;
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        return Err(input.error("expected nothing after `..Zeroable::init_zeroed()`"));
    }
    zeroable(&rest).ok_or_else(|| Error::new_spanned(rest, "expected `Zeroable::init_zeroed()`"))
}

/// The path of the trait in `Zeroable::init_zeroed()`.
fn zeroable(call: &Expr) -> Option<Path> {
    let Expr::Call(ExprCall { func, args, .. }) = call else { return None };
    let Expr::Path(ExprPath { qself: None, path, .. }) = &**func else { return None };
    let mut path = path.clone();
    let function = path.segments.pop()?.into_value();
    path.segments.pop_punct();
    let is_it = function.ident == "init_zeroed" && path.segments.last()?.ident == "Zeroable" && args.is_empty();
    is_it.then_some(path)
}

/// `Type<T>` becomes `Type::<T>`, which is what an expression needs.
fn with_turbofish(mut path: Path) -> Path {
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(args) = &mut segment.arguments {
            args.colon2_token.get_or_insert_with(token::PathSep::default);
        }
    }
    path
}

/// A name that the user's code can neither see nor hide.
fn private(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

pub fn expand(input: Initializer, kind: Kind) -> Result<TokenStream> {
    let Initializer { no_access, default_error, this, path, members, zero_rest, error } = input;
    let error = error.or(default_error).unwrap_or_else(|| parse_quote!(::core::convert::Infallible));
    let (data, slot, init) = (private("data"), private("slot"), private("init"));

    let (has_data, get_data, from_closure) = match kind {
        Kind::Pinned => (private("HasPinData"), private("__pin_data"), private("pin_init_from_closure")),
        Kind::Movable => (private("HasInitData"), private("__init_data"), private("init_from_closure")),
    };
    let zero = zero_rest.as_ref().map(|zeroable| {
        quote! {
            // The user's import is not without use.
            #[allow(unused_imports)]
            use #zeroable as _;
            ::pin_init::__internal::assert_zeroable(#slot);
            // SAFETY: The slot is valid for writes and aligned.
            unsafe { ::core::ptr::write_bytes(#slot, 0, 1) };
        }
    });
    let this = this.map(|this| {
        quote! {
            // SAFETY: The slot is not null, because it is valid for writes.
            let #this = unsafe { ::core::ptr::NonNull::new_unchecked(#slot) };
        }
    });
    let build = members.iter().map(|member| member.build(kind, no_access, &data, &slot));
    let keep = members.iter().filter_map(Member::keep);
    let check = check_fields(&path, &members, zero_rest.is_some(), !no_access, &slot);

    Ok(quote! {{
        // SAFETY: This is what the function is for.
        #[allow(unused_unsafe)]
        let #data = unsafe {
            // The type may lack its generic arguments, so that `<Type as Trait>::function` cannot be written.
            use ::pin_init::__internal::#has_data;
            #path::#get_data()
        };
        let #init = ::pin_init::__internal::InitData::__make_closure::<_, #error>(#data, move |#slot| {
            #zero
            #this
            #(#build)*
            #check
            #(#keep)*
            // SAFETY: `check` names each field, and each that it names has been initialised above.
            ::core::result::Result::Ok(unsafe { ::pin_init::__internal::InitOk::new() })
        });
        let #init = move |#slot| -> ::core::result::Result<(), #error> {
            #init(#slot).map(|_| ())
        };
        // SAFETY: On success all fields are initialised, on failure the guards have dropped those that were.
        unsafe { ::pin_init::#from_closure::<_, #error>(#init) }
    }})
}

impl Member {
    /// The field and the name of its guard.
    fn field(&self) -> Option<(&Ident, Ident)> {
        match &self.kind {
            MemberKind::Value(field, _) | MemberKind::Init(field, _) => {
                Some((field, format_ident!("__{}_guard", field, span = Span::mixed_site())))
            }
            MemberKind::Code(_) => None,
        }
    }

    fn cfgs(&self) -> Vec<&Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect()
    }

    /// Initialises the field.
    fn build(&self, kind: Kind, no_access: bool, data: &Ident, slot: &Ident) -> TokenStream {
        let attrs = &self.attrs;
        let make = match &self.kind {
            MemberKind::Code(code) => return quote!(#(#attrs)* #[allow(unused_braces)] #code),
            MemberKind::Value(_, value) => quote!(write(#value)),
            MemberKind::Init(_, init) => quote!(init(#init)?),
        };
        let (field, guard) = self.field().expect("the other members are fields");
        let place = match kind {
            Kind::Pinned => quote!(#data.#field(#slot)),
            Kind::Movable => {
                // Without references to the fields, they may be those of a packed struct.
                let kind = private(if no_access { "Unaligned" } else { "Unpinned" });
                quote! {
                    ::pin_init::__internal::Slot::<::pin_init::__internal::#kind, _>::new(&raw mut (*#slot).#field)
                }
            }
        };
        let cfgs = self.cfgs();
        let access = (!no_access).then(|| {
            quote! {
                #(#cfgs)*
                #[allow(unused_mut, unused_variables, non_snake_case)]
                let mut #field = #guard.field();
            }
        });
        quote! {
            // SAFETY: The slot is valid for writes and aligned; each field has one guard.
            #(#cfgs)*
            let #guard = unsafe { #place };
            #(#attrs)*
            #[allow(unused_mut, non_snake_case)]
            let mut #guard = #guard.#make;
            #access
        }
    }

    /// Lets the struct own the field.
    fn keep(&self) -> Option<TokenStream> {
        let (_, guard) = self.field()?;
        let cfgs = self.cfgs();
        Some(quote!(#(#cfgs)* #guard.keep();))
    }
}

/// Code that is never run, in which the compiler checks that each field is there, once, and can be referred to.
fn check_fields(path: &Path, members: &[Member], zero_rest: bool, access: bool, slot: &Ident) -> TokenStream {
    let fields: Vec<_> = members.iter().filter_map(|member| Some((member.cfgs(), member.field()?.0))).collect();
    let values = fields.iter().map(|(cfgs, field)| quote!(#(#cfgs)* #field: ::core::panic!(),));
    let rest = zero_rest.then(|| quote!(..::core::mem::zeroed()));
    let references = fields.iter().filter(|_| access).map(|(cfgs, field)| {
        let span = Span::mixed_site().located_at(field.span());
        quote_spanned!(span=> #(#cfgs)* { let _ = &mut (*#slot).#field; })
    });
    quote! {
        #[allow(unreachable_code, clippy::diverging_sub_expression)]
        // SAFETY: The closure is never called.
        let _ = || unsafe {
            #(#references)*
            ::core::ptr::write(#slot, #path { #(#values)* #rest });
        };
    }
}
