// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `cargo kmod drift` says of mainline's own Rust code, against a list that was measured without it.
//!
//! The list is a table with tabs between its columns: `name`, `kind`, and for each older kernel `VERSION_vs_7.3`, a class,
//! `VERSION_detail`, and `export_VERSION…`, with `-` for what is declared and not exported. What it has no opinion on (`n/a`) is
//! left out.
use crate::{host, mainline, mainline::Lines, root};
use anyhow::{Context, Result};
use kmod_os::{Cache, Cmd};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The release that mainline's code was written for.
const FROM: &str = "debian-7.3-headers-generic";
/// The older kernels, of the flavours that the list was measured on.
const KERNELS: [(&str, &str); 3] =
    [("7.2", "debian-7.2-generic"), ("6.12", "debian-6.12-generic"), ("6.1", "debian-6.1-cloud")];

pub fn run(list: &Path) -> Result<()> {
    let rows = rows(&kmod_os::read_to_string(list)?);
    let (cache, mainline, kmod) = (Cache::of_user()?, mainline::tree()?, host::kmod()?);
    let from = kmod_kernel::resolve(FROM, &cache, &root().join("tests/backtest"), &Lines)?.build_dir;
    println!("| 7.3 to | found | in the list | listed | found | by design | missed |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let mut details = String::new();
    for (version, id) in KERNELS {
        let drift = Cmd::new(&kmod).dir(root()).args(["drift", "--json", "--to", id, "--from"]).arg(&from);
        let printed = drift.arg("--rust").arg(&mainline).output()?;
        let json: serde_json::Value =
            serde_json::from_str(&printed.stdout).with_context(|| format!("drift to {id}: {}", printed.stderr))?;
        let said = json["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["name"].as_str());
        let said: BTreeSet<&str> = said.map(|name| name.split('.').next().unwrap_or(name)).collect();
        let compared = Compared::of(&rows, version, &said);
        println!("| {version} {}", compared.line());
        details += &compared.details(version);
    }
    println!("\n{details}");
    Ok(())
}

/// Each line, by the names of the columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned));
    let names: Vec<String> = lines.next().into_iter().flatten().collect();
    lines.map(|line| names.iter().cloned().zip(line).collect()).collect()
}

#[derive(Default)]
struct Compared {
    /// In both; by their class in the list.
    both: BTreeMap<String, Vec<String>>,
    /// In the list alone, and rightly so, by the reason.
    by_design: BTreeMap<&'static str, Vec<String>>,
    missed: BTreeMap<String, Vec<String>>,
    /// Said, of a name that is the same by the list.
    only_said: Vec<String>,
}

impl Compared {
    fn of(rows: &[BTreeMap<String, String>], version: &str, said: &BTreeSet<&str>) -> Self {
        let mut compared = Self::default();
        for row in rows {
            let get = |column: &str| row.get(column).map(String::as_str).unwrap_or_default();
            let name = get("name");
            let here = [format!("export_{version}"), format!("export_{version}cloud")];
            let lost = here.iter().any(|column| get(column) == "-") && get("export_7.3") != "-";
            let class = match get(&format!("{version}_vs_7.3")) {
                "same" if lost => "EXPORT",
                class => class,
            };
            // Rust's name of an enumerator begins with its enum's.
            let found = said.contains(name)
                || get("kind") == "enumerator" && said.iter().any(|said| said.ends_with(&format!("_{name}")));
            match (class, found) {
                ("same" | "n/a", false) | ("n/a", true) => {}
                ("same", true) => compared.only_said.push(name.to_owned()),
                (_, true) => compared.both.entry(class.to_owned()).or_default().push(name.to_owned()),
                (_, false) => match by_design(class, get("kind"), get(&format!("{version}_detail"))) {
                    Some(why) => compared.by_design.entry(why).or_default().push(name.to_owned()),
                    None => compared.missed.entry(class.to_owned()).or_default().push(name.to_owned()),
                },
            }
        }
        compared
    }

    fn line(&self) -> String {
        let count = |of: &BTreeMap<_, Vec<String>>| of.values().map(Vec::len).sum::<usize>();
        let by_design = self.by_design.values().map(Vec::len).sum::<usize>();
        let (both, missed) = (count(&self.both), count(&self.missed));
        let said = both + self.only_said.len();
        let percent = |part: usize, of: usize| (100 * part).checked_div(of).unwrap_or(100);
        format!(
            "| {said} | {both} ({} %) | {} | {both} ({} %) | {by_design} | {missed} |",
            percent(both, said),
            both + by_design + missed,
            percent(both, both + missed),
        )
    }

    fn details(&self, version: &str) -> String {
        let mut text = format!("{version}: found, the same by the list: {}\n", self.only_said.join(" "));
        for (why, names) in &self.by_design {
            text += &format!("{version}: not found, {why}: {} ({})\n", names.len(), names.join(" "));
        }
        for (class, names) in &self.missed {
            text += &format!("{version}: missed, {class}: {} ({})\n", names.len(), names.join(" "));
        }
        text
    }
}

/// Why a change is none for Rust.
fn by_design(class: &str, kind: &str, detail: &str) -> Option<&'static str> {
    let size = detail.split_whitespace().filter_map(|word| word.split_once("->")).next();
    match (class, kind) {
        ("same-value" | "SPELL", _) => Some("spelled otherwise, with the same meaning"),
        ("MACROBODY", _) | ("FORM" | "STUB" | "EXPORT", "helper") => Some("what a C helper calls, and C compiles"),
        ("ENUMSET" | "ENUMVAL", _) => Some("enumerators that Rust does not use"),
        ("FIELDS" | "LAYOUT", _) if size.is_some_and(|(old, new)| old == new) => {
            Some("fields that Rust does not use, in a record of the same size")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_compared() {
        let list = "name\tkind\t6.1_vs_7.3\t6.1_detail\texport_6.1cloud\texport_7.3\n\
                    a\tfn\tsame\t\t-\tEXPORT_SYMBOL\nb\tfn\tsame\t\nc\tstruct\tFIELDS\t-0 +1 size 8->8\nd\tstruct\tFIELDS\tsize 8->16\n\
                    E\tenumerator\tVALUE\t\nf\tfn\tn/a\t\ng\tfn\tsame\t\n";
        let compared = Compared::of(&rows(list), "6.1", &BTreeSet::from(["a", "b", "tag_E", "f"]));
        assert_eq!(compared.line(), "| 3 | 2 (66 %) | 4 | 2 (66 %) | 1 | 1 |");
        assert!(compared.details("6.1").contains("missed, FIELDS: 1 (d)\n"));
    }
}
