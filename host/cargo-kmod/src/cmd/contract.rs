// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod contract`: what Rust consumes of C, by the subsystem that owns it.
use crate::{
    cli,
    cmd::{session::Session, surface},
    error::{Error, Result},
    exit::Exit,
    project,
};
use kmod_boundary::{
    Contract,
    contract::{Owners, essence, file_name, page},
};
use kmod_setup::Scope;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::Path,
};

/// Who owns which header, of mainline's MAINTAINERS.
const OWNERS: &str = include_str!("../../owners.tsv");

/// Who owns which header and which Rust file.
pub fn owners() -> Owners {
    Owners::parse(OWNERS).unwrap_or_default()
}

pub fn run(args: &cli::Contract) -> Result<Exit> {
    let session = Session::open(Scope::Build)?;
    let sources = surface::sources(&session, &[])?;
    let uses = surface::uses(&sources, true);
    let headers = surface::headers(&session, &[], &sources)?;
    let owners = owners();
    let mut printed = String::new();
    for id in session.ids(&args.build.kernel)? {
        let kernel = session.kernel(&id)?;
        let mut contract = Contract::of(&uses, &surface::surface(&session, &kernel, &headers)?, &owners);
        if args.build.file.is_some() || !args.build.package.is_empty() {
            let mut reached = BTreeSet::new();
            for subject in project::select(&args.build)? {
                let module = session.build(&subject, &kernel, &args.build)?;
                reached.extend(module.undefined.into_iter().chain(module.helpers));
            }
            contract.retain(|item| reached.contains(&item.name));
        }
        if let Some(wanted) = &args.subsystem {
            contract.retain(|item| item.owner.as_ref().is_some_and(|o| o.section.eq_ignore_ascii_case(wanted)));
        }
        let pages = contract.by_subsystem().into_iter();
        let pages = pages.map(|(section, items)| (format!("{}.md", file_name(section)), page(section, &items, &id)));
        match (&args.out, args.json) {
            (Some(folder), _) if args.check => check(folder, pages.collect())?,
            (Some(folder), _) => write(folder, pages.collect())?,
            (None, true) => printed += &format!("{}\n", serde_json::json!({ "version": 1, "contract": contract })),
            (None, false) => printed.extend(pages.map(|(_, text)| text + "\n")),
        }
    }
    // Who stops reading has seen enough.
    let _ = std::io::stdout().write_all(printed.as_bytes());
    Ok(Exit::Ok)
}

fn write(folder: &Path, pages: BTreeMap<String, String>) -> Result<()> {
    for name in written(folder)?.iter().filter(|name| !pages.contains_key(*name)) {
        kmod_os::remove_file(folder.join(name))?;
    }
    for (name, text) in pages {
        kmod_os::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Fails if the pages are not those that would be written, but for what another build of the kernel may change.
fn check(folder: &Path, pages: BTreeMap<String, String>) -> Result<()> {
    let stale = |name: &str, why: &str| Err(Error::StaleContract { path: folder.join(name), why: why.to_owned() });
    for name in written(folder)? {
        if !pages.contains_key(&name) {
            return stale(&name, "Rust uses nothing of that subsystem any more");
        }
    }
    for (name, text) in pages {
        let path = folder.join(&name);
        if !kmod_os::exists(&path) {
            return stale(&name, "Rust uses something of a further subsystem");
        }
        let (was, is) = (essence(&kmod_os::read_to_string(&path)?), essence(&text));
        if let Some((was, is)) = was.lines().zip(is.lines()).find(|(was, is)| was != is) {
            return stale(&name, &format!("it says\n  {was}\nand it is\n  {is}"));
        }
        if was != is {
            return stale(&name, "it is shorter or longer than it should be");
        }
    }
    Ok(())
}

/// The names of the pages that are there.
fn written(folder: &Path) -> Result<Vec<String>> {
    if !kmod_os::exists(folder) {
        return Ok(Vec::new());
    }
    let names = kmod_os::read_dir(folder)?.into_iter().filter_map(|path| path.file_name()?.to_str().map(str::to_owned));
    Ok(names.filter(|name| name.ends_with(".md")).collect())
}
