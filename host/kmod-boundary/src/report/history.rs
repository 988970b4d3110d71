// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `git log` says of those who carry Rust's side: who commits and reviews, who is still there, what broke, and for how long.
use super::name;
use crate::maintainers::Maintainers;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What to ask of `git log`: fields that end in a zero byte, which no field can hold.
pub const FORMAT: &str = "%H%x00%ct%x00%cs%x00%aN%x00%s%x00%(trailers:key=Reviewed-by,valueonly,separator=%x1f)%x00\
    %(trailers:key=Acked-by,valueonly,separator=%x1f)%x00%(trailers:key=Fixes,valueonly,separator=%x1f)%x00";
const FIELDS: usize = 8;

/// What to ask of the commits that others fix.
pub const FIXED: &str = "%H%x00%ct%x00";

/// The paths of a kernel tree that are Rust's, or exist for it.
pub const PATHS: [&str; 4] = ["rust", "samples/rust", "*.rs", "scripts/*rust*"];

const DAY: i64 = 24 * 60 * 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub hash: String,
    /// Seconds since 1970.
    pub time: i64,
    /// The same as `2026-11-21`.
    pub date: String,
    pub author: String,
    pub subject: String,
    pub reviewers: Vec<String>,
    pub ackers: Vec<String>,
    /// The commits that it fixes, as far as they are named.
    pub fixes: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct History {
    pub commits: usize,
    /// The first and the last commit, as `2026-11-21`.
    pub first: String,
    pub last: String,
    /// The most commits first.
    pub people: Vec<Person>,
    /// So many people made half of the commits.
    pub absence_factor: usize,
    pub sections: Vec<Section>,
    pub breakages: Vec<Breakage>,
    /// Of the breakages of which both dates are known.
    pub median_days: Option<i64>,
    /// Of how many breakages the commit that they fix is not in the tree.
    pub unknown: usize,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Person {
    pub name: String,
    pub commits: usize,
    pub reviews: usize,
    pub acks: usize,
    /// Days from the last commit, review or ack to the last commit of all.
    pub days_since: i64,
}

/// A section of MAINTAINERS that owns Rust files.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    pub title: String,
    pub files: usize,
    /// With the days since each was last active here, if ever.
    pub maintainers: Vec<(String, Option<i64>)>,
}

/// A commit that mends another, and touches Rust.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Breakage {
    pub commit: String,
    pub subject: String,
    pub fixes: String,
    /// Whether what it fixes is a change of Rust; None if that is not in the tree.
    pub by_rust: Option<bool>,
    pub days: Option<i64>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("no commit of this tree touches Rust\nnext: name a kernel tree that has rust/, or leave --since out")]
    Empty,
    #[error(
        "the output of git log ends, or goes on, in the middle of a commit, at field {field}\nnext: try a newer git"
    )]
    Format { field: usize },
}

/// Of the output of `git log` with [`FORMAT`].
pub fn parse(log: &str) -> Result<Vec<Commit>, Error> {
    let fields: Vec<_> = log.split('\0').map(|field| field.trim_matches('\n')).collect();
    let (fields, rest) = fields.split_at(fields.len() - fields.len() % FIELDS);
    if rest.iter().any(|field| !field.trim().is_empty()) {
        return Err(Error::Format { field: fields.len() });
    }
    let list = |text: &str| -> Vec<String> {
        text.split(['\x1f', '\n']).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    };
    let hash = |value: String| value.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let is_hash = |hash: &String| hash.len() >= 7 && hash.chars().all(|c| c.is_ascii_hexdigit());
    let commit = |(n, fields): (usize, &[&str])| {
        Ok(Commit {
            hash: fields[0].to_owned(),
            time: fields[1].parse().map_err(|_| Error::Format { field: n * FIELDS + 1 })?,
            date: fields[2].to_owned(),
            author: fields[3].to_owned(),
            subject: fields[4].to_owned(),
            reviewers: list(fields[5]).iter().map(|who| name(who)).collect(),
            ackers: list(fields[6]).iter().map(|who| name(who)).collect(),
            fixes: list(fields[7]).into_iter().map(hash).filter(is_hash).collect(),
        })
    };
    let commits: Vec<_> = fields.chunks(FIELDS).enumerate().map(commit).collect::<Result<_, _>>()?;
    if commits.is_empty() { Err(Error::Empty) } else { Ok(commits) }
}

/// The hashes that the commits name as what they fix.
pub fn fixed(commits: &[Commit]) -> BTreeSet<&str> {
    commits.iter().flat_map(|commit| &commit.fixes).map(String::as_str).collect()
}

impl History {
    /// Of commits that touch Rust, of `git log` with [`FIXED`] of what they fix, and of the tree's Rust files and owners.
    pub fn of(commits: &[Commit], fixed: &str, files: &[&str], maintainers: &Maintainers) -> Self {
        let first = commits.iter().min_by_key(|commit| commit.time);
        let last = commits.iter().max_by_key(|commit| commit.time);
        let date = |commit: Option<&Commit>| commit.map(|commit| commit.date.clone()).unwrap_or_default();
        let people = people(commits, last.map_or(0, |commit| commit.time));
        let mut absence_factor = 0;
        let mut made = 0;
        for person in people.iter().take_while(|person| person.commits > 0) {
            if made * 2 >= commits.len() {
                break;
            }
            (made, absence_factor) = (made + person.commits, absence_factor + 1);
        }
        let breakages = breakages(commits, fixed);
        let mut days: Vec<_> = breakages.iter().filter_map(|breakage| breakage.days).collect();
        days.sort_unstable();
        Self {
            commits: commits.len(),
            first: date(first),
            last: date(last),
            absence_factor,
            sections: sections(files, maintainers, &people),
            median_days: days.get(days.len() / 2).copied(),
            unknown: breakages.iter().filter(|breakage| breakage.days.is_none()).count(),
            people,
            breakages,
        }
    }
}

fn people(commits: &[Commit], now: i64) -> Vec<Person> {
    let mut people: BTreeMap<&str, Person> = BTreeMap::new();
    for commit in commits {
        let days_since = (now - commit.time) / DAY;
        let authors = std::iter::once((&commit.author, 0));
        let others = commit.reviewers.iter().map(|who| (who, 1)).chain(commit.ackers.iter().map(|who| (who, 2)));
        for (who, what) in authors.chain(others) {
            let new = || Person { name: who.clone(), days_since, ..Person::default() };
            let person = people.entry(who).or_insert_with(new);
            person.days_since = person.days_since.min(days_since);
            *[&mut person.commits, &mut person.reviews, &mut person.acks][what] += 1;
        }
    }
    let mut people: Vec<_> = people.into_values().collect();
    people.sort_by(|a, b| (b.commits, b.reviews, &a.name).cmp(&(a.commits, a.reviews, &b.name)));
    people
}

fn sections(files: &[&str], maintainers: &Maintainers, people: &[Person]) -> Vec<Section> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for section in files.iter().filter_map(|file| maintainers.owner(file)) {
        *counts.entry(&section.title).or_default() += 1;
    }
    let active = |who: &String| {
        let who = name(who);
        let days = people.iter().find(|person| person.name == who).map(|person| person.days_since);
        (who, days)
    };
    let of = |(title, files): (&str, usize)| {
        let people = maintainers.section(title).map(|section| section.maintainers.iter().map(active).collect());
        Section { title: title.to_owned(), files, maintainers: people.unwrap_or_default() }
    };
    let mut sections: Vec<_> = counts.into_iter().map(of).collect();
    sections.sort_by(|a, b| (b.files, &a.title).cmp(&(a.files, &b.title)));
    sections
}

fn breakages(commits: &[Commit], fixed: &str) -> Vec<Breakage> {
    let fields: Vec<_> = fixed.split('\0').map(str::trim).collect();
    let times: BTreeMap<&str, i64> =
        fields.chunks_exact(2).filter_map(|pair| Some((pair[0], pair[1].parse().ok()?))).collect();
    let rust: BTreeSet<&str> = commits.iter().map(|commit| commit.hash.as_str()).collect();
    let of = |commit: &Commit, short: &String| {
        let found = times.range(short.as_str()..).next().filter(|(hash, _)| hash.starts_with(short.as_str()));
        Breakage {
            commit: commit.hash.clone(),
            subject: commit.subject.clone(),
            fixes: short.clone(),
            by_rust: found.map(|(hash, _)| rust.contains(hash)),
            days: found.map(|(_, time)| (commit.time - time).max(0) / DAY),
        }
    };
    commits.iter().flat_map(|commit| commit.fixes.iter().map(move |short| of(commit, short))).collect()
}
