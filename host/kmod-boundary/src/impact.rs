// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a C series does to what Rust uses: the declarations of each touched file before and after, compared as text.
//!
//! It compiles nothing, and so it takes seconds on a whole tree. A declaration is found by its shape; what a macro makes is
//! not seen. Moved lines, blanks and comments are no change.
use crate::{
    maintainers::{Maintainers, Section},
    patch::{Change, Problem, Series},
    uses::{Place, Uses},
};
use regex::Regex;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the change of one item asks of Rust, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    NoEffect,
    RebuildOnly,
    MeaningMayHaveChanged,
    RustMustFollow,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::NoEffect => "no effect",
            Self::RebuildOnly => "rebuild only",
            Self::MeaningMayHaveChanged => "meaning may have changed",
            Self::RustMustFollow => "Rust must follow",
        }
    }
}

/// One item that Rust uses, and what the series does to it.
#[derive(Debug, Clone, Serialize)]
pub struct Effect {
    pub name: String,
    pub verdict: Verdict,
    pub file: String,
    pub line: usize,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Where Rust uses it.
    pub uses: Vec<Place>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Impact {
    pub verdict: Verdict,
    pub effects: Vec<Effect>,
    /// Sections of MAINTAINERS that own what is touched.
    pub touched: Vec<String>,
    /// Sections that own the Rust it reaches.
    pub reached: Vec<String>,
    /// Ready to paste.
    pub cc: Vec<String>,
    /// What could not be looked at: the rest is partial.
    pub problems: Vec<Problem>,
}

/// `read` gives a file of the tree as it is before the series.
pub fn impact(
    series: &Series,
    uses: &Uses,
    maintainers: &Maintainers,
    read: &dyn Fn(&str) -> Option<String>,
) -> Impact {
    let mut problems = series.problems.clone();
    let mut effects = Vec::new();
    for (path, before, after) in versions(series, read, &mut problems) {
        effects.extend(compare(&path, &before, &after, uses));
    }
    let sections = |paths: &mut dyn Iterator<Item = &str>| -> Vec<&Section> {
        let mut found: Vec<&Section> = paths.flat_map(|p| maintainers.of_path(p)).collect();
        found.sort_by_key(|s| &s.title);
        found.dedup_by_key(|s| &s.title);
        found
    };
    let mut touched = sections(&mut series.changes().map(Change::path));
    let said = series.changes().flat_map(|c| c.added.iter().chain(&c.removed)).map(|(_, l)| l.as_str());
    touched.extend(maintainers.of_text(&said.collect::<Vec<_>>().join("\n")));
    let reached = sections(&mut effects.iter().flat_map(|e| &e.uses).map(|u| u.file.as_str()));
    let people = touched.iter().chain(&reached).flat_map(|s| s.maintainers.iter().chain(&s.reviewers).chain(&s.lists));
    let titles =
        |found: &[&Section]| found.iter().map(|s| s.title.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    Impact {
        verdict: effects.iter().map(|e| e.verdict).max().unwrap_or(Verdict::NoEffect),
        cc: people.cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        touched: titles(&touched),
        reached: titles(&reached),
        effects,
        problems,
    }
}

/// Each C file that the series touches, before and after all of it. The tree may have the series already.
fn versions(
    series: &Series,
    read: &dyn Fn(&str) -> Option<String>,
    problems: &mut Vec<Problem>,
) -> Vec<(String, String, String)> {
    let mut changes: BTreeMap<&str, Vec<(&str, &Change)>> = BTreeMap::new();
    for (patch, change) in series.patches.iter().flat_map(|p| p.changes.iter().map(move |c| (p, c))) {
        let path = change.path();
        if (path.ends_with(".h") || path.ends_with(".c")) && !path.starts_with("rust/") {
            changes.entry(path).or_default().push((&patch.subject, change));
        }
    }
    let mut files = Vec::new();
    for (path, changes) in changes {
        let from = changes.first().map_or(path, |(_, change)| change.old.as_deref().unwrap_or(path));
        let created = changes.first().is_some_and(|(_, change)| change.old.is_none());
        let before = if created { String::new() } else { read(from).unwrap_or_default() };
        let forward = changes.iter().try_fold(before.clone(), |text, (subject, change)| {
            change.apply(&text).map_err(|e| Problem { place: (*subject).to_owned(), what: e.to_string() })
        });
        let back = |after: String| {
            let before = changes.iter().rev().try_fold(after.clone(), |text, (_, change)| change.undo(&text).ok());
            before.map(|before| (before, after))
        };
        match forward {
            Ok(after) => files.push((path.to_owned(), before, after)),
            Err(problem) => match read(path).and_then(back) {
                Some((before, after)) => files.push((path.to_owned(), before, after)),
                None => problems.push(problem),
            },
        }
    }
    files
}

fn compare(path: &str, before: &str, after: &str, uses: &Uses) -> Vec<Effect> {
    let (old, new) = (declarations(before), declarations(after));
    let used = |name: &String| uses.names.contains_key(name);
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|n| used(n)).collect();
    let mut effects = Vec::new();
    for name in names {
        let (b, a) = (old.get(name), new.get(name));
        let Some(mut verdict) = verdict(b, a) else { continue };
        let (mut before, mut after) = (b.map(|d| d.head.clone()), a.map(|d| d.head.clone()));
        if let (Some(old), Some(new)) = (b.filter(|d| d.shape == Shape::Record), a.filter(|d| d.shape == Shape::Record))
        {
            let (gone, come) = (lost(&old.head, &new.head), lost(&new.head, &old.head));
            let used = |member: &String| member_name(member).is_none_or(|field| !uses.of_field(name, field).is_empty());
            verdict = if gone.iter().any(used) { Verdict::RustMustFollow } else { Verdict::RebuildOnly };
            let text = |members: BTreeSet<String>| {
                (!members.is_empty()).then(|| members.into_iter().collect::<Vec<_>>().join("; "))
            };
            (before, after) = (text(gone), text(come));
        }
        effects.push(Effect {
            name: name.clone(),
            verdict,
            file: path.to_owned(),
            line: a.or(b).map_or(1, |d| d.line),
            before,
            after,
            uses: uses.names[name].iter().map(|u| u.at.clone()).collect(),
        });
    }
    effects
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Constant,
    Macro,
    Inline,
    Function,
    Record,
    Enumerator,
}

/// A declaration: what a caller sees (`head`), what is behind it (`body`), what its comment says.
#[derive(Debug, PartialEq, Eq)]
struct Declaration {
    shape: Shape,
    head: String,
    body: String,
    says: String,
    line: usize,
}

/// None when nothing changed.
fn verdict(before: Option<&Declaration>, after: Option<&Declaration>) -> Option<Verdict> {
    let (Some(b), Some(a)) = (before, after) else {
        // What appears cannot break what is there.
        return before.map(|_| Verdict::RustMustFollow);
    };
    if b.shape != a.shape || b.head != a.head {
        let number = b.shape == Shape::Enumerator && a.shape == Shape::Enumerator;
        return Some(if number { Verdict::RebuildOnly } else { Verdict::RustMustFollow });
    }
    if b.says != a.says {
        return Some(Verdict::MeaningMayHaveChanged);
    }
    (b.body != a.body).then_some(Verdict::RebuildOnly)
}

/// The members of the one record that are not in the other, word for word.
fn lost(from: &str, to: &str) -> BTreeSet<String> {
    let members = |text: &str| text.split(';').map(words).filter(|m| !m.is_empty()).collect::<BTreeSet<_>>();
    members(from).difference(&members(to)).cloned().collect()
}

/// `int (*map)(int n)` → `map`; none where it is not so simple.
fn member_name(member: &str) -> Option<&str> {
    NAME.captures(member).and_then(|found| found.get(1).or(found.get(2))).map(|name| name.as_str())
}

fn declarations(text: &str) -> BTreeMap<String, Declaration> {
    let (code, comments) = split_comments(text);
    let mut found = BTreeMap::new();
    let mut add = |name: &str, shape, head: &str, body: &str, at: usize| {
        let line = text[..at].matches('\n').count() + 1;
        let says = comment_before(&comments, &code, at);
        let d = Declaration { shape, head: words(head), body: words(body), says, line };
        found.entry(name.to_owned()).or_insert(d);
    };
    for m in DEFINE.captures_iter(&code) {
        let (at, shape) =
            (m.get(0).map_or(0, |m| m.start()), if m.get(2).is_some() { Shape::Macro } else { Shape::Constant });
        add(&m[1], shape, m.get(2).map_or("", |p| p.as_str()), &m[3], at);
    }
    let code_only = DEFINE.replace_all(&code, |m: &regex::Captures<'_>| blank(&m[0]));
    for m in FUNCTION.captures_iter(&code_only) {
        let start = m.get(1).map_or(0, |m| m.start());
        let head = &m[1];
        let (shape, body) = match &m[3] {
            "{" => {
                let open = m.get(3).map_or(0, |m| m.start());
                let inline = head.contains("inline");
                (if inline { Shape::Inline } else { Shape::Function }, block(&code_only, open))
            }
            _ => (Shape::Function, ""),
        };
        add(&m[2], shape, head.trim_start_matches("extern "), body, start);
    }
    for m in RECORD.captures_iter(&code_only) {
        let (start, open) = (m.get(0).map_or(0, |m| m.start()), m.get(0).map_or(0, |m| m.end() - 1));
        let body = block(&code_only, open);
        if &m[1] == "enum" {
            for part in body.trim_matches(['{', '}']).split(',') {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                add(name.trim(), Shape::Enumerator, value, "", start);
            }
        } else if let Some(name) = m.get(2) {
            add(name.as_str(), Shape::Record, body.trim_matches(['{', '}']), "", start);
        }
    }
    found
}

macro_rules! regexes {
    ($($name:ident = $text:literal;)*) => {
        $(static $name: std::sync::LazyLock<Regex> =
            std::sync::LazyLock::new(|| Regex::new($text).expect("checked by tests"));)*
    };
}

regexes! {
    DEFINE = r"(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)]*\))?((?:[^\\\n]|\\\n|\\.)*)$";
    // Result, name, parameters (two levels of brackets), attributes, then `;` or a body.
    FUNCTION = r"(?m)^((?:[A-Za-z_][\w]*[\s*]+)+\**(\w+)\s*\((?:[^(){};]|\((?:[^(){};]|\([^(){};]*\))*\))*\))[\w\s()]*?([;{])";
    // Of a member: a pointer to a function, or the last word before the dimensions or the width.
    NAME = r"\(\*\s*(\w+)\s*\)\s*\(|(\w+)\s*(?:\[[^\]]*\]\s*)*(?::\s*\d+\s*)?$";
    RECORD = r"\b(struct|union|enum)\s+(\w+)?\s*\{";
}

fn words(text: &str) -> String {
    text.replace('\\', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn blank(text: &str) -> String {
    text.chars()
        .map(|c| if c == '\n' { '\n' } else { ' ' })
        .chain(std::iter::repeat_n(' ', text.len() - text.chars().count()))
        .collect()
}

/// From the bracket at `open` to the one that closes it, or to the end.
fn block(text: &str, open: usize) -> &str {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return &text[open..=at],
            b'}' => depth -= 1,
            _ => {}
        }
    }
    &text[open..]
}

/// The text with its comments blanked, and the comments: where each ends, and what it says.
fn split_comments(text: &str) -> (String, Vec<(usize, String)>) {
    static COMMENT: std::sync::LazyLock<Regex> =
        std::sync::LazyLock::new(|| Regex::new(r"(?s)/\*.*?\*/|//[^\n]*").expect("checked by tests"));
    let comments = COMMENT.find_iter(text).map(|m| (m.end(), words(&m.as_str().replace('*', " ")))).collect();
    let code = COMMENT.replace_all(text, |m: &regex::Captures<'_>| blank(&m[0])).into_owned();
    (code, comments)
}

/// What the kernel-doc comment right before `at` says.
fn comment_before(comments: &[(usize, String)], code: &str, at: usize) -> String {
    let last = comments.iter().rev().find(|(end, _)| *end <= at);
    last.filter(|(end, _)| code[*end..at].trim().is_empty()).map(|(_, says)| says.clone()).unwrap_or_default()
}
