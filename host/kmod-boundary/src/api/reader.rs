// SPDX-License-Identifier: MIT OR Apache-2.0
//! The walk through a user's file that finds what [`Names`] holds.
use super::{
    Api,
    names::{Dot, Implemented, Mention, Names, Scope, Whole},
    read::Import,
};
use crate::uses::{Place, Source};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::{spanned::Spanned, visit::Visit};

pub struct Reader<'a> {
    file: &'a str,
    crate_name: &'a str,
    api: &'a Api,
    scope: Scope,
    pub names: Names,
    /// The types of the parameters of the functions that we are in.
    parameters: Vec<BTreeMap<String, String>>,
    in_unsafe: bool,
    in_const: bool,
}

impl<'a> Reader<'a> {
    /// With what the file imports already noted.
    pub fn new(source: &'a Source, crate_name: &'a str, api: &'a Api, scope: Scope) -> Self {
        let mut reader = Self {
            file: &source.path,
            crate_name,
            api,
            scope,
            names: Names::default(),
            parameters: Vec::new(),
            in_unsafe: false,
            in_const: false,
        };
        for import in reader.scope.imports.iter().filter(|import| import.name.is_some()) {
            if let Some(path) = reader.absolute(&import.path, true) {
                let at = Place { file: source.path.clone(), line: import.line };
                reader.names.mentions.push(Mention { path, at, import: true, ..Mention::default() });
            }
        }
        reader
    }

    fn place(&self, span: proc_macro2::Span) -> Place {
        Place { file: self.file.to_owned(), line: span.start().line as u32 }
    }

    /// The path from the crate on; `sure` of what cannot be a local variable.
    fn absolute(&self, path: &[String], sure: bool) -> Option<String> {
        let mut path = path.to_vec();
        for _ in 0..IMPORTS {
            let first = path.first()?.clone();
            if first == self.crate_name {
                return Some(path.join("::"));
            }
            let known = |import: &&Import| import.name.as_ref() == Some(&first) && import.path.first() != Some(&first);
            let Some(import) = self.scope.imports.iter().find(known) else { break };
            path = import.path.iter().chain(&path[1..]).cloned().collect();
        }
        let first = path.first()?;
        if self.scope.own.contains(first) || !sure && path.len() == 1 && !first.starts_with(char::is_uppercase) {
            return None;
        }
        let globs = self.scope.imports.iter().filter(|import| import.name.is_none());
        let of_glob = |import: &Import| {
            let within = format!("{}::{first}", import.path.join("::"));
            let found = import.path.first()? == self.crate_name
                && (self.api.names(&within) || self.api.names(&format!("{within}!")));
            found.then(|| import.path.iter().chain(&path).cloned().collect::<Vec<_>>().join("::"))
        };
        globs.into_iter().find_map(of_glob)
    }

    fn mention(&mut self, path: &syn::Path, called: bool) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let arguments = path.segments.iter().any(|segment| !segment.arguments.is_none());
        if let Some(path_) = self.absolute(&names, called) {
            self.note(path_, path.span(), called, arguments);
        }
    }

    fn note(&mut self, path: String, span: proc_macro2::Span, called: bool, arguments: bool) {
        let (in_unsafe, in_const) = (self.in_unsafe, self.in_const);
        let at = self.place(span);
        self.names.mentions.push(Mention { path, at, import: false, called, arguments, in_unsafe, in_const });
    }

    /// The path of a type, behind references.
    fn type_of(&self, mut ty: &syn::Type) -> Option<String> {
        while let syn::Type::Reference(reference) = ty {
            ty = &reference.elem;
        }
        let syn::Type::Path(path) = ty else { return None };
        let names: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.absolute(&names, true)
    }

    fn function(&mut self, sig: &syn::Signature, body: &syn::Block) {
        let mut types = BTreeMap::new();
        for input in &sig.inputs {
            if let syn::FnArg::Typed(typed) = input
                && let (syn::Pat::Ident(name), Some(ty)) = (&*typed.pat, self.type_of(&typed.ty))
            {
                types.insert(name.ident.to_string(), ty);
            }
        }
        self.parameters.push(types);
        let outer = std::mem::replace(&mut self.in_unsafe, sig.unsafety.is_some());
        self.visit_block(body);
        self.in_unsafe = outer;
        self.parameters.pop();
    }

    fn constant(&mut self, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.in_const, true);
        walk(self);
        self.in_const = outer;
    }

    fn whole(&self, path: &syn::Path, fields: BTreeSet<String>, rest: bool) -> Option<Whole> {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        Some(Whole { path: self.absolute(&names, true)?, at: self.place(path.span()), fields, rest })
    }

    /// The inside of a macro's call, which may be anything: paths and methods by their looks.
    fn tokens(&mut self, stream: TokenStream) {
        let trees: Vec<_> = stream.into_iter().collect();
        let is = |n: usize, mark: char| matches!(trees.get(n), Some(TokenTree::Punct(p)) if p.as_char() == mark);
        let mut n = 0;
        while n < trees.len() {
            match &trees[n] {
                TokenTree::Group(group) => {
                    let keyword = n.checked_sub(1).map(|before| trees[before].to_string());
                    let outer = self.in_unsafe;
                    self.in_unsafe |= keyword.as_deref() == Some("unsafe") && group.delimiter() == Delimiter::Brace;
                    self.tokens(group.stream());
                    self.in_unsafe = outer;
                }
                TokenTree::Ident(ident) => {
                    let mut names = vec![ident.to_string()];
                    let (start, mut arguments) = (n, false);
                    while is(n + 1, ':') && is(n + 2, ':') {
                        match trees.get(n + 3) {
                            Some(TokenTree::Ident(next)) => {
                                names.push(next.to_string());
                                n += 3;
                            }
                            Some(TokenTree::Punct(p)) if p.as_char() == '<' => {
                                let closes = (n + 3..trees.len()).find(|end| is(*end, '>')).unwrap_or(trees.len());
                                (arguments, n) = (true, closes);
                            }
                            _ => break,
                        }
                    }
                    let in_brackets = |n: usize| matches!(trees.get(n), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis);
                    let (makro, called) = (is(n + 1, '!') && !is(n + 2, '='), in_brackets(n + 1));
                    if start > 0 && is(start - 1, '.') {
                        let (name, at) = (names.remove(0), self.place(ident.span()));
                        let in_unsafe = self.in_unsafe;
                        let dot = Dot { name, at, arguments: None, field: !called, in_unsafe, receiver: None };
                        self.names.dots.push(dot);
                    } else if let Some(path) = self.absolute(&names, makro || called) {
                        let bang = if makro { "!" } else { "" };
                        self.note(path + bang, ident.span(), called || makro, arguments);
                    }
                }
                _ => {}
            }
            n += 1;
        }
    }
}

/// Imports of imports go so deep at most.
const IMPORTS: usize = 4;

impl Visit<'_> for Reader<'_> {
    fn visit_item_use(&mut self, _: &syn::ItemUse) {}

    fn visit_path(&mut self, path: &syn::Path) {
        self.mention(path, false);
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &syn::Macro) {
        let names: Vec<_> = mac.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(path) = self.absolute(&names, true) {
            self.note(path + "!", mac.path.span(), true, false);
        }
        self.tokens(mac.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &syn::Attribute) {
        self.mention(attribute.path(), true);
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_expr_call(&mut self, call: &syn::ExprCall) {
        match &*call.func {
            syn::Expr::Path(path) => {
                self.mention(&path.path, true);
                path.qself.iter().for_each(|qself| self.visit_qself(qself));
                syn::visit::visit_path(self, &path.path);
            }
            other => self.visit_expr(other),
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        let receiver = match &*call.receiver {
            syn::Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let receiver = receiver.and_then(|name| self.parameters.last()?.get(&name).cloned());
        self.names.dots.push(Dot {
            name: call.method.to_string(),
            at: self.place(call.method.span()),
            arguments: Some(call.args.len()),
            field: false,
            in_unsafe: self.in_unsafe,
            receiver,
        });
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_field(&mut self, field: &syn::ExprField) {
        let name = member(&field.member);
        let (at, in_unsafe) = (self.place(field.member.span()), self.in_unsafe);
        self.names.dots.push(Dot { name, at, arguments: None, field: true, in_unsafe, receiver: None });
        syn::visit::visit_expr_field(self, field);
    }

    fn visit_expr_unsafe(&mut self, block: &syn::ExprUnsafe) {
        let outer = std::mem::replace(&mut self.in_unsafe, true);
        syn::visit::visit_expr_unsafe(self, block);
        self.in_unsafe = outer;
    }

    fn visit_item_fn(&mut self, f: &syn::ItemFn) {
        f.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        self.visit_signature(&f.sig);
        self.function(&f.sig, &f.block);
    }

    fn visit_impl_item_fn(&mut self, f: &syn::ImplItemFn) {
        f.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        self.visit_signature(&f.sig);
        self.function(&f.sig, &f.block);
    }

    /// A name that is declared again is another thing.
    fn visit_pat_ident(&mut self, name: &syn::PatIdent) {
        if let Some(types) = self.parameters.last_mut() {
            types.remove(&name.ident.to_string());
        }
    }

    fn visit_item_const(&mut self, c: &syn::ItemConst) {
        self.constant(|reader| syn::visit::visit_item_const(reader, c));
    }

    fn visit_item_static(&mut self, s: &syn::ItemStatic) {
        self.constant(|reader| syn::visit::visit_item_static(reader, s));
    }

    fn visit_impl_item_const(&mut self, c: &syn::ImplItemConst) {
        self.constant(|reader| syn::visit::visit_impl_item_const(reader, c));
    }

    fn visit_item_impl(&mut self, i: &syn::ItemImpl) {
        if let Some((_, path, _)) = &i.trait_
            && let Some(Whole { path, at, .. }) = self.whole(path, BTreeSet::new(), false)
        {
            let item = |item: &syn::ImplItem| match item {
                syn::ImplItem::Fn(f) => Some((f.sig.ident.clone(), f.sig.unsafety.is_some())),
                syn::ImplItem::Const(c) => Some((c.ident.clone(), false)),
                syn::ImplItem::Type(t) => Some((t.ident.clone(), false)),
                _ => None,
            };
            let items = i.items.iter().filter_map(item);
            let items =
                items.map(|(name, is_unsafe)| (name.to_string(), (self.place(name.span()), is_unsafe))).collect();
            self.names.implemented.push(Implemented { path, at, is_unsafe: i.unsafety.is_some(), items });
        }
        syn::visit::visit_item_impl(self, i);
    }

    fn visit_expr_struct(&mut self, literal: &syn::ExprStruct) {
        let fields = literal.fields.iter().map(|field| member(&field.member)).collect();
        let whole = self.whole(&literal.path, fields, literal.rest.is_some());
        self.names.literals.extend(whole);
        syn::visit::visit_expr_struct(self, literal);
    }

    fn visit_pat_struct(&mut self, pattern: &syn::PatStruct) {
        let fields = pattern.fields.iter().map(|field| member(&field.member)).collect();
        let whole = self.whole(&pattern.path, fields, pattern.rest.is_some());
        self.names.literals.extend(whole);
        syn::visit::visit_pat_struct(self, pattern);
    }

    fn visit_expr_match(&mut self, matched: &syn::ExprMatch) {
        let mut found: Vec<Whole> = Vec::new();
        let mut rest = false;
        let mut patterns: Vec<_> = matched.arms.iter().map(|arm| &arm.pat).collect();
        while let Some(pattern) = patterns.pop() {
            let path = match pattern {
                syn::Pat::Or(or) => {
                    patterns.extend(&or.cases);
                    continue;
                }
                syn::Pat::Reference(reference) => {
                    patterns.push(&reference.pat);
                    continue;
                }
                syn::Pat::Path(p) => &p.path,
                syn::Pat::TupleStruct(p) => &p.path,
                syn::Pat::Struct(p) => &p.path,
                _ => {
                    rest = true;
                    continue;
                }
            };
            found.extend(self.whole(path, BTreeSet::new(), false));
        }
        if let Some(first) = found.pop()
            && let Some((of, _)) = first.path.rsplit_once("::")
        {
            let at = self.place(matched.match_token.span());
            self.names.matches.push(Whole { path: of.to_owned(), at, fields: BTreeSet::new(), rest });
        }
        syn::visit::visit_expr_match(self, matched);
    }
}

fn member(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => name.to_string(),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}
