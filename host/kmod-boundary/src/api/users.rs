// SPDX-License-Identifier: MIT OR Apache-2.0
//! Changes of an API, and the code of those who use it → what each change breaks.
use super::{
    Api, Kind,
    diff::{Change, Class},
    names::{Dot, Mention, Names, Whole},
};
use crate::uses::{Place, Source};
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The compiler refuses the code.
    Breaks,
    /// It may: that depends on types that only the compiler knows.
    Maybe,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::Breaks { "breaks" } else { "maybe" })
    }
}

/// How a place was matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    Import,
    Path,
    /// The receiver's type is that of a parameter.
    Parameter,
    /// A method, or a field, of this name; the receiver's type is not known.
    Name,
    /// `impl TRAIT for …`
    Implementation,
    /// Written or matched in full.
    Whole,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Site {
    #[serde(flatten)]
    pub at: Place,
    pub by: By,
    pub severity: Severity,
}

#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    #[serde(flatten)]
    pub change: Change,
    pub severity: Severity,
    pub sites: Vec<Site>,
}

/// So many places are printed of one finding.
const SHOWN: usize = 4;

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = |site: &Site| {
            let maybe = if site.severity == Severity::Maybe { ", maybe" } else { "" };
            format!("{} by {}{maybe}", site.at, site.by.name())
        };
        let sites = self.sites.iter().take(SHOWN).map(place).collect::<Vec<_>>().join("; ");
        let more = self.sites.len().saturating_sub(SHOWN);
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        write!(f, "{}: {}: {} ({sites}{more})", self.severity, self.change.class.name(), self.change.message)
    }
}

impl By {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// The code that uses an API.
#[derive(Debug, Default)]
pub struct Users {
    names: Vec<Names>,
    /// The files that are not Rust, with the reason.
    pub unread: Vec<String>,
}

impl Users {
    /// Of Rust files that name the crate `crate_name`, whose API is `api`.
    pub fn of(sources: &[Source], crate_name: &str, api: &Api) -> Self {
        let mut users = Self::default();
        for source in sources.iter().filter(|source| source.path.ends_with(".rs")) {
            match Names::of(source, crate_name, api) {
                Ok(names) => users.names.push(names),
                Err(why) => users.unread.push(why),
            }
        }
        users
    }

    /// What each change does to them; those that reach nobody are left out.
    pub fn findings(&self, changes: Vec<Change>) -> Vec<Finding> {
        let mut findings: Vec<_> = changes
            .into_iter()
            .filter_map(|change| {
                let mut sites: Vec<_> = self.names.iter().flat_map(|names| reach(&change, names)).collect();
                sites.sort_by(|a, b| (&a.at, a.severity, a.by).cmp(&(&b.at, b.severity, b.by)));
                sites.dedup_by(|a, b| a.at == b.at);
                let severity = sites.iter().map(|site| site.severity).min()?;
                sites.sort_by_key(|site| site.severity);
                Some(Finding { change, severity, sites })
            })
            .collect();
        findings.sort_by_key(|finding| finding.severity);
        findings
    }
}

/// The places of one file that a change reaches.
fn reach(change: &Change, names: &Names) -> Vec<Site> {
    let surely = |sure: bool| if sure { Severity::Breaks } else { Severity::Maybe };
    let site = |at: &Place, by: By, sure: bool| Site { at: at.clone(), by, severity: surely(sure) };
    let by = |mention: &Mention| if mention.import { By::Import } else { By::Path };
    let mentions = || names.mentions.iter().filter(|mention| named(change, mention));
    let part = change.member.is_some();
    // A value of the type comes to a file by its name, or from a method.
    let within = |mention: &Mention| change.paths.iter().any(|path| mention.path.starts_with(path.as_str()));
    let near = names.mentions.iter().any(within) || names.dots.iter().any(|dot| change.makers.contains(&dot.name));
    // Methods and fields by their names alone, unless the type of the receiver is known.
    let dots = |sure: bool| {
        let unsafe_is_wanted = change.class == Class::Safety;
        let found = names.dots.iter().filter(move |dot| near && !(unsafe_is_wanted && dot.in_unsafe));
        found.filter(|dot| dotted(change, dot)).map(move |dot| match dot.receiver {
            Some(_) => site(&dot.at, By::Parameter, sure),
            None => site(&dot.at, By::Name, false),
        })
    };
    let implemented = || names.implemented.iter().filter(|implemented| change.paths.contains(&implemented.path));
    let having = |is_unsafe: bool| {
        let items = implemented().filter_map(|implemented| implemented.items.get(change.member.as_ref()?));
        items.filter(move |(_, item)| !is_unsafe || *item).map(|(at, _)| at)
    };
    let wholes = |list: &[Whole], fits: &dyn Fn(&Whole) -> bool| -> Vec<Site> {
        let of = list.iter().filter(|whole| change.paths.contains(&whole.path) && fits(whole));
        of.map(|whole| site(&whole.at, By::Whole, true)).collect()
    };
    let field = change.member.as_deref().and_then(|member| member.strip_prefix('.'));
    match change.class {
        Class::Removed | Class::Moved | Class::Renamed => {
            let mut sites: Vec<_> = mentions().map(|m| site(&m.at, by(m), change.sure)).collect();
            if part {
                sites.extend(dots(change.sure));
                sites.extend(having(false).map(|at| site(at, By::Implementation, true)));
                sites.extend(wholes(&names.literals, &|whole| field.is_some_and(|field| whole.fields.contains(field))));
            }
            sites
        }
        Class::Signature => {
            let calls = mentions().filter(|m| !m.import).map(|m| site(&m.at, By::Path, change.sure && m.called));
            let given = having(false).map(|at| site(at, By::Implementation, true));
            calls.chain(dots(change.sure)).chain(given).collect()
        }
        Class::Safety if change.kind == Kind::Trait => {
            let wrong = implemented().filter(|implemented| implemented.is_unsafe != change.to_unsafe);
            wrong.map(|implemented| site(&implemented.at, By::Implementation, true)).collect()
        }
        Class::Safety if change.to_unsafe => {
            let calls = mentions().filter(|m| m.called && !m.in_unsafe).map(|m| site(&m.at, By::Path, true));
            calls.chain(dots(true)).collect()
        }
        Class::Safety => having(true).map(|at| site(at, By::Implementation, true)).collect(),
        Class::Constness => {
            mentions().filter(|m| m.called && m.in_const).map(|m| site(&m.at, By::Path, true)).collect()
        }
        Class::Required => {
            let lack = |of: &&&super::names::Implemented| {
                change.member.as_ref().is_some_and(|item| !of.items.contains_key(item))
            };
            let lacking: Vec<_> = names.implemented.iter().filter(|i| change.paths.contains(&i.path)).collect();
            lacking.iter().filter(lack).map(|of| site(&of.at, By::Implementation, true)).collect()
        }
        Class::Generics => {
            let sites = mentions().filter(|m| !m.import);
            let sites = sites.map(|m| site(&m.at, By::Path, change.sure && m.arguments && !part));
            let given = having(false).map(|at| site(at, By::Implementation, false));
            let given = given.chain(implemented().filter(|_| !part).map(|of| site(&of.at, By::Implementation, false)));
            sites.chain(given).chain(dots(false).filter(|_| part)).collect()
        }
        Class::Fields if change.kind == Kind::Enum => wholes(&names.matches, &|matched| !matched.rest),
        Class::Fields => {
            // A struct without names of fields is written by a call.
            let called = mentions().filter(|m| m.called).map(|m| site(&m.at, By::Whole, true));
            called.chain(wholes(&names.literals, &|literal| !literal.rest)).collect()
        }
        Class::Implementation => {
            let made = names.dots.iter().filter(|dot| !dot.field && change.makers.contains(&dot.name));
            let types = mentions().filter(|m| !m.import).map(|m| site(&m.at, By::Path, false));
            types.chain(made.map(|dot| site(&dot.at, By::Name, false))).collect()
        }
        Class::Type | Class::Macro | Class::Kind => {
            let found = mentions().filter(|m| !m.import).map(|m| site(&m.at, By::Path, false));
            let given = having(false).map(|at| site(at, By::Implementation, false));
            found.chain(given).chain(dots(false).filter(|_| part)).collect()
        }
    }
}

/// Whether a path names what has changed, or what lies within.
fn named(change: &Change, mention: &Mention) -> bool {
    let mut paths = BTreeSet::new();
    match &change.member {
        Some(member) if change.class != Class::Fields => {
            paths.extend(change.paths.iter().map(|path| format!("{path}::{member}")))
        }
        _ => paths.extend(change.paths.iter().cloned()),
    }
    let within = |path: &String| {
        let rest = mention.path.strip_prefix(path.as_str());
        let whole =
            matches!(change.class, Class::Removed | Class::Moved | Class::Renamed | Class::Generics | Class::Kind)
                && change.member.is_none()
                && change.kind != Kind::Module;
        rest.is_some_and(|rest| rest.is_empty() || whole && rest.starts_with("::"))
            // An import does not tell a macro from other things.
            || mention.import && path.strip_suffix('!') == Some(&mention.path)
    };
    paths.iter().any(within)
}

/// Whether `.name` may be what has changed: called with as many arguments as before, on a type that is known or not.
fn dotted(change: &Change, dot: &Dot) -> bool {
    let Some(member) = &change.member else { return false };
    let name = if dot.field { format!(".{}", dot.name) } else { dot.name.clone() };
    let arguments = dot.arguments.is_none() || change.arguments.is_none() || dot.arguments == change.arguments;
    let receiver = dot.receiver.as_ref().is_none_or(|receiver| change.paths.contains(receiver));
    name == *member && arguments && receiver && matches!(change.kind, Kind::Function | Kind::Field)
}
