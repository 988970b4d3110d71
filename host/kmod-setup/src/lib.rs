// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a machine needs, whether it has it, and how it gets it.
//!
//! [`check`] looks and changes nothing; [`provide`] sets up what may be set up: system programs with apt when run by root,
//! rust-src in the user's cache. What it may not set up becomes an error with the one command to type.
mod needs;
mod programs;
mod provide;

pub use needs::{Check, NEEDS, Need, Scope, check};
pub use programs::programs;
pub use provide::{busybox, provide};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Os(#[from] kmod_os::Error),
    #[error(transparent)]
    Kernel(#[from] kmod_kernel::Error),
    #[error(
        "{} missing\nnext: {command}",
        if missing.len() == 1 { format!("{} is", missing[0]) } else { format!("{} are", missing.join(", ")) }
    )]
    Missing { missing: Vec<String>, command: String },
    #[error("installed {packages}, but {need} still does not work: {why}")]
    StillMissing { need: &'static str, packages: String, why: String },
    #[error(
        "{} needs {name}, which none of the packages that it depends on holds\nnext: name the package that does as well",
        program.display()
    )]
    NoLibrary { name: String, program: std::path::PathBuf },
    #[error("no archive in reach has rust-src {release}: {why}\nnext: rustup component add rust-src, then try again")]
    NoRustSource { release: String, why: String },
}

pub type Result<T> = std::result::Result<T, Error>;
