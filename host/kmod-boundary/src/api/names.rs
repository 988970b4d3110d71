// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a user's file names of an API, and how: the raw material of [`super::users`].
use super::{
    Api,
    read::{Import, imports},
    reader::Reader,
};
use crate::uses::{Place, Source};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;

/// A path, complete from the crate on.
#[derive(Debug, Clone, Default)]
pub struct Mention {
    pub path: String,
    pub at: Place,
    pub import: bool,
    pub called: bool,
    /// Type arguments stand behind it.
    pub arguments: bool,
    pub in_unsafe: bool,
    /// In the value of a constant.
    pub in_const: bool,
}

/// `.name(…)` or, without arguments, `.name`.
#[derive(Debug, Clone)]
pub struct Dot {
    pub name: String,
    pub at: Place,
    /// How many arguments; None of a field, or inside of a macro.
    pub arguments: Option<usize>,
    pub field: bool,
    pub in_unsafe: bool,
    /// The path of the receiver's type, if a parameter declares it.
    pub receiver: Option<String>,
}

/// `impl TRAIT for …`
#[derive(Debug, Clone)]
pub struct Implemented {
    pub path: String,
    pub at: Place,
    pub is_unsafe: bool,
    /// Where each item is, and whether it is an unsafe function.
    pub items: BTreeMap<String, (Place, bool)>,
}

/// `PATH { field, … }`, written or matched; or the patterns of a `match`, with the enum's path.
#[derive(Debug, Clone)]
pub struct Whole {
    pub path: String,
    pub at: Place,
    pub fields: BTreeSet<String>,
    /// Something stands for the rest: `..`, or `_`.
    pub rest: bool,
}

#[derive(Debug, Default)]
pub struct Names {
    pub mentions: Vec<Mention>,
    pub dots: Vec<Dot>,
    pub implemented: Vec<Implemented>,
    pub literals: Vec<Whole>,
    pub matches: Vec<Whole>,
}

impl Names {
    /// Of one file; the error says where it is not Rust.
    pub fn of(source: &Source, crate_name: &str, api: &Api) -> Result<Self, String> {
        let file =
            syn::parse_file(&source.text).map_err(|e| format!("{}:{}: {e}", source.path, e.span().start().line))?;
        let mut scope = Scope::default();
        scope.visit_file(&file);
        let mut reader = Reader::new(source, crate_name, api, scope);
        reader.visit_file(&file);
        Ok(reader.names)
    }
}

/// What a file imports, wherever it does, and what it declares itself.
#[derive(Default)]
pub struct Scope {
    pub imports: Vec<Import>,
    pub own: BTreeSet<String>,
}

impl Visit<'_> for Scope {
    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        imports(&item.tree, false, &mut Vec::new(), &mut self.imports);
    }

    fn visit_item(&mut self, item: &syn::Item) {
        let name = match item {
            syn::Item::Struct(s) => Some(&s.ident),
            syn::Item::Enum(e) => Some(&e.ident),
            syn::Item::Trait(t) => Some(&t.ident),
            syn::Item::Type(t) => Some(&t.ident),
            syn::Item::Fn(f) => Some(&f.sig.ident),
            syn::Item::Const(c) => Some(&c.ident),
            syn::Item::Static(s) => Some(&s.ident),
            syn::Item::Mod(m) => Some(&m.ident),
            syn::Item::Macro(m) => m.ident.as_ref(),
            _ => None,
        };
        self.own.extend(name.map(ToString::to_string));
        syn::visit::visit_item(self, item);
    }
}
