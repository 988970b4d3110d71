// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask api DIR`: what mainline's API has and ours lacks or declares otherwise.
//!
//! `DIR` holds mainline's `rust/kernel`, or its signatures alone, at the same paths. Ours is read as the compiler expands it, for the
//! kernel last built for, so that what a macro or a `derive` makes is seen too.
mod declaration;

use crate::root;
use anyhow::{Context, Result};
use declaration::{Declaration, function, owner, plain};
use kmod_os::Cmd;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use syn::{Attribute, Generics, ImplItem, Item, TraitItem, UseTree, Visibility, punctuated::Punctuated, token::Comma};

/// Prints the differences, grouped by module, and returns how many there are.
pub fn run(dir: &Path, only: &str) -> Result<usize> {
    let mut theirs = Surface::default();
    for (module, file) in files(dir, "")? {
        let text = kmod_os::read_to_string(&file)?;
        theirs.items(&module, &syn::parse_file(&text).with_context(|| file.display().to_string())?.items);
    }
    let expanded = Cmd::new("cargo")
        .dir(root().join("rust"))
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["rustc", "--quiet", "--package", "kernel", "--profile", "check", "--", "-Zunpretty=expanded"])
        .run()?;
    let mut ours = Surface::default();
    ours.items("", &syn::parse_file(&expanded).context("the expanded crate")?.items);
    let declared = theirs.declared.iter().filter(|((_, name), _)| !theirs.is_private(name));
    let differ = declared.filter_map(|((module, name), theirs)| Some((module, ours.compare(module, name, theirs)?)));
    let hidden = theirs.reexported.iter().filter(|(module, name)| !ours.names(module, name));
    let hidden = hidden.map(|(module, name)| (module, format!("missing  pub use {name}")));
    let mut findings: Vec<_> = differ.chain(hidden).filter(|(module, _)| module.starts_with(only)).collect();
    findings.sort();
    for part in findings.chunk_by(|a, b| a.0 == b.0) {
        println!("{}", part[0].0);
        part.iter().for_each(|(_, finding)| println!("  {finding}"));
    }
    Ok(findings.len())
}

/// The Rust files below a folder, by the module that each is.
fn files(dir: &Path, module: &str) -> Result<Vec<(String, std::path::PathBuf)>> {
    let mut found = Vec::new();
    for path in kmod_os::read_dir(dir)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let inner = if module.is_empty() { name.clone() } else { format!("{module}::{name}") };
        if path.is_dir() {
            found.extend(files(&path, &inner)?);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push((if matches!(name.as_str(), "mod" | "lib") { module.to_owned() } else { inner }, path));
        }
    }
    Ok(found)
}

/// Declarations by module and name, which is as `Arc`, `Arc::new` or `impl Clone for Arc<A>`.
#[derive(Default)]
struct Surface {
    declared: BTreeMap<(String, String), BTreeSet<String>>,
    /// Names that a module has from elsewhere, by `pub use`; `*` stands for any.
    reexported: BTreeSet<(String, String)>,
}

impl Surface {
    /// What is to be said of an item of the other side, if it is not the same here.
    fn compare(&self, module: &str, name: &str, theirs: &BTreeSet<String>) -> Option<String> {
        let top = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
        let anywhere: Vec<_> = self.declared.iter().filter(|((_, n), _)| n == name).collect();
        let within = |of: &dyn Fn(&str) -> bool| -> BTreeSet<_> {
            anywhere.iter().filter(|((m, _), _)| of(m)).flat_map(|(_, declared)| declared.iter()).collect()
        };
        // A submodule or another module may hold it: what counts is that the module has its name.
        let scopes: [&dyn Fn(&str) -> bool; 3] = [&|m| m == module, &|m| top(m) == top(module), &|_| true];
        let found = scopes.iter().map(|scope| within(scope)).find(|found| !found.is_empty()).unwrap_or_default();
        if anywhere.is_empty() {
            return Some(format!("missing  {name}  {}", theirs.iter().next().map_or("", String::as_str)));
        }
        let missing = theirs.iter().find(|declaration| !found.contains(declaration));
        if let Some(declaration) = missing {
            let ours = found.iter().map(|d| d.as_str()).take(3).collect::<Vec<_>>().join("\n           ours:   ");
            return Some(format!("differs  {name}\n           theirs: {declaration}\n           ours:   {ours}"));
        }
        let plain = !name.contains([' ', ':', '!']);
        let modules = || anywhere.iter().map(|((m, _), _)| m.as_str()).collect::<Vec<_>>().join(", ");
        (plain && !self.names(module, name)).then(|| format!("elsewhere  {name}: in {}", modules()))
    }

    /// Whether a module has a name, be it from elsewhere.
    fn names(&self, module: &str, name: &str) -> bool {
        let key = |name: &str| (module.to_owned(), name.to_owned());
        let declared = [name.to_owned(), format!("{name}!")].iter().any(|name| self.declared.contains_key(&key(name)));
        declared || self.reexported.contains(&key(name)) || self.reexported.contains(&key("*"))
    }

    /// Whether this implements something for a type that is not public.
    fn is_private(&self, name: &str) -> bool {
        let of = name.strip_prefix("impl ").and_then(|name| name.rsplit_once("for ")).map(|(_, of)| of);
        let of = of.and_then(|of| of.split(|c: char| !c.is_alphanumeric()).next());
        let capital = |of: &&str| of.len() > 1 && of.starts_with(char::is_uppercase);
        of.filter(capital).is_some_and(|of| !self.declared.keys().any(|(_, name)| name == of))
    }

    fn add(&mut self, module: &str, name: String, declaration: String) {
        self.declared.entry((module.to_owned(), name)).or_default().insert(declaration);
    }

    fn items(&mut self, module: &str, items: &[Item]) {
        for item in items {
            self.item(module, item);
        }
    }

    fn item(&mut self, module: &str, item: &Item) {
        match item {
            Item::Mod(m) => {
                let inner = if module.is_empty() { m.ident.to_string() } else { format!("{module}::{}", m.ident) };
                self.items(&inner, m.content.as_ref().map_or(&[][..], |(_, items)| items));
            }
            Item::Use(u) if public(&u.vis) => self.reexport(module, &u.tree),
            Item::Fn(f) if public(&f.vis) => {
                self.add(module, f.sig.ident.to_string(), function(&f.sig, &[], None));
            }
            Item::Const(c) if public(&c.vis) => self.add(module, c.ident.to_string(), plain("const", &c.ty)),
            Item::Static(s) if public(&s.vis) => self.add(module, s.ident.to_string(), plain("static", &s.ty)),
            Item::Type(t) if public(&t.vis) => {
                self.add(
                    module,
                    t.ident.to_string(),
                    Declaration::of("type").generics(&t.generics).text(&t.ty).close(),
                );
            }
            Item::Struct(s) if public(&s.vis) => {
                let mut made = Declaration::of("struct").parameters(&s.generics);
                for (n, field) in s.fields.iter().enumerate().filter(|(_, f)| public(&f.vis)) {
                    let name = field.ident.as_ref().map_or(n.to_string(), ToString::to_string);
                    made = made.word(&format!(".{name}:")).text(&field.ty);
                }
                self.add(module, s.ident.to_string(), made.close());
                self.derived(module, &s.attrs, &s.ident, &s.generics);
            }
            Item::Enum(e) if public(&e.vis) => {
                let mut made = Declaration::of("enum").parameters(&e.generics);
                for variant in &e.variants {
                    made = made.word(&format!("{}:", variant.ident));
                    for field in &variant.fields {
                        made = made
                            .word(&field.ident.as_ref().map_or(String::new(), |i| format!(".{i}:")))
                            .text(&field.ty);
                    }
                }
                self.add(module, e.ident.to_string(), made.close());
                self.derived(module, &e.attrs, &e.ident, &e.generics);
            }
            Item::Trait(t) if public(&t.vis) => self.traits(module, t),
            Item::Impl(i) => self.implementation(module, i),
            Item::Macro(m) => {
                let name = m.ident.as_ref().map(|name| format!("{name}!"));
                name.into_iter().for_each(|name| self.add(module, name, "macro".into()));
            }
            _ => {}
        }
    }

    fn traits(&mut self, module: &str, t: &syn::ItemTrait) {
        let safety = if t.unsafety.is_some() { "unsafe trait" } else { "trait" };
        let made =
            Declaration::of(safety).parameters(&t.generics).bounds(&quote::format_ident!("Self"), &t.supertraits);
        self.add(module, t.ident.to_string(), made.close());
        for item in &t.items {
            let (name, declaration) = match item {
                TraitItem::Fn(f) => {
                    let provided = if f.default.is_some() { "" } else { " (required)" };
                    (&f.sig.ident, function(&f.sig, &[&t.generics], None) + provided)
                }
                TraitItem::Const(c) => (&c.ident, plain("const", &c.ty)),
                TraitItem::Type(a) => (
                    &a.ident,
                    Declaration::of("type")
                        .generics(&a.generics)
                        .bounds(&quote::format_ident!("Self"), &a.bounds)
                        .close(),
                ),
                _ => continue,
            };
            self.add(module, format!("{}::{name}", t.ident), declaration);
        }
    }

    fn implementation(&mut self, module: &str, i: &syn::ItemImpl) {
        let of = &i.self_ty;
        let Some((not, path, _)) = &i.trait_ else {
            let owner = owner(of);
            for item in &i.items {
                let (name, declaration) = match item {
                    ImplItem::Fn(f) if public(&f.vis) => (&f.sig.ident, function(&f.sig, &[&i.generics], Some(of))),
                    ImplItem::Const(c) if public(&c.vis) => (&c.ident, plain("const", &c.ty)),
                    _ => continue,
                };
                self.add(module, format!("{owner}::{name}"), declaration);
            }
            return;
        };
        let head = Declaration::of("impl").declare(&i.generics).this(Some(of)).text(path).word("for").text(of);
        let name = format!("{}{}", if not.is_some() { "!" } else { "" }, head.clone().without_bounds());
        let made = head.where_clauses(&i.generics);
        self.add(module, name, made.close());
    }

    /// What `#[derive]` will make.
    fn derived(&mut self, module: &str, attributes: &[Attribute], name: &syn::Ident, generics: &Generics) {
        let derives = attributes.iter().filter(|a| a.path().is_ident("derive"));
        let paths = derives.filter_map(|a| a.parse_args_with(Punctuated::<syn::Path, Comma>::parse_terminated).ok());
        for path in paths.flatten() {
            let (_, arguments, _) = generics.split_for_impl();
            let of: syn::Type = syn::parse_quote!(#name #arguments);
            let head = Declaration::of("impl").declare(generics).text(&path).word("for").text(&of);
            let name = head.clone().without_bounds();
            // The bounds of a derived implementation are the macro's.
            self.declared.entry((module.to_owned(), name)).or_default();
        }
    }

    fn reexport(&mut self, module: &str, tree: &UseTree) {
        let mut add = |name: String| self.reexported.extend([(module.to_owned(), name)]);
        match tree {
            UseTree::Path(p) => self.reexport(module, &p.tree),
            UseTree::Group(g) => g.items.iter().for_each(|tree| self.reexport(module, tree)),
            UseTree::Name(n) => add(n.ident.to_string()),
            UseTree::Rename(r) => add(r.rename.to_string()),
            UseTree::Glob(_) => add("*".into()),
        }
    }
}

fn public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}
