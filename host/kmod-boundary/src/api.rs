// SPDX-License-Identifier: MIT OR Apache-2.0
//! The public API of a crate, as its sources declare it, and what a change of it does to those who use it.
//!
//! ```text
//! sources ──read──► modules, declarations ──paths──► Api: what can be named from outside, and by which paths
//! Api, Api ──diff──► Vec<Change>
//! Vec<Change>, sources of users ──users──► Vec<Finding>
//! ```
//!
//! What macros make is not seen, unless the source is given as the compiler expands it.
pub mod declaration;
pub mod diff;
mod names;
mod paths;
mod read;
mod reader;
mod signature;
pub mod users;

use crate::uses::Place;
use std::collections::{BTreeMap, BTreeSet};

/// What can be named from outside of a crate.
#[derive(Debug, Default)]
pub struct Api {
    pub entities: Vec<Entity>,
    /// By public path (`kernel::sync::Arc`, `kernel::pr_info!`), the index of what it names.
    pub paths: BTreeMap<String, usize>,
    /// Public paths to what other crates declare, with the path that the source has.
    pub foreign: BTreeMap<String, String>,
    /// The public paths of modules.
    pub modules: BTreeSet<String>,
    /// The names behind `fn`, `struct` and the like inside of macros, which may declare them.
    pub in_macros: BTreeSet<String>,
    /// The files that are not Rust, with the reason.
    pub unread: Vec<String>,
}

/// What a module declares under one name.
#[derive(Debug, Default)]
pub struct Entity {
    /// The name of a macro ends in `!`.
    pub name: String,
    /// All public paths, the shortest first; none of what cannot be reached.
    pub paths: Vec<String>,
    /// Several if they stand under different conditions.
    pub declared: Vec<Declared>,
    /// Methods, constants, items of a trait and variants by name; fields as `.NAME`.
    pub members: BTreeMap<String, Vec<Declared>>,
    /// By `impl Clone for Arc<A>`; without a declaration if a `derive` makes it.
    pub implementations: BTreeMap<String, Vec<Declared>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    pub kind: Kind,
    /// Equal for equal declarations, however they are spelled.
    pub text: String,
    pub at: Place,
    /// Of an item of a trait: an implementation has to give it.
    pub required: bool,
    /// Of a struct or an enum: it can be written, or matched, in full from outside.
    pub closed: bool,
    /// How many type arguments it takes at least, and at most.
    pub arguments: (usize, usize),
    /// What a macro accepts; empty if that is not known.
    pub arms: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Function,
    Constant,
    Type,
    Struct,
    Enum,
    Trait,
    Macro,
    Field,
    Variant,
    Implementation,
    Module,
}

impl Entity {
    /// The path by which people know it.
    pub fn path(&self) -> &str {
        self.paths.first().map_or(&self.name, String::as_str)
    }

    pub fn is(&self, kind: Kind) -> bool {
        self.declared.iter().any(|declared| declared.kind == kind)
    }
}

impl Api {
    pub fn public(&self) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(|entity| !entity.paths.is_empty())
    }

    pub fn at(&self, path: &str) -> Option<&Entity> {
        self.paths.get(path).map(|index| &self.entities[*index])
    }

    /// Whether the path means something, be it of another crate.
    pub fn names(&self, path: &str) -> bool {
        self.paths.contains_key(path) || self.foreign.contains_key(path) || self.modules.contains(path)
    }
}
