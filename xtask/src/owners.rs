// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who owns which header and Rust file, by mainline's MAINTAINERS: `host/cargo-kmod/owners.tsv`, which `contract` reads.
use crate::{mainline, root};
use anyhow::{Context, Result};
use kmod_boundary::{
    contract::{Owner, Owners},
    maintainers::Maintainers,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Where a kernel has headers that drivers include.
const HEADERS: [&str; 2] = ["include", "arch/x86/include"];
/// Drivers do not include these: they are of device trees.
const WITHOUT: &str = "include/dt-bindings";
/// The section of all that nobody owns.
const REST: &str = "THE REST";

/// For the headers of these kernel trees, or of their header packages, and the Rust files of this repository.
pub fn run(trees: &[PathBuf]) -> Result<usize> {
    let maintainers = Maintainers::parse(&kmod_os::read_to_string(mainline::tree()?.join("MAINTAINERS"))?);
    let mut paths = BTreeSet::new();
    for tree in trees {
        for part in HEADERS.map(|part| tree.join(part)) {
            add(tree, &part, &mut paths).with_context(|| format!("{} is not a kernel tree", tree.display()))?;
        }
    }
    add(root(), &root().join("rust"), &mut paths)?;
    let owner = |path: &String| {
        let section = maintainers.owner(path).filter(|section| section.title != REST)?;
        Some(Owner { section: section.title.clone(), maintainers: section.maintainers.clone() })
    };
    let of_file: BTreeMap<&str, Option<Owner>> = paths.iter().map(|path| (path.as_str(), owner(path))).collect();
    let mut owners = Owners::default();
    for (path, owner) in &of_file {
        if let Some(owner) = owner {
            owners.insert(folder(path, owner, &of_file), owner.clone());
        }
    }
    let text = owners.to_text();
    let note = "# Of mainline's MAINTAINERS (7.3), by `cargo xtask owners`: path, section, maintainers.";
    kmod_os::write(root().join("host/cargo-kmod/owners.tsv"), format!("{note}\n{text}"))?;
    Ok(paths.len())
}

/// The outermost folder all of whose files have this owner; else the path itself.
fn folder<'a>(path: &'a str, owner: &Owner, of_file: &BTreeMap<&str, Option<Owner>>) -> &'a str {
    let all_below = |folder: &&str| {
        let below = of_file.range(*folder..).take_while(|(path, _)| path.starts_with(folder));
        below.into_iter().all(|(_, other)| other.as_ref() == Some(owner))
    };
    path.match_indices('/').map(|(at, _)| &path[..=at]).find(all_below).unwrap_or(path)
}

fn add(tree: &Path, folder: &Path, paths: &mut BTreeSet<String>) -> Result<()> {
    for path in kmod_os::read_dir(folder)? {
        let name = path.strip_prefix(tree)?.display().to_string();
        if path.is_dir() && name != WITHOUT {
            add(tree, &path, paths)?;
        } else if [".h", ".rs", ".c"].iter().any(|ending| name.ends_with(ending)) {
            paths.insert(name);
        }
    }
    Ok(())
}
