// SPDX-License-Identifier: MIT OR Apache-2.0
//! A declaration as a text in which equal declarations are equal: each path is its last segment, generic parameters are renamed
//! in the order in which they occur, bounds are sorted, wherever they are written, and lifetimes that may be left out are.
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use syn::{FnArg, GenericParam, Generics, ReturnType, WherePredicate, punctuated::Punctuated};

/// Of an item that is its type.
pub fn plain(kind: &str, ty: &syn::Type) -> String {
    Declaration::of(kind).text(ty).close()
}

/// The name behind which the methods of a type are looked up.
pub fn owner(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(p) => p.path.segments.last().map_or_else(String::new, |s| s.ident.to_string()),
        other => shortened(other).concat(),
    }
}

/// Of a function, which may use the generic parameters of `outer`; `this` is what `Self` stands for.
pub fn function(sig: &syn::Signature, outer: &[&Generics], this: Option<&syn::Type>) -> String {
    let mut made = Declaration::of("").this(this);
    for generics in outer {
        made = made.declare(generics);
    }
    made = made.declare(&sig.generics);
    for (set, word) in
        [(sig.constness.is_some(), "const"), (sig.asyncness.is_some(), "async"), (sig.unsafety.is_some(), "unsafe")]
    {
        made = if set { made.word(word) } else { made };
    }
    made = made.word("fn(");
    for (n, input) in sig.inputs.iter().enumerate() {
        made = if n > 0 { made.word(",") } else { made };
        made = match input {
            FnArg::Receiver(r) if r.colon_token.is_some() => made.word("self:").text(&r.ty),
            FnArg::Receiver(r) => {
                let by = r.reference.as_ref().map_or(TokenStream::new(), |(and, life)| quote::quote!(#and #life));
                let mutable = r.mutability.filter(|_| r.reference.is_some());
                made.text(&quote::quote!(#by #mutable self))
            }
            FnArg::Typed(t) => made.text(&t.ty),
        };
    }
    made = made.word(")");
    if let ReturnType::Type(_, ty) = &sig.output {
        made = made.word(" -> ").text(&**ty);
    }
    for generics in outer.iter().copied().chain([&sig.generics]) {
        made = made.where_clauses(generics);
    }
    made.close()
}

/// A declaration in the making.
#[derive(Clone, Default)]
pub struct Declaration {
    words: Vec<String>,
    bounds: Vec<Vec<String>>,
    /// The names of the generic parameters.
    parameters: Vec<String>,
    /// What `Self` stands for.
    this: Option<Vec<String>>,
}

impl Declaration {
    pub fn of(kind: &str) -> Self {
        Self::default().word(kind)
    }

    pub fn this(mut self, ty: Option<&syn::Type>) -> Self {
        self.this = ty.map(shortened);
        self
    }

    pub fn word(mut self, word: &str) -> Self {
        self.words.extend((!word.is_empty()).then(|| word.to_owned()));
        self
    }

    pub fn text(mut self, tokens: &impl ToTokens) -> Self {
        self.words.extend(shortened(tokens));
        self
    }

    /// `<A, B>`, in the order of the declaration.
    pub fn parameters(self, generics: &Generics) -> Self {
        let (_, arguments, _) = generics.split_for_impl();
        self.generics(generics).text(&arguments)
    }

    pub fn generics(self, generics: &Generics) -> Self {
        self.declare(generics).where_clauses(generics)
    }

    pub fn declare(mut self, generics: &Generics) -> Self {
        self.parameters.extend(generics.params.iter().map(|param| match param {
            GenericParam::Type(t) => t.ident.to_string(),
            GenericParam::Const(c) => c.ident.to_string(),
            GenericParam::Lifetime(l) => l.lifetime.to_string(),
        }));
        self
    }

    pub fn where_clauses(mut self, generics: &Generics) -> Self {
        for param in &generics.params {
            self = match param {
                GenericParam::Type(t) => self.bounds(&t.ident, &t.bounds),
                GenericParam::Lifetime(l) => self.bounds(&l.lifetime, &l.bounds),
                GenericParam::Const(c) => {
                    let head = ["const".to_owned(), c.ident.to_string(), ":".to_owned()];
                    self.bounds.push(head.into_iter().chain(shortened(&c.ty)).collect());
                    self
                }
            };
        }
        for clause in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            self = match clause {
                WherePredicate::Type(syn::PredicateType { lifetimes, bounded_ty, bounds, .. }) => {
                    self.bounds(&quote::quote!(#lifetimes #bounded_ty), bounds)
                }
                WherePredicate::Lifetime(l) => self.bounds(&l.lifetime, &l.bounds),
                _ => self,
            };
        }
        self
    }

    pub fn bounds<B: ToTokens, P>(mut self, subject: &impl ToTokens, bounds: &Punctuated<B, P>) -> Self {
        let head = |bound| [shortened(subject), vec![":".to_owned()], shortened(bound)].concat();
        self.bounds.extend(bounds.iter().map(head));
        self
    }

    pub fn without_bounds(self) -> String {
        Self { bounds: Vec::new(), ..self }.close()
    }

    /// Renames the parameters in the order in which they occur, and sorts the bounds.
    pub fn close(self) -> String {
        let this = self.this.as_ref();
        let expand = |list: &[String]| -> Vec<String> {
            let expand = |word: &String| match this {
                Some(this) if word == "Self" => this.clone(),
                _ => vec![word.clone()],
            };
            list.iter().flat_map(expand).collect()
        };
        let head = expand(&self.words);
        let bounds: BTreeSet<_> = self.bounds.iter().map(|bound| expand(bound)).collect();
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let order = head.iter().chain(this.into_iter().flatten()).chain(bounds.iter().flatten());
        for word in order.filter(|word| self.parameters.contains(word)) {
            let is_lifetime = word.starts_with('\'');
            let count = names.keys().filter(|name| name.starts_with('\'') == is_lifetime).count();
            let letter = char::from(b'A' + (count % 26) as u8);
            let next = if is_lifetime { format!("'{}", letter.to_ascii_lowercase()) } else { letter.to_string() };
            names.entry(word.clone()).or_insert(next);
        }
        let rename = |list: &[String]| {
            let mut text = String::new();
            let named: Vec<_> = list.iter().map(|word| names.get(word).unwrap_or(word).as_str()).collect();
            for (n, word) in named.iter().enumerate() {
                let glue = n > 0
                    && (spaced(named[n - 1]) || named[n - 1].starts_with('\''))
                    && (spaced(word) || *word == "fn(");
                text += if glue { " " } else { "" };
                text += word;
            }
            text
        };
        let bounds: BTreeSet<_> = bounds.iter().map(|bound| rename(bound)).collect();
        let head = rename(&head);
        if bounds.is_empty() { head } else { format!("{head} where {}", Vec::from_iter(bounds).join(", ")) }
    }
}

/// The tokens, with each path cut to its last segment and without lifetimes that may be left out.
fn shortened(tokens: &impl ToTokens) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let mut all = Vec::new();
    flatten(tokens.to_token_stream(), &mut all);
    for (n, word) in all.iter().enumerate() {
        match word.as_str() {
            // The second of the two in `::`, with what stands before it.
            ":" if all.get(n.wrapping_sub(1)).is_some_and(|w| w == ":") => {
                list.pop();
                let mut depth = 0;
                while let Some(last) = list.pop_if(|w| depth > 0 || w == ">" || names(w)) {
                    depth += i32::from(last == ">") - i32::from(last == "<");
                    if depth == 0 {
                        break;
                    }
                }
            }
            "'_" => {}
            // What an elided lifetime leaves behind.
            "," if list.last().is_some_and(|w| w == "<") => {}
            ">" if list.last().is_some_and(|w| w == "<") => {
                list.pop();
            }
            ">" | ")" | "]" => {
                list.pop_if(|w| w == ",");
                list.push(word.clone());
            }
            _ => list.push(word.clone()),
        }
    }
    list
}

/// Whether a blank stands between two of its kind.
fn spaced(word: &str) -> bool {
    names(word) || word == "="
}

fn names(word: &str) -> bool {
    word.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn flatten(stream: TokenStream, list: &mut Vec<String>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                list.extend((!open.is_empty()).then(|| open.to_owned()));
                flatten(group.stream(), list);
                list.extend((!close.is_empty()).then(|| close.to_owned()));
            }
            // A lifetime is a quote and a name.
            other if list.last().is_some_and(|w| w == "'") => {
                list.pop();
                list.push(format!("'{other}"));
            }
            other => list.push(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let item: syn::ItemImpl = syn::parse_str(text).unwrap();
        let Some(syn::ImplItem::Fn(f)) = item.items.first() else { panic!("{text}") };
        function(&f.sig, &[&item.generics], Some(&item.self_ty))
    }

    #[test]
    fn spellings_of_one_declaration_are_equal() {
        let short = of(
            "impl<T: ?Sized + Send> Arc<T> { fn f<E>(&self, a: u8) -> Result<Self, E> where E: From<AllocError> {} }",
        );
        for same in [
            "impl<U> Arc<U> where U: Send, U: ?Sized { fn f<X: From<crate::alloc::AllocError>>(&self, b: u8,) -> Result<Arc<U>, X> {} }",
            "impl<A: Send + ?Sized> sync::Arc<A> { fn f<B>(&'_ self, c: u8) -> core::result::Result<Self, B> where B: From<AllocError> {} }",
        ] {
            assert_eq!(of(same), short);
        }
        for other in [
            "impl<T: ?Sized> Arc<T> { fn f<E>(&self, a: u8) -> Result<Self, E> where E: From<AllocError> {} }",
            "impl<T: ?Sized + Send> Arc<T> { fn f<E>(&self, a: u16) -> Result<Self, E> where E: From<AllocError> {} }",
            "impl<T: ?Sized + Send> Arc<T> { fn f<E>(&mut self, a: u8) -> Result<Self, E> where E: From<AllocError> {} }",
            "impl<T: ?Sized + Send> Arc<T> { unsafe fn f<E>(&self, a: u8) -> Result<Self, E> where E: From<AllocError> {} }",
        ] {
            assert_ne!(of(other), short);
        }
    }

    #[test]
    fn elided_lifetimes_and_paths_are_left_out() {
        let text = |ty: &str| shortened(&syn::parse_str::<syn::Type>(ty).unwrap()).concat();
        assert_eq!(text("sync::Guard<'_, T, super::B>"), "Guard<T,B>");
        assert_eq!(text("core::fmt::Formatter<'_>"), "Formatter");
        assert_eq!(text("<T as ForeignOwnable>::Borrowed<'a>"), "Borrowed<'a>");
        assert_eq!(text("(u8, a::B,)"), "(u8,B)");
    }
}
