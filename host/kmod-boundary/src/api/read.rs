// SPDX-License-Identifier: MIT OR Apache-2.0
//! Source files → modules, what each declares and imports, and the implementations.
use super::{
    Declared, Entity, Kind,
    declaration::{Declaration, function, plain},
};
use crate::uses::{Place, Source};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Attribute, Fields, Generics, Item, TraitItem, UseTree, Visibility, spanned::Spanned};

#[derive(Default)]
pub struct Module {
    /// By name, the index in [`Tree::entities`]; whether it is public.
    pub declared: BTreeMap<String, (usize, bool)>,
    pub imports: Vec<Import>,
    /// Whether a module within is public.
    pub children: BTreeMap<String, bool>,
}

/// One leaf of a `use`.
pub struct Import {
    pub public: bool,
    pub path: Vec<String>,
    /// None for `*`.
    pub name: Option<String>,
    pub line: u32,
}

#[derive(Default)]
pub struct Tree {
    /// By path within the crate: `sync::arc`, nothing for the root.
    pub modules: BTreeMap<String, Module>,
    pub entities: Vec<Entity>,
    /// With the module and the file that they stand in.
    pub implementations: Vec<(String, String, syn::ItemImpl)>,
    pub in_macros: BTreeSet<String>,
    pub unread: Vec<String>,
}

/// The module that a file is, by its path below the folder of the crate.
pub fn module_of(path: &str) -> String {
    let parts: Vec<_> = path.trim_end_matches(".rs").split('/').collect();
    let parts = match parts.split_last() {
        Some((&("mod" | "lib"), above)) => above,
        _ => &parts[..],
    };
    parts.join("::")
}

impl Tree {
    /// Of all files of a crate, by their paths below its folder.
    pub fn of(sources: &[Source]) -> Self {
        let mut tree = Self::default();
        tree.modules.entry(String::new()).or_default();
        for source in sources.iter().filter(|source| source.path.ends_with(".rs")) {
            match syn::parse_file(&source.text) {
                Ok(file) => tree.items(&module_of(&source.path), &source.path, &file.items),
                Err(e) => tree.unread.push(format!("{}:{}: {e}", source.path, e.span().start().line)),
            }
        }
        tree
    }

    fn items(&mut self, module: &str, file: &str, items: &[Item]) {
        self.modules.entry(module.to_owned()).or_default();
        for item in items {
            self.item(module, file, item);
        }
    }

    fn item(&mut self, module: &str, file: &str, item: &Item) {
        let at = |item: &dyn Spanned| Place { file: file.to_owned(), line: item.span().start().line as u32 };
        match item {
            Item::Mod(m) => {
                let name = m.ident.to_string();
                let inner = if module.is_empty() { name.clone() } else { format!("{module}::{name}") };
                *self.module(module).children.entry(name).or_default() |= public(&m.vis);
                let items = m.content.as_ref().map_or(&[][..], |(_, items)| items);
                self.items(&inner, file, items);
            }
            Item::Use(u) => imports(&u.tree, public(&u.vis), &mut Vec::new(), &mut self.module(module).imports),
            Item::ExternCrate(e) if e.ident == "self" => {}
            Item::Fn(f) => {
                let text = function(&f.sig, &[], None);
                self.declare(module, &f.sig.ident, &f.vis, Declared::new(Kind::Function, text, at(&f.sig.ident)));
            }
            Item::Const(c) => {
                let made = Declared::new(Kind::Constant, plain("const", &c.ty), at(&c.ident));
                self.declare(module, &c.ident, &c.vis, made);
            }
            Item::Static(s) => {
                let made = Declared::new(Kind::Constant, plain("static", &s.ty), at(&s.ident));
                self.declare(module, &s.ident, &s.vis, made);
            }
            Item::Type(t) => {
                let text = Declaration::of("type").generics(&t.generics).text(&t.ty).close();
                let made = Declared::new(Kind::Type, text, at(&t.ident)).arguments(&t.generics);
                self.declare(module, &t.ident, &t.vis, made);
            }
            Item::Struct(s) => {
                let text = Declaration::of("struct").parameters(&s.generics).close();
                let mut made = Declared::new(Kind::Struct, text, at(&s.ident)).arguments(&s.generics);
                made.closed = !s.fields.is_empty()
                    && s.fields.iter().all(|field| public(&field.vis))
                    && !has(&s.attrs, "non_exhaustive");
                let entity = self.declare(module, &s.ident, &s.vis, made);
                for (n, field) in s.fields.iter().enumerate().filter(|(_, field)| public(&field.vis)) {
                    let name = field.ident.as_ref().map_or(n.to_string(), ToString::to_string);
                    entity.member(format!(".{name}"), Kind::Field, within(&s.generics, &field.ty), at(field));
                }
                entity.derived(&s.attrs, &s.ident, &s.generics, &at(&s.ident));
            }
            Item::Enum(e) => {
                let text = Declaration::of("enum").parameters(&e.generics).close();
                let mut made = Declared::new(Kind::Enum, text, at(&e.ident)).arguments(&e.generics);
                made.closed = !has(&e.attrs, "non_exhaustive");
                let entity = self.declare(module, &e.ident, &e.vis, made);
                for variant in &e.variants {
                    let text = fields(&e.generics, &variant.fields);
                    entity.member(variant.ident.to_string(), Kind::Variant, text, at(variant));
                }
                entity.derived(&e.attrs, &e.ident, &e.generics, &at(&e.ident));
            }
            Item::Trait(t) => self.traits(module, file, t),
            Item::Impl(i) => self.implementations.push((module.to_owned(), file.to_owned(), i.clone())),
            Item::Macro(m) => {
                declared_in(&m.mac.tokens, &mut self.in_macros);
                let Some(name) = &m.ident else { return };
                let arms = arms(&m.mac.tokens);
                let listed = arms.is_empty();
                let mut made = Declared::new(Kind::Macro, "macro".to_owned(), at(name));
                made.arms = arms;
                let exported = has(&m.attrs, "macro_export") || listed;
                let entity = self.entities.len();
                self.entities.push(Entity { name: format!("{name}!"), declared: vec![made], ..Entity::default() });
                // An exported macro lies in the root, and others where they stand.
                let home = if exported { "" } else { module };
                let slot = self.module(home).declared.entry(format!("{name}!")).or_insert((entity, exported));
                slot.1 |= exported;
            }
            _ => {}
        }
    }

    fn traits(&mut self, module: &str, file: &str, t: &syn::ItemTrait) {
        let at = |item: &dyn Spanned| Place { file: file.to_owned(), line: item.span().start().line as u32 };
        let this = quote::format_ident!("Self");
        let safety = if t.unsafety.is_some() { "unsafe trait" } else { "trait" };
        let text = Declaration::of(safety).parameters(&t.generics).bounds(&this, &t.supertraits).close();
        let made = Declared::new(Kind::Trait, text, at(&t.ident)).arguments(&t.generics);
        let entity = self.declare(module, &t.ident, &t.vis, made);
        for item in &t.items {
            // What is hidden is given by a macro.
            let attributes = match item {
                TraitItem::Fn(f) => &f.attrs,
                TraitItem::Const(c) => &c.attrs,
                TraitItem::Type(a) => &a.attrs,
                _ => continue,
            };
            if attributes.iter().any(hidden) {
                continue;
            }
            let (name, kind, text, required) = match item {
                TraitItem::Fn(f) => {
                    (&f.sig.ident, Kind::Function, function(&f.sig, &[&t.generics], None), f.default.is_none())
                }
                TraitItem::Const(c) => (&c.ident, Kind::Constant, plain("const", &c.ty), c.default.is_none()),
                TraitItem::Type(a) => {
                    let text = Declaration::of("type").generics(&a.generics).bounds(&this, &a.bounds).close();
                    (&a.ident, Kind::Type, text, a.default.is_none())
                }
                _ => continue,
            };
            entity.member(name.to_string(), kind, text, at(item));
            if let Some(made) = entity.members.get_mut(&name.to_string()).and_then(|list| list.last_mut()) {
                made.required = required;
            }
        }
    }

    fn module(&mut self, module: &str) -> &mut Module {
        self.modules.entry(module.to_owned()).or_default()
    }

    fn declare(&mut self, module: &str, name: &syn::Ident, vis: &Visibility, made: Declared) -> &mut Entity {
        let (name, next) = (name.to_string(), self.entities.len());
        let slot = self.module(module).declared.entry(name.clone()).or_insert((next, false));
        slot.1 |= public(vis);
        let index = slot.0;
        if index == next {
            self.entities.push(Entity { name, ..Entity::default() });
        }
        let entity = &mut self.entities[index];
        entity.declared.push(made);
        entity
    }
}

impl Declared {
    pub fn new(kind: Kind, text: String, at: Place) -> Self {
        Self { kind, text, at, required: false, closed: false, arguments: (0, 0), arms: Vec::new() }
    }

    fn arguments(mut self, generics: &Generics) -> Self {
        let count = |without_default: bool| {
            let counts = |param: &&syn::GenericParam| match param {
                syn::GenericParam::Type(t) => !(without_default && t.default.is_some()),
                syn::GenericParam::Const(c) => !(without_default && c.default.is_some()),
                syn::GenericParam::Lifetime(_) => false,
            };
            generics.params.iter().filter(counts).count()
        };
        self.arguments = (count(true), count(false));
        self
    }
}

impl Entity {
    pub fn member(&mut self, name: String, kind: Kind, text: String, at: Place) {
        self.members.entry(name).or_default().push(Declared::new(kind, text, at));
    }

    /// What `#[derive]` will make; the bounds are the macro's.
    fn derived(&mut self, attributes: &[Attribute], name: &syn::Ident, generics: &Generics, at: &Place) {
        let derives = attributes.iter().filter(|a| a.path().is_ident("derive"));
        type Paths = syn::punctuated::Punctuated<syn::Path, syn::token::Comma>;
        for path in derives.filter_map(|a| a.parse_args_with(Paths::parse_terminated).ok()).flatten() {
            let (_, arguments, _) = generics.split_for_impl();
            let of: syn::Type = syn::parse_quote!(#name #arguments);
            let head = Declaration::of("impl").declare(generics).text(&path).word("for").text(&of);
            let made = Declared::new(Kind::Implementation, String::new(), at.clone());
            self.implementations.entry(head.without_bounds()).or_default().push(made);
        }
    }
}

/// A type that may name the generic parameters.
fn within(generics: &Generics, ty: &syn::Type) -> String {
    let (_, arguments, _) = generics.split_for_impl();
    Declaration::of("").declare(generics).this(Some(&syn::parse_quote!(this #arguments))).text(ty).close()
}

fn fields(generics: &Generics, fields: &Fields) -> String {
    let one = |field: &syn::Field| {
        let name = field.ident.as_ref().map_or(String::new(), |name| format!("{name}: "));
        name + &within(generics, &field.ty)
    };
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub fn imports(tree: &UseTree, public: bool, before: &mut Vec<String>, into: &mut Vec<Import>) {
    let mut add = |last: Option<&syn::Ident>, name: Option<String>, at: proc_macro2::Span| {
        // `use a::{self}` names `a`.
        let (last, name) = match last {
            Some(last) if last == "self" => (None, name.filter(|n| n != "self").or_else(|| before.last().cloned())),
            other => (other, name),
        };
        let path = before.iter().cloned().chain(last.map(ToString::to_string)).collect();
        into.push(Import { public, path, name, line: at.start().line as u32 });
    };
    match tree {
        UseTree::Path(p) => {
            before.push(p.ident.to_string());
            imports(&p.tree, public, before, into);
            before.pop();
        }
        UseTree::Group(g) => g.items.iter().for_each(|tree| imports(tree, public, before, into)),
        UseTree::Name(n) => add(Some(&n.ident), Some(n.ident.to_string()), n.ident.span()),
        UseTree::Rename(r) => add(Some(&r.ident), Some(r.rename.to_string()), r.ident.span()),
        UseTree::Glob(g) => add(None, None, g.star_token.span()),
    }
}

/// The names that stand behind a keyword that declares.
fn declared_in(tokens: &TokenStream, names: &mut BTreeSet<String>) {
    let mut declares = false;
    for tree in tokens.clone() {
        match tree {
            TokenTree::Group(group) => declared_in(&group.stream(), names),
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                if declares {
                    names.insert(word.clone());
                }
                declares = matches!(&*word, "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "mod");
                continue;
            }
            _ => {}
        }
        declares = false;
    }
}

/// What a `macro_rules!` accepts; nothing of one that is only listed, as `() => {}`.
fn arms(body: &TokenStream) -> Vec<String> {
    let trees: Vec<_> = body.clone().into_iter().collect();
    let arms: Vec<_> = trees
        .windows(4)
        .filter(|w| w[1].to_string() == "=" && w[2].to_string() == ">")
        .map(|w| (w[0].to_string(), w[3].to_string()))
        .collect();
    let listed = arms.len() == 1 && arms[0].0 == "()" && arms[0].1.split_whitespace().collect::<String>() == "{}";
    if listed { Vec::new() } else { arms.into_iter().map(|(accepts, _)| accepts).collect() }
}

fn hidden(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden")
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

pub fn public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}
