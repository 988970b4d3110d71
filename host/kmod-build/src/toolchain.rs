// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Rust compiler in use and the source of its `core`.
use crate::{Error, Result};
use kmod_os::{Cache, Cmd};
use std::path::{Path, PathBuf};

/// The oldest compiler that builds the in-kernel crates.
pub const MINIMUM: Version = Version { major: 1, minor: 88 };

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

#[derive(Debug, Clone)]
pub struct Toolchain {
    /// What `rustc -vV` prints: it identifies the compiler to the bit.
    pub identity: String,
    pub version: Version,
    pub sysroot: PathBuf,
}

impl Toolchain {
    /// The `rustc` that cargo would use from the folder `dir` (rustup chooses by folder).
    pub fn find(dir: &Path) -> Result<Self> {
        let identity = rustc(dir).arg("-vV").run()?;
        let release = identity.lines().find_map(|l| l.strip_prefix("release: ")).unwrap_or_default().to_owned();
        let version = parse(&release).ok_or_else(|| Error::RustcVersion { found: identity.clone() })?;
        if version < MINIMUM {
            return Err(Error::RustcTooOld { found: release, minimum: MINIMUM });
        }
        let sysroot = rustc(dir).args(["--print", "sysroot"]).run()?;
        Ok(Self { identity, version, sysroot: PathBuf::from(sysroot.trim()) })
    }

    /// `1.95.0`
    pub fn release(&self) -> &str {
        self.identity.lines().find_map(|l| l.strip_prefix("release: ")).unwrap_or_default()
    }

    /// The folder `library` of the compiler's own source: rustup's component, a distribution's package, or the cache.
    pub fn library(&self, cache: &Cache) -> Result<PathBuf> {
        let release = self.release();
        let tried = vec![
            self.sysroot.join("lib/rustlib/src/rust/library"),
            PathBuf::from(format!("/usr/src/rustc-{release}/library")),
            cache.path(format!("rust-src/rustc-{release}/library")),
        ];
        let found = tried.iter().find(|dir| kmod_os::exists(dir.join("core/src/lib.rs")));
        found.cloned().ok_or_else(|| Error::NoRustSource { release: release.to_owned(), tried })
    }
}

/// `rustc`, or what `RUSTC` names, allowed to use the unstable options that kernel code needs.
pub(crate) fn rustc(dir: &Path) -> Cmd {
    let program = std::env::var_os("RUSTC").filter(|v| !v.is_empty()).unwrap_or_else(|| "rustc".into());
    Cmd::new(program).env("RUSTC_BOOTSTRAP", "1").dir(dir)
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

fn parse(release: &str) -> Option<Version> {
    let mut parts = release.split('.').map(|p| p.parse().ok());
    Some(Version { major: parts.next()??, minor: parts.next()?? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_releases() {
        assert_eq!(parse("1.95.0"), Some(Version { major: 1, minor: 95 }));
        assert_eq!(parse("1.97.0-nightly"), Some(Version { major: 1, minor: 97 }));
        assert_eq!(parse("rustc"), None);
        assert!(parse("1.87.1").unwrap() < MINIMUM);
    }
}
