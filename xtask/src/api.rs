// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask api DIR`: what mainline's API has and ours lacks or declares otherwise.
//!
//! `DIR` holds mainline's `rust/kernel`, or its signatures alone, at the same paths. Ours is read as the compiler expands it, for the
//! kernel last built for, so that what a macro or a `derive` makes is seen too. The comparison is that of `cargo kmod api-diff`.
use crate::root;
use anyhow::Result;
use kmod_boundary::{
    Source,
    api::{Api, diff::diff},
};
use kmod_os::Cmd;
use std::path::Path;

const CRATE: &str = "kernel";

/// Prints the differences of the modules whose path starts with `only`, and returns how many there are.
pub fn run(dir: &Path, only: &str) -> Result<usize> {
    let mut sources = Vec::new();
    files(dir, dir, &mut sources)?;
    let expanded = Cmd::new("cargo")
        .dir(root().join("rust"))
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["rustc", "--quiet", "--package", CRATE, "--profile", "check", "--", "-Zunpretty=expanded"])
        .run()?;
    let theirs = Api::of(CRATE, &sources);
    let ours = Api::of(CRATE, &[Source { path: "lib.rs".to_owned(), text: expanded }]);
    anyhow::ensure!(theirs.unread.is_empty() && ours.unread.is_empty(), "{:?} {:?}", theirs.unread, ours.unread);
    let mut changes = diff(&theirs, &ours);
    changes.retain(|change| {
        change.name.strip_prefix(CRATE).is_some_and(|name| name[2.min(name.len())..].starts_with(only))
    });
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes.iter().for_each(|change| println!("{}: {}", change.class.name(), change.message));
    Ok(changes.len())
}

fn files(root: &Path, dir: &Path, found: &mut Vec<Source>) -> Result<()> {
    for path in kmod_os::read_dir(dir)? {
        if path.is_dir() {
            files(root, &path, found)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            found.push(Source { path: name, text: kmod_os::read_to_string(&path)? });
        }
    }
    Ok(())
}
