// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod api-diff`: what changes in the API of the `kernel` crate, and what that breaks in drivers.
use crate::{
    cli,
    cmd::surface,
    error::{Error, Result},
    exit::Exit,
};
use kmod_boundary::{
    Source,
    api::{
        Api,
        diff::{Change, diff},
        users::{Severity, Users},
    },
};
use serde_json::json;
use std::path::Path;

/// The crate whose API it is, as users name it.
const CRATE: &str = "kernel";

pub fn run(args: &cli::ApiDiff) -> Result<Exit> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let mut users = Vec::new();
    for folder in &args.users {
        if !kmod_os::exists(folder) {
            return Err(Error::NoUsers { path: folder.clone() });
        }
        surface::add(folder, &folder.display().to_string(), &mut users)?;
    }
    let users = Users::of(&users, CRATE, &old);
    let unread: Vec<_> = [&old.unread, &new.unread, &users.unread].into_iter().flatten().collect();
    unread.iter().for_each(|why| eprintln!("partial: {why}"));
    let changes = diff(&old, &new);
    let (count, sure) = (changes.len(), changes.iter().any(|change| change.sure));
    let told = if args.users.is_empty() || args.all { changes.clone() } else { Vec::new() };
    let findings = users.findings(changes);
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (breaks, maybe) = (of(Severity::Breaks), of(Severity::Maybe));
    if args.json {
        println!("{}", json!({ "version": 1, "changes": told, "findings": findings, "partial": unread }));
    } else {
        findings.iter().for_each(|finding| println!("{finding}"));
        let reached = |change: &&Change| !findings.iter().any(|f| f.change.message == change.message);
        told.iter().filter(reached).for_each(|change| println!("{}: {}", change.class.name(), change.message));
        let users =
            if args.users.is_empty() { String::new() } else { format!(", {breaks} break the users and {maybe} may") };
        println!("{} to {}: {count} changes{users}", args.old.display(), args.new.display());
    }
    let broken = if args.users.is_empty() { sure } else { breaks > 0 };
    Ok(match broken {
        true => Exit::TestFailed,
        false if !unread.is_empty() => Exit::Usage,
        false => Exit::Ok,
    })
}

/// Of a crate's folder, of a tree that has it, or of one file.
fn read(path: &Path) -> Result<Api> {
    let mut sources = Vec::new();
    if path.is_file() {
        sources.push(Source { path: "lib.rs".to_owned(), text: kmod_os::read_to_string(path)? });
    } else {
        let folders = [path.join("rust/kernel"), path.to_owned()];
        let folder = folders.iter().find(|folder| kmod_os::exists(folder.join("lib.rs")));
        surface::add(folder.ok_or_else(|| Error::NoCrate { path: path.to_owned() })?, "", &mut sources)?;
    }
    Ok(Api::of(CRATE, &sources))
}
