// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the sub-commands on the boundary share: a patch series, and the kernel tree as it is before the series.
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
use std::{
    collections::BTreeSet,
    io::Read,
    path::{Path, PathBuf},
};

/// Where a kernel tree has Rust, and the C that exists for it.
const RUST_IN: [&str; 10] =
    ["rust/kernel", "rust/helpers", "samples/rust", "drivers", "block", "fs", "kernel", "lib", "mm", "net"];

pub struct Given {
    pub series: Series,
    pub maintainers: Maintainers,
    pub impact: Impact,
    tree: Tree,
}

impl Given {
    pub fn read(args: &cli::Series) -> Result<Self> {
        let (input, range) = match &*args.series {
            "-" => (standard_input()?, None),
            file if Path::new(file).is_file() => (kmod_os::read(file)?, None),
            range => {
                let range = Range::of(&args.tree, range)?;
                (range.patches()?, Some(range))
            }
        };
        let mut series = Series::parse(&input)?;
        let tree = match range {
            None => Tree::Folder(args.tree.clone()),
            Some(range) => range.tree(&series)?,
        };
        let maintainers = match tree.read("MAINTAINERS") {
            Ok(text) => Maintainers::parse(&text),
            Err(e) => {
                let place = args.tree.join("MAINTAINERS").display().to_string();
                series.problems.push(Problem { place, what: format!("{e}: no owners") });
                Maintainers::default()
            }
        };
        let mut sources = Vec::new();
        for folder in RUST_IN.iter().map(|f| tree.folder().join(f)).filter(|f| f.is_dir()) {
            collect(tree.folder(), &folder, &mut sources)?;
        }
        if sources.is_empty() {
            return Err(Error::NoRust { tree: args.tree.clone() });
        }
        let impact = impact(&series, &Uses::of(&sources), &maintainers, &|path| tree.read(path).ok());
        Ok(Self { series, maintainers, impact, tree })
    }

    /// Whether the tree has this file, before the series.
    pub fn exists(&self, path: &str) -> bool {
        match &self.tree {
            Tree::Folder(folder) => kmod_os::exists(folder.join(path)),
            Tree::Commit { files, .. } => files.contains(path),
        }
    }
}

fn standard_input() -> Result<Vec<u8>> {
    let mut input = Vec::new();
    let error = |source| kmod_os::Error::Io { action: "read", path: PathBuf::from("standard input"), source };
    std::io::stdin().read_to_end(&mut input).map_err(error)?;
    Ok(input)
}

/// The kernel tree before the series.
enum Tree {
    Folder(PathBuf),
    /// Of git: the files that matter here are in a folder of their own, whatever is checked out.
    Commit {
        folder: tempfile::TempDir,
        files: BTreeSet<String>,
    },
}

impl Tree {
    fn folder(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Commit { folder, .. } => folder.path(),
        }
    }

    fn read(&self, path: &str) -> kmod_os::Result<String> {
        kmod_os::read(self.folder().join(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Commits of a git tree, as `git format-patch` takes them: `A..B`, or all since `A`.
struct Range<'a> {
    tree: &'a Path,
    text: String,
    /// The commit before the first.
    base: String,
}

impl<'a> Range<'a> {
    fn of(tree: &'a Path, text: &str) -> Result<Self> {
        let text = if text.contains("..") { text.to_owned() } else { format!("{text}..HEAD") };
        let refuse = |why: String| Error::Range { range: text.clone(), tree: tree.to_owned(), why };
        let listed = git(tree).args(["rev-list", "--reverse", "--no-merges", "--end-of-options", &text]).output()?;
        if !listed.success {
            return Err(refuse(listed.stderr.lines().next().unwrap_or_default().to_owned()));
        }
        let first = listed.stdout.lines().next().ok_or_else(|| refuse("it has no commits".to_owned()))?;
        let parent = git(tree).args(["rev-parse", "--verify", "--quiet", &format!("{first}^")]).output()?;
        if !parent.success {
            return Err(refuse(format!("the commit before {first} is not here")));
        }
        Ok(Self { tree, base: parent.stdout.trim().to_owned(), text })
    }

    fn patches(&self) -> Result<Vec<u8>> {
        let command = git(self.tree).args(["format-patch", "--stdout", "--no-renames", "--end-of-options", &self.text]);
        Ok(command.run()?.into_bytes())
    }

    /// What there is of it before the first commit: Rust, MAINTAINERS, and the files that the series changes.
    fn tree(&self, series: &Series) -> Result<Tree> {
        let listed = git(self.tree).args(["ls-tree", "-r", "--name-only", "-z", "--full-tree", &self.base]).run()?;
        let files: BTreeSet<String> = listed.split_terminator('\0').map(str::to_owned).collect();
        let changed: BTreeSet<&str> = series.changes().filter_map(|change| change.old.as_deref()).collect();
        let wanted = |path: &&String| {
            let rust = path.ends_with(".rs") && RUST_IN.iter().any(|folder| path.starts_with(&format!("{folder}/")));
            rust || is_helper(path) || *path == "MAINTAINERS" || changed.contains(path.as_str())
        };
        let folder = tempfile::tempdir().map_err(|source| kmod_os::Error::Io {
            action: "create a folder in",
            path: std::env::temp_dir(),
            source,
        })?;
        let archive = folder.path().join("tree.tar");
        let paths = files.iter().filter(wanted);
        git(self.tree)
            .args(["archive", "--format=tar", "-o"])
            .arg(&archive)
            .arg(&self.base)
            .arg("--")
            .args(paths)
            .run()?;
        Cmd::new("tar").arg("-C").arg(folder.path()).arg("-xf").arg(&archive).run()?;
        Ok(Tree::Commit { folder, files })
    }
}

fn git(tree: &Path) -> Cmd {
    Cmd::new("git").arg("-C").arg(tree)
}

fn is_helper(path: &str) -> bool {
    path.starts_with("rust/helpers/") && path.ends_with(".c")
}

fn collect(tree: &Path, folder: &Path, into: &mut Vec<Source>) -> Result<()> {
    for path in kmod_os::read_dir(folder)? {
        let name = path.strip_prefix(tree).unwrap_or(&path).display().to_string();
        let extension = path.extension().and_then(|e| e.to_str());
        if extension == Some("rs") || is_helper(&name) {
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
