// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod matrix`: what works where, from real runs and the kernels' facts, written to `docs/support.md`.
use crate::{
    cli,
    cmd::{
        cells::{self, Became, Cell, Options},
        session::Session,
    },
    error::{Error, Result},
    exit::Exit,
    project::{self, Subject},
};
use kmod_build::{KernelTests, api::Api};
use kmod_setup::Scope;
use kmod_vm::Outcome;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write, path::Path};

const FILE: &str = "docs/support.md";
const HEAD: &str = "\
<!-- Written by `cargo kmod matrix`: do not edit. -->
# What works where

The drivers of this repository, each with its tests, in booted kernels:

";
const MODULES: &str = "
## Modules of the `kernel` crate

A module is absent where the kernel lacks what it stands on, by its configuration or its age.

";
const ITEMS: &str = "
## Items inside a module that not every kernel has

";
/// Stands in a cell that was never run.
const UNKNOWN: &str = "not run";

pub fn run(args: &cli::Matrix) -> Result<Exit> {
    let session = Session::open(if args.check { Scope::Build } else { Scope::Boot })?;
    let build = cli::Build { workspace: true, profile: "release".to_owned(), ..cli::Build::default() };
    let subjects: Vec<_> = project::select(&build)?.into_iter().filter(Subject::is_driver).collect();
    let kernels = session.ids(&["all".to_owned()])?;
    let api = Api::read(&session.sdk.rust)?;
    let path = session.sdk.rust.parent().unwrap_or(Path::new(".")).join(FILE);
    let inputs = inputs(&subjects, &kernels, &api);
    let old = kmod_os::read_to_string(&path).unwrap_or_default();
    if args.check {
        return check(&old, &inputs).map(|()| Exit::Ok).map_err(|why| Error::Stale { path, why });
    }

    let mut table = Table::read(&old);
    let mut exit = Exit::Ok;
    let chosen = session.ids(&args.kernel)?;
    let cells = Cell::all(&subjects, &chosen, None);
    let options = Options { build: &build, vm: &args.vm, filter: None, tests: KernelTests::Once, jobs: args.jobs };
    cells::run(&session, &cells, &options, |cell, became| {
        cells::show(cell, &became, false);
        table.0.insert((cell.subject.name.clone(), cell.kernel.to_owned()), summary(&became));
        exit = exit.max(became.exit());
    });
    let body = document(&session, &subjects, &kernels, &api, &table)?;
    kmod_os::write(&path, format!("{body}\n<!-- of {inputs}, as written {} -->\n", digest([body.as_str()])))?;
    eprintln!("wrote {FILE}");
    Ok(exit)
}

/// What the file is about: another driver, kernel or module makes it stale.
fn inputs(subjects: &[Subject], kernels: &[String], api: &Api) -> String {
    let drivers = subjects.iter().map(|s| format!("{} {:?} {:?}", s.name, s.wants.kernels, s.wants.requires));
    let parts: Vec<String> =
        drivers.chain(kernels.iter().cloned()).chain(api.modules().map(|m| format!("kernel::{m}"))).collect();
    digest(parts.iter().map(String::as_str))
}

fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    parts.into_iter().for_each(|part| hasher.update([part.as_bytes(), b"\0"].concat()));
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the file is as it was written, and about all that there is now.
fn check(text: &str, inputs: &str) -> std::result::Result<(), String> {
    let (body, seal) = text.rsplit_once("\n<!-- of ").ok_or("it was not written by `cargo kmod matrix`")?;
    if !seal.ends_with(&format!(", as written {} -->\n", digest([body]))) {
        return Err("it was edited by hand".to_owned());
    }
    if !seal.starts_with(&format!("{inputs},")) {
        return Err("a driver, a kernel or a module of the `kernel` crate came or went since it was written".to_owned());
    }
    Ok(())
}

/// What a cell of the table says.
fn summary(became: &Became) -> String {
    match became {
        Became::Ran { finished, .. } => {
            let is_passed = |r: &&kmod_vm::TestResult| matches!(r.outcome, Outcome::Passed);
            let passed = finished.report.results.iter().filter(is_passed).count();
            let of = finished.report.results.len();
            match became.exit() {
                Exit::Ok => format!("pass ({passed})"),
                _ => format!("**{}** ({passed} of {of})", became.verdict()),
            }
        }
        Became::Absent(why) => format!("absent: {}", why.replace('|', "\\|")),
        Became::Failed(_) => format!("**{}**", became.verdict()),
    }
}

/// The text of each cell, by driver and kernel.
#[derive(Default)]
struct Table(BTreeMap<(String, String), String>);

impl Table {
    /// From the first table of a file that was written before; nothing from anything else.
    fn read(text: &str) -> Self {
        let mut table = Self::default();
        let mut rows = text.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        let kernels = rows.next().map(columns).unwrap_or_default();
        for row in rows.skip(1).map(columns) {
            for (kernel, said) in kernels.iter().zip(&row).skip(1) {
                table.0.insert((row[0].trim_matches('`').to_owned(), kernel.clone()), said.clone());
            }
        }
        table
    }
}

/// `| a | b |` → `["a", "b"]`
fn columns(row: &str) -> Vec<String> {
    row.trim_matches('|').split(" | ").map(|column| column.trim().to_owned()).collect()
}

fn document(session: &Session, subjects: &[Subject], kernels: &[String], api: &Api, table: &Table) -> Result<String> {
    let mut text = HEAD.to_owned();
    row(&mut text, "", kernels);
    row(&mut text, "---", &vec!["---"; kernels.len()]);
    for subject in subjects {
        let said =
            |kernel: &String| table.0.get(&(subject.name.clone(), kernel.clone())).map_or(UNKNOWN, String::as_str);
        row(&mut text, &format!("`{}`", subject.name), &kernels.iter().map(said).collect::<Vec<_>>());
    }

    // One kernel's facts at a time: they are large.
    let mut lacking: BTreeMap<&str, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    let mut releases = Vec::new();
    for id in kernels {
        let kernel = session.kernel(id)?;
        let answers = session.answers(&kernel)?;
        for path in api.conditional() {
            if let Some(found) = api.lacking(path, &|query| answers.has(query)) {
                lacking.entry(path).or_default().insert(id, found.needs);
            }
        }
        releases.push(kernel.release);
    }
    text += MODULES;
    row(&mut text, "", kernels);
    row(&mut text, "---", &vec!["---"; kernels.len()]);
    row(&mut text, "Linux", &releases);
    let modules: Vec<_> = api.modules().map(|name| (name, lacking.get(format!("kernel::{name}").as_str()))).collect();
    for (name, lack) in modules.iter().filter_map(|(name, lack)| Some((name, (*lack)?))) {
        let said = |id: &String| match lack.get(id.as_str()) {
            Some(needs) => format!("no `{}`", needs.join("`, `")),
            None => "yes".to_owned(),
        };
        row(&mut text, &format!("`{name}`"), &kernels.iter().map(said).collect::<Vec<_>>());
    }
    let everywhere: Vec<_> = modules.iter().filter(|(_, lack)| lack.is_none()).map(|(n, _)| format!("`{n}`")).collect();
    let _ = writeln!(text, "\nOn all of them: {}.", everywhere.join(", "));
    text += ITEMS;
    row(&mut text, "item", &["needs", "absent on"]);
    row(&mut text, "---", &["---", "---"]);
    for (path, lack) in lacking.iter().filter(|(path, _)| path.matches("::").count() > 1) {
        let mut needs: Vec<_> = lack.values().flatten().map(|query| format!("`{query}`")).collect();
        needs.sort();
        needs.dedup();
        let absent = Vec::from_iter(lack.keys().copied()).join(", ");
        row(&mut text, &format!("`{path}`"), &[needs.join(", "), absent]);
    }
    Ok(text)
}

fn row(text: &mut String, name: &str, columns: &[impl AsRef<str>]) {
    let columns: Vec<_> = columns.iter().map(AsRef::as_ref).collect();
    let _ = writeln!(text, "| {name} | {} |", columns.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let mut text = HEAD.to_owned();
        row(&mut text, "", &["debian-5.10", "debian-6.1"]);
        row(&mut text, "---", &["---", "---"]);
        row(&mut text, "`edu`", &["pass (9)", "absent: it needs `fn:x`"]);
        let table = Table::read(&(text + MODULES)).0;
        let cell = |kernel: &str| table.get(&("edu".to_owned(), kernel.to_owned())).map(String::as_str);
        assert_eq!(cell("debian-5.10"), Some("pass (9)"));
        assert_eq!(cell("debian-6.1"), Some("absent: it needs `fn:x`"));
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_seal_tells_edits_and_age() {
        let sealed =
            |body: &str, inputs: &str| format!("{body}\n<!-- of {inputs}, as written {} -->\n", digest([body]));
        assert_eq!(check(&sealed("text", "1"), "1"), Ok(()));
        assert!(check(&sealed("text", "1").replace("text", "test"), "1").unwrap_err().contains("by hand"));
        assert!(check(&sealed("text", "1"), "2").unwrap_err().contains("came or went"));
        assert!(check("", "1").unwrap_err().contains("not written by"));
    }
}
