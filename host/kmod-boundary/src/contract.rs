// SPDX-License-Identifier: MIT OR Apache-2.0
//! The contract: each C name that Rust consumes, what it is, who uses it, and who owns either side.
use crate::{
    drift::{consumed, uses_of},
    surface::{Form, State, Surface},
    uses::{Place, Uses},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Who owns a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Owner {
    /// The title of the entry in MAINTAINERS.
    pub section: String,
    pub maintainers: Vec<String>,
}

/// Of each file, its owner: lines of `PATH <TAB> SECTION <TAB> MAINTAINER; MAINTAINER`.
#[derive(Debug, Clone, Default)]
pub struct Owners(BTreeMap<String, Owner>);

impl Owners {
    /// The error is the first line that is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut owners = BTreeMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty()) {
            let mut parts = line.split('\t');
            let (Some(path), Some(section), Some(names)) = (parts.next(), parts.next(), parts.next()) else {
                return Err(format!("line {}: not PATH, SECTION, MAINTAINERS: {line:.80}", number + 1));
            };
            let maintainers = names.split("; ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            owners.insert(path.to_owned(), Owner { section: section.to_owned(), maintainers });
        }
        Ok(Self(owners))
    }

    pub fn insert(&mut self, path: &str, owner: Owner) {
        self.0.insert(path.to_owned(), owner);
    }

    pub fn of(&self, path: &str) -> Option<&Owner> {
        self.0.get(path)
    }

    pub fn to_text(&self) -> String {
        let line =
            |(path, owner): (&String, &Owner)| format!("{path}\t{}\t{}\n", owner.section, owner.maintainers.join("; "));
        self.0.iter().map(line).collect()
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Item {
    pub name: String,
    #[serde(flatten)]
    pub state: State,
    pub uses: Vec<Place>,
    /// The C helper, on Rust's side, that gives Rust what is no extern function.
    pub helper: Option<Place>,
    pub owner: Option<Owner>,
    /// Of the Rust files that use it.
    pub rust_owners: BTreeSet<String>,
    /// Lines that the item costs in the C tree.
    pub lines_in_c: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Contract {
    /// The kernel whose headers were asked.
    pub kernel: String,
    pub items: Vec<Item>,
}

/// The subsystem of what has no owner on record.
pub const UNKNOWN: &str = "NO SECTION KNOWN";

impl Contract {
    pub fn of(uses: &Uses, surface: &Surface, owners: &Owners) -> Self {
        let item = |name: String| {
            let state = surface.state(&name);
            let places: Vec<Place> = uses_of(uses, &name).into_iter().map(|found| found.at).collect();
            let header = state.at.as_ref().and_then(|at| at.rsplit_once(':')).map(|(header, _)| header.to_owned());
            Item {
                owner: header.and_then(|header| owners.of(&header).cloned()),
                rust_owners: places.iter().filter_map(|at| Some(owners.of(&at.file)?.section.clone())).collect(),
                helper: uses.helpers.get(&name).cloned(),
                uses: places,
                state,
                name,
                lines_in_c: 0,
            }
        };
        let items = consumed(uses, &[surface]).into_iter().map(item).collect();
        Self { kernel: surface.label.clone(), items }
    }

    /// By the section that owns the C side.
    pub fn by_subsystem(&self) -> BTreeMap<&str, Vec<&Item>> {
        let mut sections: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
        for item in self.items.iter().filter(|item| item.state.form != Form::Config) {
            let section = item.owner.as_ref().map_or(UNKNOWN, |owner| owner.section.as_str());
            sections.entry(section).or_default().push(item);
        }
        sections
    }

    /// Keeps what satisfies `wanted`.
    pub fn retain(&mut self, wanted: impl Fn(&Item) -> bool) {
        self.items.retain(|item| wanted(item));
    }
}

/// The page of a subsystem, for its maintainers: no line numbers, so that only a change of the contract changes it.
pub fn page(section: &str, items: &[&Item], kernel: &str) -> String {
    let maintainers: BTreeSet<&str> =
        items.iter().filter_map(|item| item.owner.as_ref()).flat_map(|o| &o.maintainers).map(String::as_str).collect();
    let rust: BTreeSet<&str> = items.iter().flat_map(|item| &item.rust_owners).map(String::as_str).collect();
    let list = |set: &BTreeSet<&str>| match set.is_empty() {
        true => "not on record".to_owned(),
        false => set.iter().copied().collect::<Vec<_>>().join(", "),
    };
    let mut text = format!(
        "# {section}\n\nWhat Rust consumes of this subsystem's C: {} items, 0 lines in its tree (as of {kernel}; made by `cargo kmod contract`).\n\n\
         - C side: {}\n- Rust side: {}\n\n| item | form | what it is | header | used by |\n| --- | --- | --- | --- | --- |\n",
        items.len(),
        list(&maintainers),
        list(&rust),
    );
    for item in items {
        let header = item.state.at.as_deref().and_then(|at| at.rsplit_once(':')).map_or("", |(header, _)| header);
        let files: BTreeSet<&str> = item.uses.iter().map(|at| at.file.trim_start_matches("rust/kernel/")).collect();
        let shown: Vec<&str> = files.iter().copied().take(3).collect();
        let more = if files.len() > 3 { format!(" and {} more", files.len() - 3) } else { String::new() };
        let helper = if item.helper.is_some() { ", by a helper" } else { "" };
        let detail = item.state.detail().replace('|', "\\|");
        text += &format!(
            "| `{}` | {}{helper} | {} | {header} | {}{more} |\n",
            item.name,
            item.state.form.name(),
            if detail.is_empty() { String::new() } else { format!("`{detail}`") },
            shown.join(", "),
        );
    }
    text
}

/// `DMA MAPPING HELPERS` → `dma-mapping-helpers`, the name of its page.
pub fn file_name(section: &str) -> String {
    let words = section.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_as_written() {
        let text = "include/linux/pci.h\tPCI SUBSYSTEM\tA <a@x>; B <b@y>\n";
        let owners = Owners::parse(text).unwrap();
        assert_eq!(owners.of("include/linux/pci.h").unwrap().maintainers.len(), 2);
        assert_eq!(owners.to_text(), text);
        assert!(Owners::parse("# fine\nno tabs").unwrap_err().starts_with("line 2"));
        assert_eq!(file_name("PCI SUBSYSTEM (DT)"), "pci-subsystem-dt");
    }
}
