// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which QEMU there is, and what is known to go wrong between it and a kernel.
use crate::{Error, Result};
use kmod_os::Cmd;
use serde::Deserialize;

#[derive(Debug, Clone)]
pub struct Qemu {
    pub program: String,
    pub version: (u32, u32, u32),
}

/// A pair of QEMU and kernel known to fail, and the kernel parameter that avoids it: `quirks.toml`.
#[derive(Debug, Clone, Deserialize)]
pub struct Quirk {
    /// QEMU versions below this one have it.
    pub qemu_below: [u32; 2],
    /// Kernel releases that start so have it.
    pub kernels: Vec<String>,
    /// Only under emulation.
    pub emulated: bool,
    pub append: String,
    pub why: String,
}

impl Qemu {
    pub fn find(program: &str) -> Result<Self> {
        let missing = |_| Error::NoQemu { program: program.to_owned() };
        let printed = Cmd::new(program).arg("--version").output().map_err(missing)?.stdout;
        let unknown = || Error::QemuVersion { program: program.to_owned(), printed: printed.clone() };
        let version = printed.split_whitespace().skip_while(|w| *w != "version").nth(1).ok_or_else(unknown)?;
        let mut numbers = version.split('.').map(|n| n.parse::<u32>());
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor)), patch) => {
                let patch = patch.and_then(|p| p.ok()).unwrap_or(0);
                Ok(Self { program: program.to_owned(), version: (major, minor, patch) })
            }
            _ => Err(unknown()),
        }
    }

    /// What is known of this QEMU with a kernel of this release.
    pub fn quirks(&self, release: &str, emulated: bool) -> Vec<Quirk> {
        #[derive(Deserialize)]
        struct File {
            quirk: Vec<Quirk>,
        }
        let file: File = toml::from_str(include_str!("../quirks.toml")).expect("checked by a test");
        let fits = |quirk: &Quirk| {
            (self.version.0, self.version.1) < (quirk.qemu_below[0], quirk.qemu_below[1])
                && (emulated || !quirk.emulated)
                && quirk.kernels.iter().any(|k| release.starts_with(k.as_str()))
        };
        file.quirk.into_iter().filter(fits).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Qemu;

    #[test]
    fn the_bad_pair_is_known_and_only_it() {
        let qemu = |major, minor| Qemu { program: "qemu".into(), version: (major, minor, 0) };
        assert_eq!(qemu(7, 2).quirks("6.12.95+deb12-cloud-amd64", true).len(), 1);
        assert!(qemu(7, 2).quirks("6.1.0-56-cloud-amd64", true).is_empty());
        assert!(qemu(7, 2).quirks("6.12.95+deb12-cloud-amd64", false).is_empty());
        assert!(qemu(10, 0).quirks("6.12.95+deb12-cloud-amd64", true).is_empty());
    }
}
