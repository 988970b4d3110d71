// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the whole paths differ: what the two sides have the rest of the kernel do, by function.
use crate::{Report, Row, SIDES};
use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

/// Functions that differ by fewer instructions a request are left out of the table; the JSON has all.
const LEAST: f64 = 2.0;

/// The functions outside of the drivers on which Rust's side spends more than C's, or less: a column for each way, and of
/// each whole path.
pub fn differences(out: &mut String, report: &Report) -> fmt::Result {
    let ways = report.ways().into_iter();
    let pairs = ways.map(|way| SIDES.map(|side| report.row(side, way)));
    let pairs: Vec<(&Row, &Row)> = pairs.filter_map(|[rust, c]| rust.zip(c)).collect();
    let columns: Vec<BTreeMap<&str, f64>> = pairs.iter().map(|(rust, c)| difference(rust, c)).collect();

    let mut most: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, difference) in columns.iter().flatten() {
        let so_far = most.entry(name).or_default();
        *so_far = so_far.max(difference.abs());
    }
    let mut names: Vec<(&str, f64)> = most.into_iter().filter(|(_, most)| *most >= LEAST).collect();
    if names.is_empty() {
        return Ok(());
    }
    names.sort_by(|a, b| b.1.total_cmp(&a.1));

    let heads: Vec<_> = pairs.iter().map(|(row, _)| row.head()).collect();
    writeln!(out, "| the rest of the path, Rust less C: instructions | {} |", heads.join(" | "))?;
    writeln!(out, "| --- |{}", " ---: |".repeat(pairs.len()))?;
    for (name, _) in names {
        let cell = |column: &BTreeMap<&str, f64>| column.get(name).map_or("–".to_owned(), |n| format!("{n:+.2}"));
        writeln!(out, "| `{name}` | {} |", columns.iter().map(cell).collect::<Vec<_>>().join(" | "))?;
    }
    writeln!(out)
}

/// By function, of which several may have one name.
fn difference<'a>(rust: &'a Row, c: &'a Row) -> BTreeMap<&'a str, f64> {
    let mut by_name: BTreeMap<&str, f64> = BTreeMap::new();
    for (row, sign) in [(rust, 1.0), (c, -1.0)] {
        for function in &row.rest {
            *by_name.entry(&function.name).or_default() += sign * function.instructions;
        }
    }
    by_name
}
