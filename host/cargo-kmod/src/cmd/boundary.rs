// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the sub-commands on the boundary share: a patch series, and the kernel tree it is for.
use crate::{
    cli,
    error::{Error, Result},
};
use kmod_boundary::{
    Source, Uses,
    impact::{Impact, impact},
    maintainers::Maintainers,
    patch::{Problem, Series},
};
use kmod_os::Cmd;
use std::path::Path;

/// Where a kernel tree has Rust, and the C that exists for it.
const RUST_IN: [&str; 10] =
    ["rust/kernel", "rust/helpers", "samples/rust", "drivers", "block", "fs", "kernel", "lib", "mm", "net"];

pub struct Given {
    pub series: Series,
    pub maintainers: Maintainers,
    pub impact: Impact,
}

impl Given {
    pub fn read(args: &cli::Series) -> Result<Self> {
        let input = if Path::new(&args.series).is_file() {
            kmod_os::read(&args.series)?
        } else {
            let git = Cmd::new("git").arg("-C").arg(&args.tree);
            git.args(["format-patch", "--stdout", "--no-renames", &args.series]).run()?.into_bytes()
        };
        let mut series = Series::parse(&input)?;
        let owners = args.tree.join("MAINTAINERS");
        let maintainers = match kmod_os::read_to_string(&owners) {
            Ok(text) => Maintainers::parse(&text),
            Err(e) => {
                series.problems.push(Problem { place: owners.display().to_string(), what: format!("{e}: no owners") });
                Maintainers::default()
            }
        };
        let mut sources = Vec::new();
        for folder in RUST_IN.iter().map(|f| args.tree.join(f)).filter(|f| f.is_dir()) {
            collect(&args.tree, &folder, &mut sources)?;
        }
        if sources.is_empty() {
            return Err(Error::NoRust { tree: args.tree.clone() });
        }
        let read =
            |path: &str| kmod_os::read(args.tree.join(path)).ok().map(|b| String::from_utf8_lossy(&b).into_owned());
        let impact = impact(&series, &Uses::of(&sources), &maintainers, &read);
        Ok(Self { series, maintainers, impact })
    }
}

fn collect(tree: &Path, folder: &Path, into: &mut Vec<Source>) -> Result<()> {
    let helpers = folder.ends_with("rust/helpers");
    for path in kmod_os::read_dir(folder)? {
        let extension = path.extension().and_then(|e| e.to_str());
        if extension == Some("rs") || helpers && extension == Some("c") {
            let name = path.strip_prefix(tree).unwrap_or(&path).display().to_string();
            into.push(Source { path: name, text: kmod_os::read_to_string(&path)? });
        } else if extension.is_none() && path.is_dir() && !path.is_symlink() {
            collect(tree, &path, into)?;
        }
    }
    Ok(())
}

/// What could not be looked at, on stderr: the answer is partial.
pub fn partial(problems: &[Problem]) {
    for problem in problems {
        eprintln!("partial: {}: {}", problem.place, problem.what);
    }
}
