// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two versions of an API → what has changed.
use super::{Api, Declared, Entity, Kind, signature::Signature};
use crate::uses::Place;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    Removed,
    /// The same name has another path.
    Moved,
    /// The same declaration has another name.
    Renamed,
    /// A trait asks for more.
    Required,
    Signature,
    Safety,
    Constness,
    /// Generic parameters or their bounds.
    Generics,
    /// Of a constant, a field, an alias or a variant.
    Type,
    /// A struct or an enum that users write or match in full has more, or hides some.
    Fields,
    Macro,
    Implementation,
    Kind,
}

impl Class {
    pub const ALL: [Self; 13] = [
        Self::Removed,
        Self::Moved,
        Self::Renamed,
        Self::Required,
        Self::Signature,
        Self::Safety,
        Self::Constness,
        Self::Generics,
        Self::Type,
        Self::Fields,
        Self::Macro,
        Self::Implementation,
        Self::Kind,
    ];

    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Change {
    pub class: Class,
    /// As people name it: `kernel::sync::Arc::new`.
    pub name: String,
    pub message: String,
    /// The paths of what has changed, or of what it is a part of.
    #[serde(skip)]
    pub paths: Vec<String>,
    /// The part: a method, an item of a trait, a variant, a field as `.NAME`.
    #[serde(skip)]
    pub member: Option<String>,
    /// What kind of thing has changed.
    #[serde(skip)]
    pub kind: Kind,
    /// Whether code that uses it in the plain way is refused for sure.
    #[serde(skip)]
    pub sure: bool,
    /// What was, of a function: with how many arguments it is called.
    #[serde(skip)]
    pub arguments: Option<usize>,
    /// Whether it became safe, or unsafe.
    #[serde(skip)]
    pub to_unsafe: bool,
    /// Methods that give a value of the type.
    #[serde(skip)]
    pub makers: Vec<String>,
    /// Where the new API has it, or the old one had it.
    pub at: Place,
}

/// What in `old` is not the same in `new`. Additions that break nobody are not told.
pub fn diff(old: &Api, new: &Api) -> Vec<Change> {
    let both = Both { old, new };
    let mut changes: Vec<Change> = old.public().flat_map(|entity| both.entity(entity)).collect();
    let gone = old.foreign.keys().filter(|path| !new.names(path) && !new.names(&format!("{path}!")));
    changes.extend(gone.map(|path| {
        let message = format!("`{path}`, which is of another crate, cannot be named any more");
        Change { message, ..Change::of(Class::Removed, path, vec![path.clone()], Kind::Type, Place::default()) }
    }));
    let modules = old.modules.iter().filter(|path| !new.names(path));
    changes.extend(modules.map(|path| {
        let message = format!("the module `{path}` is gone");
        Change { message, ..Change::of(Class::Removed, path, vec![path.clone()], Kind::Module, Place::default()) }
    }));
    changes.sort_by(|a, b| (a.class, &a.name, &a.message).cmp(&(b.class, &b.name, &b.message)));
    changes
}

impl Change {
    fn of(class: Class, name: &str, paths: Vec<String>, kind: Kind, at: Place) -> Self {
        let (name, message) = (name.to_owned(), String::new());
        let (member, arguments, makers) = (None, None, Vec::new());
        Self { class, name, message, paths, member, kind, sure: true, arguments, to_unsafe: false, makers, at }
    }
}

struct Both<'a> {
    old: &'a Api,
    new: &'a Api,
}

impl Both<'_> {
    fn entity(&self, old: &Entity) -> Vec<Change> {
        let Some(declared) = old.declared.first() else {
            return self.new.at(old.path()).map_or_else(Vec::new, |new| self.implementations(old, new));
        };
        let of =
            |class, paths: &[String]| Change::of(class, &paths[0], paths.to_vec(), declared.kind, declared.at.clone());
        let Some(new) = old.paths.iter().find_map(|path| self.new.at(path)) else {
            let lost: Vec<_> = old.paths.iter().filter(|path| !self.new.names(path)).cloned().collect();
            return if lost.is_empty() { Vec::new() } else { vec![self.gone(old, of(Class::Removed, &lost))] };
        };
        let mut changes = Vec::new();
        let lost: Vec<_> = old.paths.iter().filter(|path| !self.new.names(path)).cloned().collect();
        if !lost.is_empty() {
            let message = format!("`{}` is now `{}`", lost.join("`, `"), new.path());
            changes.push(Change { message, ..of(Class::Moved, &lost) });
        }
        let whole = of(Class::Kind, &old.paths);
        changes.extend(compare(&whole, &old.declared, &new.declared));
        for (name, was) in &old.members {
            let dot = if name.starts_with('.') { "" } else { "::" };
            let part = Change {
                name: format!("{}{dot}{name}", old.path()),
                member: Some(name.clone()),
                kind: was[0].kind,
                at: was[0].at.clone(),
                arguments: Signature::of(&was[0].text).map(|signature| signature.parameters.len()),
                makers: self.makers(&old.name),
                ..whole.clone()
            };
            match new.members.get(name) {
                None => changes.push(self.part_gone(part, new)),
                Some(is) => changes.extend(compare(&part, was, is)),
            }
        }
        let added = new.members.iter().filter(|(name, _)| !old.members.contains_key(*name));
        changes.extend(added.filter_map(|(name, is)| gained(&whole, name, is, old)));
        changes.extend(self.implementations(old, new));
        changes
    }

    /// No path of it is left: it may lie elsewhere, or have another name.
    fn gone(&self, old: &Entity, change: Change) -> Change {
        let like = |new: &&Entity| new.declared.first().is_some_and(|new| new.kind == change.kind);
        let home = |entity: &Entity| entity.path().rsplit_once("::").map(|(home, _)| home.to_owned());
        let same_text = |new: &&Entity| {
            let texts =
                |entity: &Entity| entity.declared.iter().map(|d| (d.text.clone(), d.arms.clone())).collect::<Vec<_>>();
            let members = |entity: &Entity| entity.members.keys().cloned().collect::<Vec<_>>();
            texts(new) == texts(old) && members(new) == members(old)
        };
        // Many modules have a `Driver`; what moves takes its members along.
        let alike = |new: &Entity| {
            old.members.keys().filter(|name| new.members.contains_key(*name)).count() * 2 >= old.members.len()
        };
        let candidates = || self.new.public().filter(like).filter(|new| self.old.at(new.path()).is_none());
        let (class, to) = if let Some(new) = candidates().find(|new| new.name == old.name && alike(new)) {
            (Class::Moved, Some(new.path()))
        } else if let Some(new) = candidates().find(|new| home(new) == home(old) && same_text(new)) {
            (Class::Renamed, Some(new.path()))
        } else {
            (Class::Removed, None)
        };
        match to {
            Some(to) => Change { class, message: format!("`{}` is now `{to}`", change.name), ..change },
            None => self.removed(change, &old.name),
        }
    }

    /// A method may have become a trait's.
    fn part_gone(&self, part: Change, new: &Entity) -> Change {
        let name = part.member.clone().unwrap_or_default();
        let traits = self.new.public().filter(|entity| entity.is(Kind::Trait) && entity.members.contains_key(&name));
        let of_trait = traits.filter(|_| part.kind == Kind::Function).find(|of| {
            let head = format!("impl {}", of.name);
            let heads = || new.implementations.keys().chain(of.implementations.keys());
            heads().any(|implemented| implemented.starts_with(&head) && implemented.contains(&new.name))
        });
        match of_trait {
            Some(of) => {
                let message = format!("`{}` is now of the trait `{}`", part.name, of.path());
                Change { class: Class::Moved, message, sure: false, ..part }
            }
            None => self.removed(part, &name),
        }
    }

    fn removed(&self, change: Change, name: &str) -> Change {
        let hidden = self.new.in_macros.contains(name);
        let unless = if hidden { ", unless a macro makes it" } else { "" };
        Change { class: Class::Removed, message: format!("`{}` is gone{unless}", change.name), sure: !hidden, ..change }
    }

    fn implementations(&self, old: &Entity, new: &Entity) -> Vec<Change> {
        let mut changes = Vec::new();
        let dropped = |head: &str| ["impl Drop for", "impl PinnedDrop for"].iter().any(|drop| head.starts_with(drop));
        for (head, was) in old.implementations.iter().filter(|(head, _)| !dropped(head)) {
            let is = new.implementations.get(head);
            let derived = |list: &[Declared]| list.iter().any(|declared| declared.text.is_empty());
            let message = match is {
                None => format!("`{head}` is gone"),
                Some(is) if derived(was) || derived(is) => continue,
                Some(is)
                    if was.iter().all(|was| is.iter().any(|is| bounds(&is.text).is_subset(&bounds(&was.text)))) =>
                {
                    continue;
                }
                Some(is) => format!("`{}` is now `{}`", was[0].text, is[0].text),
            };
            let base = Change::of(
                Class::Implementation,
                old.path(),
                old.paths.clone(),
                Kind::Implementation,
                was[0].at.clone(),
            );
            changes.push(Change { message, sure: false, makers: self.makers(&old.name), ..base });
        }
        changes
    }

    /// The methods whose result names the type.
    fn makers(&self, name: &str) -> Vec<String> {
        let result = |declared: &Declared| Signature::of(&declared.text).and_then(|signature| signature.result);
        let names = |text: String| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        let members = self.old.public().flat_map(|entity| &entity.members);
        let made = members.filter(|(_, list)| list.iter().filter_map(result).any(names));
        made.map(|(name, _)| name.clone()).collect()
    }
}

fn bounds(text: &str) -> std::collections::BTreeSet<&str> {
    text.split_once(" where ").map(|(_, bounds)| bounds.split(", ").collect()).unwrap_or_default()
}

/// A new part that those have to give, or name, who implement the trait or write the whole.
fn gained(whole: &Change, name: &str, is: &[Declared], old: &Entity) -> Option<Change> {
    let (first, was) = (is.first()?, old.declared.first()?);
    let (class, message) = match was.kind {
        Kind::Trait if first.required => {
            (Class::Required, format!("`{}` requires `{name}`: {}", old.path(), first.text))
        }
        Kind::Struct if was.closed && first.kind == Kind::Field => {
            (Class::Fields, format!("`{}` has a further field, `{name}`", old.path()))
        }
        Kind::Enum if was.closed && first.kind == Kind::Variant => {
            (Class::Fields, format!("`{}` has a further variant, `{name}`", old.path()))
        }
        _ => return None,
    };
    Some(Change { class, message, member: Some(name.to_owned()), at: first.at.clone(), ..whole.clone() })
}

/// How the declarations of one thing differ; those that stand under different conditions are taken together.
fn compare(base: &Change, old: &[Declared], new: &[Declared]) -> Vec<Change> {
    let missing = |of: &[Declared], from: &[Declared]| -> Vec<Declared> {
        let same = |a: &Declared, b: &Declared| {
            let arms = a.arms.is_empty() || b.arms.is_empty() || a.arms.iter().all(|arm| b.arms.contains(arm));
            a.text == b.text && a.kind == b.kind && arms && (a.required || !b.required) && a.closed <= b.closed
        };
        of.iter().filter(|a| !from.iter().any(|b| same(a, b))).cloned().collect()
    };
    let lost = missing(old, new);
    let Some(was) = lost.first() else { return Vec::new() };
    let gained = missing(new, old);
    let Some(is) = gained.first().or(new.first()) else { return Vec::new() };
    let of = |class, message: String, sure| Change { class, message, sure, at: is.at.clone(), ..base.clone() };
    let both = |was: &str, is: &str| format!("`{}` was `{was}` and is `{is}`", base.name);
    if was.kind != is.kind {
        return vec![of(Class::Kind, both(&word(was.kind), &word(is.kind)), false)];
    }
    match was.kind {
        Kind::Macro => {
            let gone = was.arms.iter().filter(|arm| !is.arms.contains(arm)).cloned().collect::<Vec<_>>().join("`, `");
            vec![of(Class::Macro, format!("`{}` no longer accepts `{gone}`", base.name), false)]
        }
        Kind::Function => functions(base, was, is),
        _ if was.text != is.text => types(base, was, is),
        _ if is.required && !was.required => {
            vec![of(Class::Required, format!("`{}` has no default any more", base.name), true)]
        }
        _ => vec![of(Class::Fields, format!("`{}` can no longer be written in full", base.name), true)],
    }
}

fn functions(base: &Change, was: &Declared, is: &Declared) -> Vec<Change> {
    let (Some(old), Some(new)) = (Signature::of(&was.text), Signature::of(&is.text)) else { return Vec::new() };
    let of = |class, sure, to_unsafe| {
        let message = format!("`{}` was `{}` and is `{}`", base.name, was.text, is.text);
        Change { class, message, sure, to_unsafe, at: is.at.clone(), ..base.clone() }
    };
    let mut changes = Vec::new();
    if old.shape() != new.shape() {
        let sure = old.parameters.len() != new.parameters.len()
            || old.parameters.iter().zip(&new.parameters).any(|(old, new)| refused(old, new))
            || old.receiver.is_some() != new.receiver.is_some();
        changes.push(of(Class::Signature, sure, false));
    } else if old.bounds != new.bounds || old.generics_differ(&new) {
        changes.push(of(Class::Generics, false, false));
    }
    if old.is_unsafe != new.is_unsafe {
        changes.push(of(Class::Safety, true, new.is_unsafe));
    }
    if old.is_const && !new.is_const {
        changes.push(of(Class::Constness, true, false));
    }
    if is.required && !was.required {
        let message = format!("`{}` has no default any more", base.name);
        changes.push(Change { message, ..of(Class::Required, true, false) });
    }
    changes
}

/// Whether an argument for a parameter of the type `old` cannot be one for `new`, whatever coercions there are.
fn refused(old: &str, new: &str) -> bool {
    const NUMBERS: [&str; 12] =
        ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];
    let generic = |ty: &str| {
        ty.contains("impl ")
            || ty.contains("dyn ")
            || ty.split(|c: char| !c.is_alphanumeric()).any(|word| word.len() == 1)
    };
    let head = |ty: &str| ty.split('<').next().unwrap_or_default().to_owned();
    let reference = |ty: &str| ty.starts_with(['&', '*']);
    if generic(old) || generic(new) {
        return false;
    }
    match (reference(old), reference(new)) {
        (true, true) => false,
        (false, false) => head(old) != head(new) && !(NUMBERS.contains(&old) && NUMBERS.contains(&new)),
        _ => true,
    }
}

fn types(base: &Change, was: &Declared, is: &Declared) -> Vec<Change> {
    let head = |text: &str| text.split(" where ").next().unwrap_or_default().to_owned();
    let unsafety = |text: &str| text.starts_with("unsafe ");
    let message = format!("`{}` was `{}` and is `{}`", base.name, was.text, is.text);
    let of = |class, sure| {
        let to_unsafe = unsafety(&is.text);
        Change { class, message: message.clone(), sure, to_unsafe, at: is.at.clone(), ..base.clone() }
    };
    if was.kind == Kind::Trait && unsafety(&was.text) != unsafety(&is.text) {
        return vec![of(Class::Safety, true)];
    }
    if matches!(was.kind, Kind::Struct | Kind::Enum | Kind::Trait) || head(&was.text) == head(&is.text) {
        let (most, least) = (was.arguments.1, is.arguments.0);
        return vec![of(Class::Generics, most < least || is.arguments.1 < was.arguments.0)];
    }
    vec![of(Class::Type, false)]
}

fn word(kind: Kind) -> String {
    format!("{kind:?}").to_lowercase()
}
