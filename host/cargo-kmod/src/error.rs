// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every error of the command, and the exit code that it means.
use crate::exit::Exit;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Os(#[from] kmod_os::Error),
    #[error(transparent)]
    Kernel(#[from] kmod_kernel::Error),
    #[error(transparent)]
    Build(#[from] kmod_build::Error),
    #[error(transparent)]
    Vm(#[from] kmod_vm::Error),
    #[error(transparent)]
    Count(#[from] kmod_bench::Error),
    #[error(transparent)]
    Setup(#[from] kmod_setup::Error),
    #[error(transparent)]
    Patch(#[from] kmod_boundary::patch::Error),
    #[error(transparent)]
    Rule(#[from] kmod_boundary::rules::RuleError),
    #[error("the policy file is not understood\nnext: compare rules/policy/stances.toml")]
    Policy(#[from] toml::de::Error),
    #[error("{}: no Rust in this tree\nnext: name a kernel tree with --tree", tree.display())]
    NoRust { tree: PathBuf },
    #[error("{}: `{range}`: {why}\nnext: name a file, `-` for standard input, or commits as A..B", tree.display())]
    Range { range: String, tree: PathBuf, why: String },
    #[error("{}: {why}\nnext: give a whole .btf file, such as /sys/kernel/btf/vmlinux, or a kernel's image", path.display())]
    Btf { path: PathBuf, why: String },
    #[error("`{driver}` uses what {kernel} has not:\n{}", findings.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
    Drift {
        driver: String,
        kernel: String,
        /// A line each.
        findings: Vec<String>,
    },
    #[error("cannot read the cargo workspace of this folder")]
    Metadata(#[from] cargo_metadata::Error),
    #[error("no package `{name}` here\nnext: -p with one of: {known}")]
    NoPackage { name: String, known: String },
    #[error("this folder holds no driver\nnext: -p with one of: {known}; or name a .rs file")]
    NoDriver { known: String },
    #[error("[package.metadata.kmod] of {} is not understood: {why}", manifest.display())]
    BadMetadata { manifest: PathBuf, why: String },
    #[error("`{driver}` cannot be on {kernel}: {why}")]
    Absent { driver: String, kernel: String, why: String },
    #[error("{error}\n{}", hints.iter().map(|hint| format!("  - {hint}")).collect::<Vec<_>>().join("\n"))]
    Lacking {
        error: kmod_build::Error,
        /// What this kernel lacks, and which have it.
        hints: Vec<String>,
    },
    #[error("--image is for one kernel, given by its path; the image of `{id}` is known")]
    Image { id: String },
    #[error("{}: {why}\nnext: run `cargo kmod matrix`", path.display())]
    Stale { path: PathBuf, why: String },
    #[error("{}: no such file\nnext: name an existing .rs file, or a package with -p", path.display())]
    NoFile { path: PathBuf },
    #[error("{} is stale: {why}\nnext: run `cargo kmod contract --out {}`", path.display(), path.parent().unwrap_or(path).display())]
    StaleContract { path: PathBuf, why: String },
    #[error("{}: not a git tree\nnext: name a clone of a kernel tree with --git", tree.display())]
    NoGit { tree: PathBuf },
    #[error("{}: a shallow clone, whose history is cut off\nnext: git -C {} fetch --unshallow", tree.display(), tree.display())]
    Shallow { tree: PathBuf },
    #[error(transparent)]
    History(#[from] kmod_boundary::report::history::Error),
    #[error("{}: no crate here, for it has no lib.rs\nnext: name the folder of its sources, as rust/kernel", path.display())]
    NoCrate { path: PathBuf },
    #[error("{}: no such file or folder\nnext: name the drivers with --users", path.display())]
    NoUsers { path: PathBuf },
    #[error("{}: no such header\nnext: name an existing .h file, a kernel's id or a build tree", path.display())]
    NoHeader { path: PathBuf },
    #[error("{0}\nnext: give a header that includes all it needs, as `clang -fsyntax-only -xc` takes it")]
    Header(kmod_kernel::Error),
    #[error("{name:?} cannot be a driver's name: {why}\nnext: choose another, such as my_driver")]
    Name { name: String, why: &'static str },
    #[error("{} exists\nnext: choose another folder with --path, or remove it", path.display())]
    Exists { path: PathBuf },
    #[error("this measures drivers/ and bench/ of cargo-kmod's repository\nnext: run it there")]
    NoRepository,
    #[error(
        "{module} did not pass its boot: {verdict}\nnext: cargo kmod run -p with its driver, which shows what goes wrong"
    )]
    Bench { module: String, verdict: &'static str },
    #[error(
        "the folders rust/, guest/, kernels/ and templates/ are not here, and this cargo-kmod was built without them\nnext: run it in the repository, or `cargo install` it with its default features"
    )]
    NoSdk,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn exit(&self) -> Exit {
        match self {
            Error::Build(e) => match e {
                kmod_build::Error::Os(_) | kmod_build::Error::Kernel(_) => Exit::Infra,
                kmod_build::Error::NoTree { .. } => Exit::Usage,
                _ => Exit::BuildFailed,
            },
            Error::Absent { .. } | Error::Lacking { .. } | Error::Drift { .. } => Exit::BuildFailed,
            Error::Image { .. } => Exit::Usage,
            Error::Stale { .. } | Error::StaleContract { .. } => Exit::TestFailed,
            Error::Kernel(
                kmod_kernel::Error::UnknownKernel { .. }
                | kmod_kernel::Error::Tree { .. }
                | kmod_kernel::Error::Image { .. },
            ) => Exit::Usage,
            Error::NoHeader { .. }
            | Error::NoCrate { .. }
            | Error::NoGit { .. }
            | Error::Shallow { .. }
            | Error::History(_)
            | Error::NoUsers { .. }
            | Error::Btf { .. }
            | Error::Range { .. }
            | Error::Header(_) => Exit::Usage,
            Error::Patch(_) | Error::Policy(_) | Error::NoRust { .. } => Exit::Usage,
            Error::Metadata(_) | Error::NoPackage { .. } | Error::NoDriver { .. } => Exit::Usage,
            Error::Name { .. } | Error::Exists { .. } | Error::NoRepository => Exit::Usage,
            Error::BadMetadata { .. } | Error::NoFile { .. } => Exit::Usage,
            Error::Vm(kmod_vm::Error::Device { .. }) => Exit::Usage,
            _ => Exit::Infra,
        }
    }
}
