// SPDX-License-Identifier: GPL-2.0
//! `fmt!`

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::{BTreeSet, HashSet};
use syn::{
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    Expr, ExprLit, ExprReference, Lit, LitStr, Result, Token,
};

/// The format string and its arguments.
pub struct Input {
    format: Expr,
    args: Punctuated<Arg, Token![,]>,
}

struct Arg {
    name: Option<Ident>,
    value: Expr,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let format = input.parse()?;
        let args = if input.is_empty() {
            Punctuated::new()
        } else {
            input.parse::<Token![,]>()?;
            Punctuated::parse_terminated(input)?
        };
        Ok(Self { format, args })
    }
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let named = input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]);
        let name = if named {
            let name = input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            Some(name)
        } else {
            None
        };
        Ok(Self { name, value: input.parse()? })
    }
}

/// What a format string takes.
#[derive(Default)]
struct Uses {
    /// The names in it that stand for a value.
    names: BTreeSet<String>,
    /// The arguments, by name or position, that are a width or a precision: those must stay integers.
    counts: HashSet<String>,
    next_position: usize,
}

impl Uses {
    fn of(format: &str) -> Self {
        let mut uses = Self::default();
        let mut rest = format;
        while let Some(start) = rest.find(['{', '}']) {
            let brace = &rest[start..];
            if brace.starts_with("{{") || brace.starts_with('}') {
                rest = brace.get(2..).unwrap_or_default();
                continue;
            }
            let Some(end) = brace.find('}') else { break };
            uses.placeholder(&brace[1..end]);
            rest = &brace[end + 1..];
        }
        uses
    }

    /// `argument:spec`, both of which may be missing. What is malformed is left to `format_args!` to report.
    fn placeholder(&mut self, text: &str) {
        let (argument, spec) = text.split_once(':').unwrap_or((text, ""));
        if spec.contains(".*") {
            self.counts.insert(self.next_position.to_string());
            self.next_position += 1;
        }
        let argument = argument.trim();
        if argument.is_empty() {
            self.next_position += 1;
        } else if !argument.starts_with(|c: char| c.is_ascii_digit()) {
            self.names.insert(argument.to_owned());
        }
        for (end, _) in spec.match_indices('$') {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let before = &spec[..end];
            let start = before
                .rfind(|c| !is_name(c))
                .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
            self.counts.insert(without_zero_flag(&before[start..]).to_owned());
        }
    }
}

/// In `{:08$}` the zero is a flag and 8 the position.
fn without_zero_flag(count: &str) -> &str {
    match count.strip_prefix('0') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => count,
    }
}

pub fn expand(Input { format, args }: Input) -> TokenStream {
    let literal = literal(&format);
    let uses = literal.map_or_else(Uses::default, |literal| Uses::of(&literal.value()));
    let given: HashSet<String> = args.iter().filter_map(|arg| Some(arg.name.as_ref()?.to_string())).collect();
    let explicit = args.iter().enumerate().map(|(position, Arg { name, value })| {
        let is_count = uses.counts.contains(&position.to_string())
            || name.as_ref().is_some_and(|name| uses.counts.contains(&name.to_string()));
        let value = if is_count { quote!(#value) } else { adapted(value) };
        match name {
            Some(name) => quote!(#name = #value),
            None => value,
        }
    });
    let captured = literal.into_iter().flat_map(|literal| {
        let names = uses.names.iter().filter(|name| !given.contains(*name) && !uses.counts.contains(*name));
        names.filter_map(move |name| {
            // What is no identifier is left to `format_args!` to report.
            let name = LitStr::new(name, literal.span()).parse_with(Ident::parse_any).ok()?;
            let variable = variable(&name)?;
            Some(quote!(#name = ::kernel::fmt::Adapter(&#variable)))
        })
    });
    quote!(::core::format_args!(#format #(, #explicit)* #(, #captured)*))
}

/// The variable that a name in the format string stands for: `{type}` is `r#type`.
fn variable(name: &Ident) -> Option<Ident> {
    if name == "self" || syn::parse2::<Ident>(quote!(#name)).is_ok() {
        return Some(name.clone());
    }
    let mut raw: Ident = syn::parse_str(&format!("r#{name}")).ok()?;
    raw.set_span(name.span());
    Some(raw)
}

/// Wraps an argument. The reference is made as an expression, which puts parentheses around the value if need be.
fn adapted(value: &Expr) -> TokenStream {
    let reference = ExprReference {
        attrs: Vec::new(),
        and_token: Default::default(),
        mutability: None,
        expr: Box::new(value.clone()),
    };
    quote!(::kernel::fmt::Adapter(#reference))
}

/// The format string, unless it is a macro call.
fn literal(format: &Expr) -> Option<&LitStr> {
    match format {
        Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => Some(literal),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
