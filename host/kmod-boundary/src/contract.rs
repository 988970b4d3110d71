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

/// Of each file, or folder (`include/drm/`), its owner: lines of `PATH <TAB> SECTION <TAB> MAINTAINER; MAINTAINER`.
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

    /// Of a file, or else of the innermost folder that has a line.
    pub fn of(&self, path: &str) -> Option<&Owner> {
        let folders = path.rmatch_indices('/').map(|(at, _)| &path[..=at]);
        std::iter::once(path).chain(folders).find_map(|path| self.0.get(path))
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

    /// By the section that owns the C side; what this kernel has not is nobody's.
    pub fn by_subsystem(&self) -> BTreeMap<&str, Vec<&Item>> {
        let mut sections: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
        for item in self.items.iter().filter(|item| !matches!(item.state.form, Form::Config | Form::Absent)) {
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
    let mut text = format!(
        "# {section}\n\nWhat Rust consumes of this subsystem's C: {} items, 0 lines in its tree ({kernel}; made by `cargo kmod contract`).\n\n\
         - C side: {}\n- Rust side: {}\n",
        items.len(),
        list(maintainers, usize::MAX),
        list(rust, usize::MAX),
    );
    let of =
        |forms: &[Form]| -> Vec<&Item> { items.iter().filter(|i| forms.contains(&i.state.form)).copied().collect() };
    let (functions, types) = (of(&[Form::Function, Form::Inline, Form::Macro, Form::Variable]), of(&[Form::Type]));
    if !functions.is_empty() {
        text += "\n| function or variable | form | signature | header | used by |\n| --- | --- | --- | --- | --- |\n";
    }
    for item in functions {
        let helper = if item.helper.is_some() { ", by a helper" } else { "" };
        let form = format!("{}{helper}", item.state.form.name());
        text += &row(&[&code(&item.name), &form, &code(&item.state.detail()), header(item), &users(item)]);
    }
    let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (record, field) in of(&[Form::Field]).iter().filter_map(|item| item.name.split_once('.')) {
        fields.entry(record).or_default().push(field);
    }
    if !types.is_empty() {
        text += "\n| type | fields that Rust uses | layout | header | used by |\n| --- | --- | --- | --- | --- |\n";
    }
    for item in types {
        let fields = fields.get(item.name.as_str()).map(|names| names.join(", ")).unwrap_or_default();
        text += &row(&[&code(&item.name), &fields, &code(&item.state.detail()), header(item), &users(item)]);
    }
    let mut constants: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for item in of(&[Form::Constant]) {
        constants.entry(header(item)).or_default().push(code(&item.name));
    }
    if !constants.is_empty() {
        text.push('\n');
    }
    for (header, names) in constants {
        text += &format!("- Constants of {header}: {}\n", names.join(", "));
    }
    text
}

/// The part of a page that this repository decides; the third column is for the kernel to say.
pub fn essence(page: &str) -> String {
    let keep = |line: &str| -> String {
        let columns = line.split(" | ").enumerate().filter(|(at, _)| *at != 2).map(|(_, column)| column);
        format!("{}\n", columns.collect::<Vec<_>>().join(" | "))
    };
    page.lines().map(keep).collect()
}

fn row(columns: &[&str]) -> String {
    format!("| {} |\n", columns.join(" | "))
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", text.replace('|', "\\|")) }
}

fn header(item: &Item) -> &str {
    item.state.at.as_deref().and_then(|at| at.rsplit_once(':')).map_or("", |(header, _)| header)
}

fn users(item: &Item) -> String {
    list(item.uses.iter().map(|at| at.file.trim_start_matches("rust/kernel/")).collect(), 3)
}

fn list(names: BTreeSet<&str>, most: usize) -> String {
    let shown: Vec<&str> = names.iter().copied().take(most).collect();
    match names.len() {
        0 => "not on record".to_owned(),
        n if n > most => format!("{} and {} more", shown.join(", "), n - most),
        _ => shown.join(", "),
    }
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
        let owners = Owners::parse("a/\tA\t\na/b/c.h\tC\t\n").unwrap();
        let of = |path| owners.of(path).map(|owner| owner.section.as_str());
        assert_eq!([of("a/b/c.h"), of("a/b/d.h"), of("ab.h")], [Some("C"), Some("A"), None]);
        assert!(Owners::parse("# fine\nno tabs").unwrap_err().starts_with("line 2"));
        assert_eq!(file_name("PCI SUBSYSTEM (DT)"), "pci-subsystem-dt");
    }

    #[test]
    fn a_page_is_for_one_screen_and_its_essence_for_any_build_of_the_kernel() {
        let item = |name: &str, form, attributes: &[(&'static str, &str)], at: &str| Item {
            name: name.to_owned(),
            state: State {
                form,
                attributes: attributes.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
                at: Some(at.to_owned()),
            },
            uses: vec![Place { file: "rust/kernel/pci.rs".to_owned(), line: 3 }],
            helper: None,
            owner: None,
            rust_owners: BTreeSet::new(),
            lines_in_c: 0,
        };
        let items = |size| {
            vec![
                item("pci_dev", Form::Type, &[("kind", "struct"), ("size", size)], "include/linux/pci.h:9"),
                item("pci_dev.vendor", Form::Field, &[("type", "u16")], "include/linux/pci.h:11"),
                item("PCI_ANY_ID", Form::Constant, &[("value", "4")], "include/linux/pci.h:30"),
            ]
        };
        let page = |size| page("PCI", &items(size).iter().collect::<Vec<_>>(), "a kernel");
        let text = page("8");
        assert!(text.contains("| `pci_dev` | vendor | `struct, 8 bytes` | include/linux/pci.h | pci.rs |\n"), "{text}");
        assert!(text.contains("- Constants of include/linux/pci.h: `PCI_ANY_ID`\n"), "{text}");
        assert!(essence(&text) == essence(&page("16")) && essence(&text) != essence(&text.replace("vendor", "device")));
    }
}
