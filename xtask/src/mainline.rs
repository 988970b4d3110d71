// SPDX-License-Identifier: MIT OR Apache-2.0
//! Mainline's own source, for testing against: others' GPL text, kept in the cache and never committed.
use anyhow::{Context, Result};
use kmod_kernel::Archive;
use kmod_os::{Cache, Cmd, Progress, Task};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

/// The release whose API the `kernel` crate follows.
const PACKAGE: &str = "linux-source-7.3";
const SUITES: &[&str] = &["trixie-backports"];
/// What is unpacked of it: the samples, drivers in Rust, what a driver's crate is checked against, and what tells who maintains what.
const PARTS: &[&str] = &[
    "samples/rust",
    "drivers/block/rnull",
    "drivers/cpufreq/rcpufreq_dt.rs",
    "drivers/gpu/drm/drm_panic_qr.rs",
    "drivers/net/phy/ax88796b_rust.rs",
    "drivers/net/phy/qt2025.rs",
    "drivers/pwm/pwm_th1520.rs",
    "lib/find_bit_benchmark_rust.rs",
    "rust",
    "include",
    "arch/x86/include",
    "drivers/android/binder",
    "drivers/base/base.h",
    "init/Kconfig",
    "scripts/Makefile.build",
    "Makefile",
    "MAINTAINERS",
];

/// The folder of the unpacked source, fetched once (about 170 MB).
pub fn tree() -> Result<PathBuf> {
    let cache = Cache::of_user()?;
    let mut parts = DefaultHasher::new();
    PARTS.hash(&mut parts);
    let tree = cache.entry(format!("mainline/{PACKAGE}-{:x}", parts.finish()), |dir| -> Result<()> {
        let package = Archive::new(&cache, &Lines).fetch(SUITES, PACKAGE, None, &dir.join("package"))?;
        let archive = package.join(format!("usr/src/{PACKAGE}.tar.xz"));
        let _task = Lines.start("unpacking", None);
        let parts = PARTS.iter().map(|part| format!("{PACKAGE}/{part}"));
        Cmd::new("tar").arg("-C").arg(dir).arg("--strip-components=1").arg("-xf").arg(&archive).args(parts).run()?;
        Ok(kmod_os::remove_dir_all(dir.join("package"))?)
    });
    tree.context("mainline's source cannot be fetched")
}

pub fn samples(tree: &Path, to: &Path) -> Result<()> {
    kmod_os::create_dir_all(to)?;
    for entry in std::fs::read_dir(tree.join("samples/rust"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "rs") {
            kmod_os::copy(&path, to.join(path.file_name().context("a file has a name")?))?;
        }
    }
    Ok(())
}

/// Each doc example as a file, and `index.tsv`, which names its module and what is done with it.
pub fn doctests(tree: &Path, to: &Path) -> Result<()> {
    let mut index = "name\tmodule\tkind\n".to_owned();
    for example in kmod_build::examples::of_crate(&tree.join("rust/kernel/lib.rs"))? {
        let file = format!("{}.rs", example.name);
        kmod_os::write(to.join(&file), &example.text)?;
        let kind = if example.compile_only { "no_run" } else { "run" };
        index += &format!("{file}\t{}\t{kind}\n", example.module);
    }
    Ok(kmod_os::write(to.join("index.tsv"), index)?)
}

/// Progress as lines on stderr.
pub struct Lines;

impl Progress for Lines {
    fn start(&self, what: &str, _total: Option<u64>) -> Box<dyn Task> {
        eprintln!("{what}");
        Box::new(kmod_os::Silent)
    }

    fn note(&self, line: &str) {
        eprintln!("{line}");
    }
}
