// SPDX-License-Identifier: GPL-2.0
//! `paste!`

use proc_macro2::{token_stream::IntoIter, Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use std::iter::Peekable;
use syn::{Error, Lit, Result};

pub fn expand(input: TokenStream) -> Result<TokenStream> {
    let mut output = TokenStream::new();
    for token in input {
        match token {
            TokenTree::Group(group) if is_paste(&group) => {
                output.extend([TokenTree::from(join(&group)?)]);
            }
            TokenTree::Group(group) => {
                let inner = expand(group.stream())?;
                if group.delimiter() == Delimiter::None && is_path(&inner) {
                    // A path cannot go on after the invisible delimiters that `macro_rules!` leaves.
                    output.extend(inner);
                } else {
                    let mut copy = Group::new(group.delimiter(), inner);
                    copy.set_span(group.span());
                    output.extend([TokenTree::from(copy)]);
                }
            }
            other => output.extend([other]),
        }
    }
    Ok(output)
}

/// `[< … >]`
fn is_paste(group: &Group) -> bool {
    let mut tokens = group.stream().into_iter();
    let is = |token: Option<TokenTree>, wanted| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == wanted);
    group.delimiter() == Delimiter::Bracket && is(tokens.next(), '<') && is(tokens.last(), '>')
}

/// Whether it is only names and colons.
fn is_path(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().all(|token| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        TokenTree::Literal(_) | TokenTree::Group(_) => false,
    })
}

/// The identifier that `[< … >]` stands for.
fn join(group: &Group) -> Result<Ident> {
    let mut tokens: Vec<_> = flatten(group.stream()).collect();
    let (_, _) = (tokens.pop(), tokens.remove(0));
    let mut tokens = tokens.into_iter().collect::<TokenStream>().into_iter().peekable();
    let (mut name, mut span, mut chosen) = (String::new(), None, None);
    while let Some(token) = tokens.next() {
        let mut part = text(&token)?;
        while let Some(modifier) = modifier(&mut tokens)? {
            match modifier.to_string().as_str() {
                "lower" => part = part.to_lowercase(),
                "upper" => part = part.to_uppercase(),
                "span" if chosen.is_none() => chosen = Some(token.span()),
                "span" => return Err(Error::new(modifier.span(), "`:span` may appear once")),
                _ => return Err(Error::new(modifier.span(), "expected `lower`, `upper` or `span`")),
            }
        }
        span.get_or_insert(token.span());
        name.push_str(&part);
    }
    let span = chosen.unwrap_or(Span::call_site().located_at(span.unwrap_or(group.span())));
    match syn::parse_str::<Ident>(&name) {
        Ok(_) => Ok(Ident::new(&name, span)),
        Err(_) => Err(Error::new(group.span(), format!("`{name}` is not an identifier"))),
    }
}

/// Removes the invisible delimiters.
fn flatten(tokens: TokenStream) -> Box<dyn Iterator<Item = TokenTree>> {
    Box::new(tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => flatten(group.stream()),
        other => Box::new(std::iter::once(other)),
    }))
}

/// What a part adds to the name.
fn text(token: &TokenTree) -> Result<String> {
    match token {
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            Ok(name.strip_prefix("r#").unwrap_or(&name).to_owned())
        }
        TokenTree::Literal(literal) => match Lit::new(literal.clone()) {
            Lit::Str(text) => Ok(text.value()),
            Lit::Char(text) => Ok(text.value().to_string()),
            _ => Ok(literal.to_string()),
        },
        other => Err(Error::new(other.span(), "expected an identifier or a literal")),
    }
}

/// `:` and a name, if they come next.
fn modifier(tokens: &mut Peekable<IntoIter>) -> Result<Option<Ident>> {
    if !matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':') {
        return Ok(None);
    }
    let colon = tokens.next().map_or_else(Span::call_site, |colon| colon.span());
    match tokens.next() {
        Some(TokenTree::Ident(name)) => Ok(Some(name)),
        _ => Err(Error::new(colon, "expected `lower`, `upper` or `span` after `:`")),
    }
}
