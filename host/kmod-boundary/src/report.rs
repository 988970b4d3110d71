// SPDX-License-Identifier: MIT OR Apache-2.0
//! What there is to say of the boundary to a maintainer who never saw it: numbers, and a page of them.
//!
//! ```text
//! contract, drift, sources, owners ──► Report ──page──► HTML, one file
//! what git says of a tree ──history──► History ─┘  └──► JSON, the same values
//! ```
pub mod glue;
pub mod history;
mod page;

use crate::{Contract, Finding, Severity, Surface, contract::UNKNOWN};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub version: u32,
    pub contract: Vec<Subsystem>,
    /// The kernel that the contract is of.
    pub kernel: String,
    pub drift: Vec<Drift>,
    pub modules: Vec<glue::Module>,
    pub drivers: Vec<glue::Driver>,
    pub history: Option<history::History>,
}

/// What Rust uses of one subsystem.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Subsystem {
    pub section: String,
    pub maintainers: Vec<String>,
    /// By form: `extern function`, `type`, …
    pub forms: BTreeMap<&'static str, usize>,
    pub names: usize,
    /// The Rust files that use it.
    pub files: usize,
}

/// What changed from one kernel to another.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    pub from: String,
    pub to: String,
    pub subsystems: Vec<Drifted>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Drifted {
    pub section: String,
    /// Changes that break Rust code, or may change what it does, and that nobody has taken care of.
    pub open: usize,
    /// Those that the Rust side has taken care of.
    pub handled: usize,
    /// Those that a build is enough for.
    pub rebuild: usize,
}

impl Drifted {
    pub fn all(&self) -> usize {
        self.open + self.handled + self.rebuild
    }
}

impl Report {
    pub fn page(&self) -> String {
        page::page(self).into_string()
    }
}

/// The most used first, what nobody owns last.
pub fn subsystems(contract: &Contract) -> Vec<Subsystem> {
    let mut found: Vec<_> = contract
        .by_subsystem()
        .into_iter()
        .map(|(section, items)| {
            let mut forms = BTreeMap::new();
            items.iter().for_each(|item| *forms.entry(item.state.form.name()).or_default() += 1);
            let owner = items.iter().find_map(|item| item.owner.as_ref());
            let files: BTreeSet<_> = items.iter().flat_map(|item| &item.uses).map(|place| &place.file).collect();
            Subsystem {
                section: section.to_owned(),
                maintainers: owner
                    .map(|owner| owner.maintainers.iter().map(|who| name(who)).collect())
                    .unwrap_or_default(),
                forms,
                names: items.len(),
                files: files.len(),
            }
        })
        .collect();
    found.sort_by(|a, b| (a.section == UNKNOWN, b.names, &a.section).cmp(&(b.section == UNKNOWN, a.names, &b.section)));
    found
}

/// The findings of a drift by the sections that own the names.
pub fn drifted(from: &Surface, to: &Surface, findings: &[Finding], contract: &Contract) -> Drift {
    let owner = |name: &str| {
        let item = contract.items.iter().find(|item| item.name == name);
        item.and_then(|item| item.owner.as_ref()).map_or(UNKNOWN, |owner| &owner.section).to_owned()
    };
    let mut sections: BTreeMap<String, Drifted> = BTreeMap::new();
    for finding in findings {
        let section = owner(&finding.name);
        let drifted = sections.entry(section.clone()).or_insert(Drifted { section, ..Drifted::default() });
        *match (finding.severity, &finding.handled) {
            (Severity::Rebuild, _) => &mut drifted.rebuild,
            (_, Some(_)) => &mut drifted.handled,
            (_, None) => &mut drifted.open,
        } += 1;
    }
    let mut subsystems: Vec<_> = sections.into_values().collect();
    subsystems.sort_by(|a, b| (b.open, b.all(), &a.section).cmp(&(a.open, a.all(), &b.section)));
    Drift { from: from.label.clone(), to: to.label.clone(), subsystems }
}

/// `A Name <address>` without the address, which is nobody's business on a page.
pub fn name(who: &str) -> String {
    who.split('<').next().unwrap_or_default().trim().trim_matches('"').to_owned()
}
