// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can go wrong in a build: what, where, why and the next step.
use crate::{api::Lacking, check::Finding, toolchain::Version};
use std::{collections::BTreeSet, path::PathBuf};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error(transparent)]
    Os(#[from] kmod_os::Error),
    #[error(transparent)]
    Kernel(#[from] kmod_kernel::Error),
    #[error("cannot tell the version of rustc; `rustc -vV` says: {found}")]
    RustcVersion { found: String },
    #[error("rustc {found} is too old: the kernel crate needs {minimum} or later; update it (`rustup update`)")]
    RustcTooOld { found: String, minimum: Version },
    #[error(
        "the source of Rust's core library for rustc {release} is not there; add it with `rustup component add rust-src`, \
         or install your distribution's rust-src package of this version; `cargo kmod doctor` tells what else is missing\n\
         looked in: {}",
        list(tried)
    )]
    NoRustSource { release: String, tried: Vec<PathBuf> },
    #[error("rustc's specification of the target {target} is not understood: {why}")]
    TargetSpec { target: &'static str, why: String },
    #[error("rustc could not compile its own core library for this kernel's flags; is rust-src of the same version?")]
    Core { source: kmod_os::Error },
    #[error("{} is not Rust: {why}", path.display())]
    Lex { path: PathBuf, why: String },
    #[error("cannot read the workspace of {}", manifest.display())]
    Metadata { manifest: PathBuf, source: Box<cargo_metadata::Error> },
    #[error(
        "{}: no package {}in this workspace; it has: {}",
        manifest.display(),
        name.as_ref().map(|n| format!("`{n}` ")).unwrap_or_default(),
        members.join(", ")
    )]
    NoPackage { manifest: PathBuf, name: Option<String>, members: Vec<String> },
    #[error("package `{package}` has no library: a driver is a library crate (`src/lib.rs`) with a `module!` in it")]
    NoLibrary { package: String },
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: &'static str },
    #[error(
        "cargo could not build `{package}` ({status}); its messages above tell why{}",
        hints.iter().map(|hint| format!("\n  - {hint}")).collect::<String>()
    )]
    Cargo {
        package: String,
        status: std::process::ExitStatus,
        hints: BTreeSet<String>,
        /// Items of the `kernel` crate that the messages name and this kernel does not offer.
        lacking: Vec<Lacking>,
    },
    #[error(
        "the crate `{krate}` needs Rust's `{needed}` library, which a kernel does not have: use a `no_std` crate instead, or \
         turn its `{needed}` feature off (`default-features = false`)"
    )]
    NeedsStd { krate: String, needed: &'static str },
    #[error("{} is not an object that can be linked: {why}", path.display())]
    Object { path: PathBuf, why: String },
    #[error("kbuild cannot work in {}: make does not take blanks, `:` or `#` in a path; choose another `--target-dir`", path.display())]
    FolderName { path: PathBuf },
    #[error("the kernel's build system could not make the module\n{tail}\nto see all of it: {command}")]
    Kbuild { command: String, tail: String },
    #[error(transparent)]
    Query(kmod_kernel::QueryError),
    #[error("a C helper asks KMOD_HAS({question}): it is (kind, name), or KMOD_HAS2 (kind, a, b)")]
    HelperQuestion { question: String },
    #[error("bindgen cannot read the kernel's headers: {why}")]
    Bindgen { why: String },
    #[error(
        "the headers of {release} do not describe the kernel that its type information (BTF) describes; are they of the \
         same version?\n{}",
        wrong.iter().map(|m| format!("  {}: {} in the headers, {} in the kernel", m.what, m.ours, m.kernel)).collect::<Vec<_>>().join("\n")
    )]
    Layout { release: String, wrong: Vec<kmod_kernel::btf::Mismatch> },
    #[error("{release} would not take the module {module}:\n{}", bullets(findings))]
    Refused { module: String, release: String, findings: Vec<Finding> },
    #[error(
        "objtool found code in {module} that the kernel could not unwind or patch; this is a fault of the build's flags or of \
         inline assembly\n{}",
        bullets(warnings)
    )]
    Objtool { module: String, warnings: Vec<String> },
    #[error("{} is not a valid manifest", path.display())]
    Manifest { path: PathBuf, source: Box<toml::de::Error> },
    #[error("cargo printed a message that is not understood: {why}")]
    CargoMessage { why: String },
    #[error("{}: cargo could not build the programs that run in the guest:\n{stderr}", manifest.display())]
    Programs { manifest: PathBuf, stderr: String },
    #[error("{} is no source tree of a kernel with Rust: {what}\nnext: name one with --tree", path.display())]
    NoTree { path: PathBuf, what: &'static str },
    #[error("cargo could not check `{package}`:\n{stderr}")]
    Check { package: String, stderr: String },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn bullets(items: &[impl std::fmt::Display]) -> String {
    items.iter().map(|item| format!("  - {item}")).collect::<Vec<_>>().join("\n")
}
