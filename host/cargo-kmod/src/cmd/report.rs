// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod report`: the boundary on one page, for a maintainer who never saw it.
use crate::{
    cli,
    cmd::{contract, session::Session, surface},
    error::{Error, Result},
    exit::Exit,
};
use kmod_boundary::{
    Contract, drift,
    maintainers::Maintainers,
    report::{
        Report, drifted,
        glue::{self, Driver},
        history::{self, History},
        subsystems,
    },
    rules,
};
use kmod_os::Cmd;
use kmod_setup::Scope;
use std::path::Path;

pub fn run(args: &cli::Report) -> Result<Exit> {
    // The cheap thing that may be wrong comes first.
    let history = args.git.as_ref().map(|tree| history(tree, args.since.as_deref())).transpose()?;
    let session = Session::open(Scope::Build)?;
    let sources = surface::sources(&session, &[])?;
    let uses = surface::uses(&sources, true);
    let owners = contract::owners();
    let headers = surface::headers(&session, &[], &sources)?;
    let surfaces = args.kernel.iter().map(|id| surface::named(&session, id, &headers)).collect::<Result<Vec<_>>>()?;
    let mut report = Report { version: 1, history, ..Report::default() };
    if let Some((first, others)) = surfaces.split_first() {
        let contract = Contract::of(&uses, first, &owners);
        let rules = rules::builtin()?;
        let to = |other| drifted(first, other, &drift(first, other, &uses, &rules), &contract);
        report.drift = others.iter().map(to).collect();
        (report.kernel, report.contract) = (first.label.clone(), subsystems(&contract));
    }
    report.modules = glue::modules(&sources, &uses, &owners);
    let own = session.sdk.repository().map(|root| root.join("drivers"));
    for folder in if args.drivers.is_empty() { own.as_slice() } else { &args.drivers } {
        report.drivers.extend(drivers(folder)?);
    }
    if let Some(out) = &args.out {
        kmod_os::write(out, report.page())?;
        eprintln!("{}: next: open it in a browser, or print it", out.display());
    }
    if args.json {
        println!("{}", serde_json::json!(report));
    }
    Ok(Exit::Ok)
}

/// The drivers in a folder, or the folder as one driver; their tests run outside of the kernel and do not count.
fn drivers(folder: &Path) -> Result<Vec<Driver>> {
    let inner = kmod_os::read_dir(folder)?.into_iter().filter(|path| path.join("src").is_dir());
    let crates = if folder.join("src").is_dir() { vec![folder.to_owned()] } else { inner.collect() };
    let driver = |path: std::path::PathBuf| {
        let mut sources = Vec::new();
        surface::add(&path.join("src"), "src", &mut sources)?;
        Ok(glue::driver(&path.file_name().unwrap_or_default().to_string_lossy(), &sources))
    };
    let mut found = crates.into_iter().map(driver).collect::<Result<Vec<_>>>()?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// What git says of a kernel tree.
fn history(tree: &Path, since: Option<&str>) -> Result<History> {
    let git = || Cmd::new("git").arg("-C").arg(tree);
    let asked = |what: &str| git().args(["rev-parse", what]).output();
    if !asked("--git-dir")?.success {
        return Err(Error::NoGit { tree: tree.to_owned() });
    }
    if asked("--is-shallow-repository")?.stdout.trim() == "true" {
        return Err(Error::Shallow { tree: tree.to_owned() });
    }
    if !git().args(["rev-parse", "--quiet", "--verify", "HEAD"]).output()?.success {
        return Err(history::Error::Empty.into());
    }
    let since = since.map(|date| format!("--since={date}"));
    let log = git().args(["log", "--no-merges"]).arg(format!("--format={}", history::FORMAT)).args(since);
    let commits = history::parse(&log.arg("--").args(history::PATHS).run()?)?;
    let fixed = history::fixed(&commits);
    // A breakage that lies before the part of the history that we have is not known.
    let fixed = if fixed.is_empty() {
        String::new()
    } else {
        let log = git().args(["log", "--no-walk", "--ignore-missing"]).arg(format!("--format={}", history::FIXED));
        log.args(fixed).arg("--").run()?
    };
    let files = git().args(["ls-files", "--"]).args(history::PATHS).run()?;
    let maintainers = match kmod_os::read_to_string(tree.join("MAINTAINERS")) {
        Ok(text) => Maintainers::parse(&text),
        Err(e) => {
            eprintln!("partial: {e}: no owners of the tree");
            Maintainers::default()
        }
    };
    Ok(History::of(&commits, &fixed, &files.lines().collect::<Vec<_>>(), &maintainers))
}
