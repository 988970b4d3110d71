// SPDX-License-Identifier: MIT OR Apache-2.0
//! By which paths a crate's declarations can be named from outside, and whose each implementation is.
use super::{
    Api, Declared, Entity, Kind,
    declaration::{Declaration, function, plain},
    read::{Tree, public},
};
use crate::uses::{Place, Source};
use std::collections::BTreeSet;
use syn::{ImplItem, spanned::Spanned};

/// Re-exports of re-exports go so deep at most.
const DEEP: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Entity(usize),
    Module(String),
    Foreign(String),
}

impl Api {
    /// Of a crate's sources, by their paths below its folder, where `lib.rs` lies; other crates call it `name`.
    pub fn of(name: &str, sources: &[Source]) -> Self {
        let tree = Tree::of(sources);
        let mut api = Self::default();
        let finder = Finder { tree: &tree, name };
        finder.publish("", name, &mut BTreeSet::new(), &mut api);
        let owners: Vec<_> = tree.implementations.iter().map(|(module, _, i)| finder.owner(module, i)).collect();
        let Tree { entities, implementations, in_macros, unread, .. } = tree;
        (api.entities, api.in_macros, api.unread) = (entities, in_macros, unread);
        for (path, index) in &api.paths {
            api.entities[*index].paths.push(path.clone());
        }
        for entity in &mut api.entities {
            entity.paths.sort_by_key(|path| (path.contains("::prelude::"), path.matches("::").count(), path.clone()));
        }
        // What is implemented for the types of other crates.
        api.entities.push(Entity { name: "other types".into(), paths: vec![name.to_owned()], ..Entity::default() });
        let others = api.entities.len() - 1;
        for ((_, file, implementation), owner) in implementations.iter().zip(owners) {
            api.entities[owner.unwrap_or(others)].implemented(file, implementation);
        }
        api
    }
}

struct Finder<'a> {
    tree: &'a Tree,
    name: &'a str,
}

impl Finder<'_> {
    fn publish(&self, module: &str, prefix: &str, seen: &mut BTreeSet<(String, String)>, api: &mut Api) {
        let Some(found) = self.tree.modules.get(module) else { return };
        if prefix.matches("::").count() > DEEP || !seen.insert((module.to_owned(), prefix.to_owned())) {
            return;
        }
        api.modules.insert(prefix.to_owned());
        let path = |name: &str| format!("{prefix}::{name}");
        for (name, (index, _)) in found.declared.iter().filter(|(_, (_, public))| *public) {
            api.paths.insert(path(name), *index);
        }
        for (child, _) in found.children.iter().filter(|(_, public)| **public) {
            self.publish(&join(module, child), &path(child), seen, api);
        }
        for import in found.imports.iter().filter(|import| import.public) {
            for target in self.resolve(module, &import.path, &mut Vec::new()) {
                match (target, &import.name) {
                    (Target::Entity(index), Some(name)) => {
                        let bang = if self.tree.entities[index].name.ends_with('!') { "!" } else { "" };
                        api.paths.insert(path(name) + bang, index);
                    }
                    (Target::Module(inner), Some(name)) => self.publish(&inner, &path(name), seen, api),
                    (Target::Module(inner), None) => self.publish(&inner, prefix, seen, api),
                    (Target::Foreign(from), Some(name)) => drop(api.foreign.insert(path(name), from)),
                    (Target::Foreign(_) | Target::Entity(_), None) => {}
                }
            }
        }
    }

    /// All that a path names, seen from a module: a type, a macro and a module may have one name.
    fn resolve(&self, module: &str, path: &[String], seen: &mut Vec<(String, String)>) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        let mut found = match first.as_str() {
            "crate" => vec![Target::Module(String::new())],
            "self" => vec![Target::Module(module.to_owned())],
            "super" => vec![Target::Module(module.rsplit_once("::").map_or("", |(above, _)| above).to_owned())],
            name => self.lookup(module, name, seen),
        };
        if found.is_empty() && first == self.name {
            found = vec![Target::Module(String::new())];
        }
        if found.is_empty() {
            return vec![Target::Foreign(path.join("::"))];
        }
        for name in rest {
            let within = |target: Target| match target {
                Target::Module(module) if name == "super" => {
                    vec![Target::Module(module.rsplit_once("::").map_or("", |(above, _)| above).to_owned())]
                }
                Target::Module(module) => self.lookup(&module, name, seen),
                Target::Entity(_) => Vec::new(),
                Target::Foreign(path) => vec![Target::Foreign(format!("{path}::{name}"))],
            };
            found = found.into_iter().flat_map(within).collect();
        }
        found
    }

    fn lookup(&self, module: &str, name: &str, seen: &mut Vec<(String, String)>) -> Vec<Target> {
        let key = (module.to_owned(), name.to_owned());
        let Some(home) = self.tree.modules.get(module) else { return Vec::new() };
        if seen.len() > 64 || seen.contains(&key) {
            return Vec::new();
        }
        seen.push(key);
        let bang = format!("{name}!");
        let mut found: Vec<_> = [name, &bang]
            .iter()
            .filter_map(|name| home.declared.get(*name))
            .map(|(index, _)| Target::Entity(*index))
            .collect();
        let child = join(module, name);
        if self.tree.modules.contains_key(&child) {
            found.push(Target::Module(child));
        }
        for import in home.imports.iter().filter(|import| import.name.as_deref() == Some(name)) {
            found.extend(self.resolve(module, &import.path, seen));
        }
        if found.is_empty() {
            for import in home.imports.iter().filter(|import| import.name.is_none()) {
                for target in self.resolve(module, &import.path, seen) {
                    if let Target::Module(inner) = target {
                        found.extend(self.lookup(&inner, name, seen));
                    }
                }
            }
        }
        // Exported macros can be named in every module.
        if let (true, Some((index, _))) = (found.is_empty(), self.tree.modules[""].declared.get(&bang)) {
            found.push(Target::Entity(*index));
        }
        seen.pop();
        found
    }

    /// The type that something is implemented for, or the trait if the type is another crate's.
    fn owner(&self, module: &str, i: &syn::ItemImpl) -> Option<usize> {
        let of = |path: &syn::Path| {
            let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let found = self.resolve(module, &names, &mut Vec::new()).into_iter();
            found.filter_map(|target| if let Target::Entity(index) = target { Some(index) } else { None }).find(
                |index| {
                    let kinds = [Kind::Struct, Kind::Enum, Kind::Trait, Kind::Type];
                    kinds.iter().any(|kind| self.tree.entities[*index].is(*kind))
                },
            )
        };
        let mut ty = &*i.self_ty;
        while let syn::Type::Reference(syn::TypeReference { elem, .. })
        | syn::Type::Paren(syn::TypeParen { elem, .. }) = ty
        {
            ty = elem;
        }
        let own = if let syn::Type::Path(path) = ty { of(&path.path) } else { None };
        own.or_else(|| i.trait_.as_ref().and_then(|(_, path, _)| of(path)))
    }
}

impl Entity {
    fn implemented(&mut self, file: &str, i: &syn::ItemImpl) {
        let at = |span: proc_macro2::Span| Place { file: file.to_owned(), line: span.start().line as u32 };
        let of = &i.self_ty;
        if let Some((not, path, _)) = &i.trait_ {
            let head = Declaration::of("impl").declare(&i.generics).this(Some(of)).text(path).word("for").text(of);
            let name = format!("{}{}", if not.is_some() { "!" } else { "" }, head.clone().without_bounds());
            let text = head.where_clauses(&i.generics).close();
            let made = Declared::new(Kind::Implementation, text, at(i.impl_token.span()));
            self.implementations.entry(name).or_default().push(made);
            return;
        }
        for item in &i.items {
            match item {
                ImplItem::Fn(f) if public(&f.vis) => {
                    let text = function(&f.sig, &[&i.generics], Some(of));
                    self.member(f.sig.ident.to_string(), Kind::Function, text, at(f.sig.ident.span()));
                }
                ImplItem::Const(c) if public(&c.vis) => {
                    self.member(c.ident.to_string(), Kind::Constant, plain("const", &c.ty), at(c.ident.span()));
                }
                _ => {}
            }
        }
    }
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}
