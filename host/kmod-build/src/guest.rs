// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs for the VM's user space, linked statically: our init, and a driver's tests and demo.
use crate::{Error, Result};
use kmod_os::{Cache, Cmd, Progress};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A target of its own, even when it is the host's: flags then do not reach build scripts and macros.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const STATIC: &str = "-Ctarget-feature=+crt-static";

/// The init of the guest, built once for each state of its source.
pub fn guest_init(guest_dir: &Path, cache: &Cache, progress: &dyn Progress) -> Result<PathBuf> {
    let mut sources = Vec::new();
    for part in ["Cargo.toml", "Cargo.lock", "init", "job"] {
        read_sources(&guest_dir.join(part), &mut sources)?;
    }
    let name = format!("guest/init-{}", crate::hash(sources.iter().map(String::as_str)));
    let dir = cache.entry(name, |dir| -> Result<()> {
        let _task = progress.start("building the guest's init", None);
        let target_dir = cache.path("guest/target");
        // Another SDK's init has the same name there.
        let _target = cache.lock("guest-target")?;
        let manifest = guest_dir.join("Cargo.toml");
        let cargo = cargo(&manifest).args(["build", "--quiet", "--release", "--package", "kmod-init", "--target-dir"]);
        cargo.arg(&target_dir).args(["--manifest-path".as_ref(), manifest.as_os_str()]).run()?;
        kmod_os::copy(target_dir.join(TARGET).join("release/kmod-init"), dir.join("kmod-init"))?;
        Ok(())
    })?;
    Ok(dir.join("kmod-init"))
}

/// The texts of the files at and below `path`.
fn read_sources(path: &Path, texts: &mut Vec<String>) -> Result<()> {
    if path.is_dir() {
        for path in kmod_os::read_dir(path)?.iter().filter(|p| !p.ends_with("target")) {
            read_sources(path, texts)?;
        }
    } else {
        texts.push(kmod_os::read_to_string(path)?);
    }
    Ok(())
}

/// Which programs of a package.
#[derive(Debug, Clone, Copy)]
pub enum Programs<'a> {
    Tests,
    Example(&'a str),
    Examples,
    Binaries,
}

/// Builds programs of a package, such as a driver's tests, and returns each with its name.
///
/// A driver's library, and with it the `kernel` crate, is compiled along for the host, with the module's `bindings`.
pub fn guest_programs(
    manifest: &Path,
    programs: Programs,
    bindings: Option<&Path>,
    locked: bool,
    offline: bool,
    progress: &dyn Progress,
) -> Result<Vec<(String, PathBuf)>> {
    let _task = progress.start("building the programs for the guest", None);
    let flags = [(locked, "--locked"), (offline, "--offline")].into_iter().filter_map(|(on, flag)| on.then_some(flag));
    // `cargo test` would put a test harness in the place of an example's `main`.
    let targets: &[&str] = match programs {
        Programs::Tests => &["test", "--no-run", "--test", "*"],
        Programs::Example(name) => &["build", "--example", name],
        Programs::Examples => &["build", "--examples"],
        Programs::Binaries => &["build", "--release", "--bins"],
    };
    let printed = cargo(manifest)
        .args(targets)
        .args(["--quiet", "--message-format=json-render-diagnostics"])
        .args(flags)
        .args(["--manifest-path".as_ref(), manifest.as_os_str()])
        .envs(bindings.map(|dir| ("KMOD_GEN", dir)))
        .output()?;
    if !printed.success {
        return Err(Error::Programs { manifest: manifest.to_owned(), stderr: printed.stderr });
    }
    #[derive(Deserialize)]
    struct Message {
        target: Option<Target>,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let mut programs = Vec::new();
    for line in printed.stdout.lines().filter(|l| l.starts_with('{')) {
        let message: Message = serde_json::from_str(line).map_err(|e| Error::CargoMessage { why: e.to_string() })?;
        if let (Some(target), Some(program)) = (message.target, message.executable) {
            programs.push((target.name, program));
        }
    }
    Ok(programs)
}

fn cargo(manifest: &Path) -> Cmd {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Cmd::new(program)
        .dir(manifest.parent().unwrap_or(Path::new(".")))
        .env("CARGO_BUILD_TARGET", TARGET)
        .env("CARGO_ENCODED_RUSTFLAGS", STATIC)
        .env("RUSTC_BOOTSTRAP", "1")
}
