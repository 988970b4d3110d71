// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Rust kernel policy over a series: each finding names the rule, the stance on record and both owners.
use crate::{
    impact::{Effect, Verdict},
    maintainers::{Maintainers, Section},
    patch::{Change, Series},
};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::LazyLock};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Must,
    Should,
    Note,
}

/// One file of `rules/policy`: what is said when the check of the same name finds something.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: String,
    /// The numbers of the policy's rules.
    pub policy: Vec<u8>,
    pub severity: Severity,
    /// `{what}` and `{subsystem}` are filled in.
    pub message: String,
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    Drives,
    CoMaintained,
    Declines,
}

/// What a subsystem has said, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stance {
    pub name: String,
    pub stance: Position,
    pub may_break_rust: bool,
    pub source: String,
}

/// `policy.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stances {
    #[serde(default)]
    pub subsystem: Vec<Stance>,
}

impl Stances {
    /// Reads a `policy.toml`.
    ///
    /// # Errors
    ///
    /// When it is not TOML of that shape.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    pub fn of(&self, subsystem: &str) -> Option<&Stance> {
        self.subsystem.iter().find(|s| s.name == subsystem)
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub rule: String,
    pub policy: Vec<u8>,
    pub severity: Severity,
    pub message: String,
    pub why: String,
    pub file: Option<String>,
    pub line: Option<usize>,
    pub subsystem: Option<String>,
    /// None: nothing on record.
    pub stance: Option<Stance>,
    pub owners: Vec<String>,
    pub rust_owners: Vec<String>,
}

/// What the checks look at.
pub struct Context<'a> {
    pub series: &'a Series,
    pub maintainers: &'a Maintainers,
    pub stances: &'a Stances,
    /// What the series does to what Rust uses.
    pub effects: &'a [Effect],
    /// Whether the tree has a file, before the series.
    pub exists: &'a dyn Fn(&str) -> bool,
}

/// What a check found.
#[derive(Default)]
struct Hit {
    what: String,
    at: Option<(String, usize)>,
    subsystem: Option<String>,
}

type Check = fn(&Context<'_>) -> Vec<Hit>;

macro_rules! rules {
    ($($id:literal: $check:expr,)*) => {
        /// Each rule's text and its check.
        const RULES: &[(&str, Check)] = &[$((include_str!(concat!("../../../rules/policy/", $id, ".toml")), $check),)*];
    };
}

rules! {
    "unsafe-without-safety": unsafe_without_safety,
    "driver-uses-bindings": driver_uses_bindings,
    "abstraction-without-user": abstraction_without_user,
    "duplicate-driver": duplicate_driver,
    "rust-in-declining-tree": rust_in_declining_tree,
    "rust-user-only": rust_user_only,
    "rust-left-broken": rust_left_broken,
}

/// The stances that this project has on record.
pub const STANCES: &str = include_str!("../../../rules/policy/stances.toml");

/// Every rule over the series.
///
/// # Errors
///
/// When a rule's file does not parse.
pub fn check(context: &Context<'_>) -> Result<Vec<Finding>, toml::de::Error> {
    let mut findings = Vec::new();
    for (text, check) in RULES {
        let rule: Rule = toml::from_str(text)?;
        findings.extend(check(context).into_iter().map(|hit| context.finding(&rule, hit)));
    }
    Ok(findings)
}

impl Context<'_> {
    fn finding(&self, rule: &Rule, hit: Hit) -> Finding {
        let (file, line) = hit.at.unzip();
        let section = match &hit.subsystem {
            Some(title) => self.maintainers.section(title),
            None => file.as_deref().and_then(|f| self.maintainers.owner(f)),
        };
        let subsystem = section.map(|s| s.title.clone());
        let filled = rule.message.replace("{what}", &hit.what);
        Finding {
            rule: rule.id.clone(),
            policy: rule.policy.clone(),
            severity: rule.severity,
            message: filled.replace("{subsystem}", subsystem.as_deref().unwrap_or("no section of MAINTAINERS")),
            why: rule.why.clone(),
            stance: subsystem.as_deref().and_then(|s| self.stances.of(s)).cloned(),
            owners: section.map(|s| s.maintainers.clone()).unwrap_or_default(),
            rust_owners: self.rust_owners(),
            file,
            line,
            subsystem,
        }
    }

    /// Who maintains the Rust that the series touches or reaches.
    fn rust_owners(&self) -> Vec<String> {
        let touched = self.series.changes().map(Change::path).filter(|p| is_rust(p));
        let reached = self.effects.iter().flat_map(|e| &e.uses).map(|place| place.file.as_str());
        let owners = touched.chain(reached).filter_map(|path| self.maintainers.owner(path));
        owners.flat_map(|s| s.maintainers.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn acked(&self, section: &Section) -> bool {
        const TRAILERS: [&str; 3] = ["Acked-by", "Reviewed-by", "Signed-off-by"];
        let given = |mail: &str| {
            let patches = self.series.patches.iter();
            patches.flat_map(|p| TRAILERS.iter().flat_map(|t| p.trailer(t))).any(|who| who.contains(mail))
        };
        section.maintainers.iter().filter_map(|m| m.split(['<', '>']).nth(1)).any(given)
    }
}

/// Rust, or the C that exists only for it.
fn is_rust(path: &str) -> bool {
    path.ends_with(".rs") || path.starts_with("rust/")
}

fn is_driver(path: &str) -> bool {
    path.ends_with(".rs") && !path.starts_with("rust/")
}

fn rust_changes<'a>(c: &Context<'a>) -> impl Iterator<Item = &'a Change> {
    c.series.changes().filter(|change| change.new.is_some() && change.path().ends_with(".rs"))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn unsafe_without_safety(c: &Context<'_>) -> Vec<Hit> {
    static UNSAFE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bunsafe\s*(\{|impl\b)").expect("checked by tests"));
    let mut hits = Vec::new();
    for change in rust_changes(c) {
        for (number, line) in change.added.iter().filter(|(_, l)| !is_comment(l) && UNSAFE.is_match(l)) {
            let Ok(at) = change.after.binary_search_by_key(number, |(n, _)| *n) else { continue };
            if line.contains("SAFETY:") || explained(&change.after[..at], *number) {
                continue;
            }
            hits.push(Hit {
                what: line.trim().to_owned(),
                at: Some((change.path().to_owned(), *number)),
                ..Hit::default()
            });
        }
    }
    hits
}

/// Whether a SAFETY comment stands before the statement that goes on at line `number`; where the hunk begins too late to
/// tell, it is taken to.
fn explained(before: &[(usize, String)], mut number: usize) -> bool {
    for (n, line) in before.iter().rev() {
        if *n + 1 != number {
            return true;
        }
        number = *n;
        let line = line.trim();
        if is_comment(line) {
            if line.contains("SAFETY:") {
                return true;
            }
        } else if line.is_empty() || line.ends_with([';', '{', '}']) {
            return false;
        }
    }
    number != 1
}

fn driver_uses_bindings(c: &Context<'_>) -> Vec<Hit> {
    let drivers = rust_changes(c).filter(|change| is_driver(change.path()));
    let lines = drivers.flat_map(|change| change.added.iter().map(|(n, line)| (change.path(), *n, line.trim())));
    lines
        .filter(|(_, _, line)| !is_comment(line) && line.contains("bindings::"))
        .map(|(path, n, line)| Hit { what: line.to_owned(), at: Some((path.to_owned(), n)), ..Hit::default() })
        .collect()
}

fn abstraction_without_user(c: &Context<'_>) -> Vec<Hit> {
    if rust_changes(c).any(|change| is_driver(change.path())) {
        return Vec::new();
    }
    let new = rust_changes(c).filter(|change| change.old.is_none() && change.path().starts_with("rust/kernel/"));
    new.map(|change| Hit { what: change.path().to_owned(), at: Some((change.path().to_owned(), 1)), ..Hit::default() })
        .collect()
}

fn duplicate_driver(c: &Context<'_>) -> Vec<Hit> {
    let new = rust_changes(c).filter(|change| change.old.is_none() && change.path().starts_with("drivers/"));
    new.filter_map(|change| {
        let (folder, name) = change.path().rsplit_once('/')?;
        let stem = name.strip_suffix(".rs")?;
        let stem = stem.strip_prefix("rust_").unwrap_or(stem);
        let stem = stem.strip_suffix("_rust").or(stem.strip_suffix("_rs")).unwrap_or(stem);
        let what = format!("{folder}/{stem}.c");
        let removed = c.series.changes().any(|change| change.new.is_none() && change.path() == what);
        (!removed && (c.exists)(&what)).then(|| Hit { what, at: Some((change.path().to_owned(), 1)), ..Hit::default() })
    })
    .collect()
}

fn rust_in_declining_tree(c: &Context<'_>) -> Vec<Hit> {
    let mut seen = BTreeSet::new();
    let mut hits = Vec::new();
    for change in rust_changes(c).filter(|change| change.old.is_none()) {
        for section in c.maintainers.of_path(change.path()) {
            let declines = c.stances.of(&section.title).is_some_and(|s| s.stance == Position::Declines);
            if declines && !c.acked(section) && seen.insert(&section.title) {
                let at = Some((change.path().to_owned(), 1));
                hits.push(Hit { at, subsystem: Some(section.title.clone()), ..Hit::default() });
            }
        }
    }
    hits
}

fn rust_user_only(c: &Context<'_>) -> Vec<Hit> {
    static HEADER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:include/|#include <)(linux/[\w/-]+\.h)").expect("checked by tests"));
    let mut seen = BTreeSet::new();
    let mut hits = Vec::new();
    let users = c.series.changes().filter(|change| change.new.is_some() && is_rust(change.path()));
    for (change, (n, line)) in users.flat_map(|change| change.added.iter().map(move |added| (change, added))) {
        for header in HEADER.captures_iter(line) {
            let path = format!("include/{}", &header[1]);
            let Some(section) = c.maintainers.owner(&path).filter(|s| s.title != "THE REST") else { continue };
            let owns = |path: &str| c.maintainers.of_path(path).iter().any(|s| s.title == section.title);
            let touched = c.series.changes().any(|change| owns(change.path()));
            if !touched && seen.insert(&section.title) {
                let at = Some((change.path().to_owned(), *n));
                hits.push(Hit { what: path, at, subsystem: Some(section.title.clone()) });
            }
        }
    }
    hits
}

fn rust_left_broken(c: &Context<'_>) -> Vec<Hit> {
    static SAYS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\brust\b.*\b(fix|mend|follow|adapt|update)|\b(fix|mend|follow|adapt|update).*\brust\b")
            .expect("checked by tests")
    });
    if c.series.patches.iter().any(|p| p.message.lines().any(|line| SAYS.is_match(line))) {
        return Vec::new();
    }
    let broken = c.effects.iter().filter(|e| e.verdict == Verdict::RustMustFollow);
    let left = broken.filter(|e| !c.series.changes().any(|change| e.uses.iter().any(|u| u.file == change.path())));
    left.map(|e| Hit { what: e.name.clone(), at: Some((e.file.clone(), e.line)), ..Hit::default() }).collect()
}
