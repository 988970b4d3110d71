// SPDX-License-Identifier: MIT OR Apache-2.0
//! Setting up what is missing.
use crate::{Check, Error, Result, Scope, check, needs::toolchain};
use kmod_kernel::Archive;
use kmod_os::{Cache, Cmd, Progress};
use std::path::PathBuf;

/// Suites that carry a rust-src package, the likeliest first.
const RUST_SUITES: &[&str] = &["trixie-backports", "bookworm", "trixie", "sid"];

/// Sets up what `scope` needs and this machine lacks. Does nothing, and asks nobody, when all is there.
pub fn provide(scope: Scope, cache: &Cache, progress: &dyn Progress) -> Result<()> {
    let missing: Vec<Check> = check(scope, cache).into_iter().filter(|c| c.yours.is_err()).collect();
    let (packaged, other): (Vec<_>, Vec<_>) = missing.into_iter().partition(|c| !c.need.packages.is_empty());
    if !packaged.is_empty() {
        install(&packaged, cache, progress)?;
    }
    for check in other {
        match check.need.name {
            "rust-src" if toolchain().is_ok() => rust_source(cache, progress)?,
            name => {
                let missing = vec![format!("{name} ({})", check.yours.err().unwrap_or_default())];
                return Err(Error::Missing { missing, command: check.need.how.to_owned() });
            }
        }
    }
    Ok(())
}

fn install(missing: &[Check], cache: &Cache, progress: &dyn Progress) -> Result<()> {
    let names = || missing.iter().map(|c| format!("{} ({})", c.need.name, c.need.needed)).collect::<Vec<_>>();
    let packages: Vec<_> = missing.iter().map(|c| available(c.need.packages)).collect();
    let command = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !rustix::process::geteuid().is_root() {
        return Err(Error::Missing { missing: names(), command: format!("sudo {command}") });
    }
    if Cmd::new("apt-get").arg("--version").output().is_err() {
        let how = missing.iter().map(|c| c.need.how).collect::<Vec<_>>().join("; ");
        return Err(Error::Missing { missing: names(), command: how });
    }
    let task = progress.start(&format!("installing {}", packages.join(", ")), None);
    let apt = || Cmd::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
    apt().arg("update").run()?;
    // The lists are new now: another candidate may be the first that the archive has.
    let packages: Vec<_> = missing.iter().map(|c| available(c.need.packages)).collect();
    apt().args(["install", "--yes", "--no-install-recommends"]).args(&packages).run()?;
    drop(task);
    for check in crate::check(Scope::Tests, cache) {
        if let (Err(why), true) = (&check.yours, missing.iter().any(|m| m.need.name == check.need.name)) {
            let (need, packages) = (check.need.name, packages.join(", "));
            return Err(Error::StillMissing { need, packages, why: why.clone() });
        }
    }
    Ok(())
}

/// The first of `candidates` that apt knows.
fn available(candidates: &[&'static str]) -> &'static str {
    let known = |name: &&&str| {
        let shown = Cmd::new("apt-cache").args(["show", "--no-all-versions", name]).output();
        shown.is_ok_and(|o| o.success && !o.stdout.is_empty())
    };
    candidates.iter().find(known).unwrap_or(&candidates[candidates.len() - 1])
}

/// rust-src of the compiler's version: by rustup, else from the distribution's archive into the cache.
fn rust_source(cache: &Cache, progress: &dyn Progress) -> Result<()> {
    let Ok(toolchain) = toolchain() else { return Ok(()) };
    let release = toolchain.release().to_owned();
    let task = progress.start("rustup component add rust-src", None);
    let rustup = Cmd::new("rustup").args(["component", "add", "rust-src"]).output();
    drop(task);
    if rustup.is_ok_and(|o| o.success) && toolchain.library(cache).is_ok() {
        return Ok(());
    }
    let no = |why: String| Error::NoRustSource { release: release.clone(), why };
    let archive = Archive::new(cache, progress);
    let version = archive
        .versions(RUST_SUITES, "rust-src")?
        .into_iter()
        .find(|v| v.split_once('+').map_or(v.as_str(), |(upstream, _)| upstream) == release)
        .ok_or_else(|| no("it has other versions only".into()))?;
    cache.entry(format!("rust-src/rustc-{release}"), |dir| -> Result<()> {
        let root = archive.fetch(RUST_SUITES, "rust-src", Some(&version), &dir.join("package"))?;
        let source = root.join(format!("usr/src/rustc-{release}/library"));
        kmod_os::rename(source, dir.join("library"))?;
        Ok(kmod_os::remove_dir_all(dir.join("package"))?)
    })?;
    Ok(())
}

/// A static busybox, for a shell in the guest.
pub fn busybox(cache: &Cache, progress: &dyn Progress) -> Result<PathBuf> {
    let dir = cache.entry("busybox", |dir| -> Result<()> {
        let archive = Archive::new(cache, progress);
        let root = archive.fetch(&["bookworm", "trixie"], "busybox-static", None, &dir.join("package"))?;
        // Debian 13 moved /bin into /usr/bin.
        let merged = root.join("usr/bin/busybox");
        let program = if kmod_os::exists(&merged) { merged } else { root.join("bin/busybox") };
        Ok(kmod_os::rename(program, dir.join("busybox"))?)
    })?;
    Ok(dir.join("busybox"))
}
