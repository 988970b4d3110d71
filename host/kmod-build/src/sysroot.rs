// SPDX-License-Identifier: MIT OR Apache-2.0
//! `core`, compiled once for each compiler and set of flags, in a sysroot in the cache.
//!
//! Plain rustc rather than cargo's `-Zbuild-std` (or the crate rustc-build-sysroot, which drives it): that wants the whole
//! of rust-src with its vendored dependencies and builds `alloc` and `compiler_builtins` too, which a kernel module must
//! not use. `core` is one crate without dependencies.
use crate::{
    Error, Result,
    codegen::{self, Codegen},
    toolchain::{Toolchain, rustc},
};
use kmod_kernel::Kernel;
use kmod_os::{Cache, Progress};
use std::path::{Path, PathBuf};

/// Bitcode, so that link-time optimisation of a module drops what it does not use.
const OPTIONS: &[&str] = &[
    "-Copt-level=2",
    "-Cpanic=abort",
    "-Cembed-bitcode=yes",
    "-Cdebuginfo=0",
    "--cap-lints=allow",
    "-Zforce-unstable-if-unmarked",
];

/// A folder that `rustc --sysroot` takes, and the target specification in it.
#[derive(Debug, Clone)]
pub struct Sysroot {
    pub dir: PathBuf,
    pub spec: PathBuf,
    pub codegen: Codegen,
}

impl Sysroot {
    /// The sysroot for `kernel`, built if the cache does not have it.
    pub fn for_kernel(kernel: &Kernel, toolchain: &Toolchain, cache: &Cache, progress: &dyn Progress) -> Result<Self> {
        let base = codegen::base_target(kernel.arch);
        let identity = crate::hash([toolchain.identity.as_str()]);
        // Asking rustc takes a tenth of a second: remember its answer.
        let specs = cache.entry(format!("target-spec/{identity}-{base}"), |dir| -> Result<()> {
            let print =
                rustc(cache.root()).args(["-Zunstable-options", "--print", "target-spec-json", "--target", base]);
            Ok(kmod_os::write(dir.join("spec.json"), print.run()?)?)
        })?;
        let spec = kmod_os::read_to_string(specs.join("spec.json"))?;
        let config = kernel.config()?;
        let codegen = codegen::codegen(kernel.arch, &spec, toolchain.version, |name| config.get(name))?;
        // The path is one of rustc's flags: a core that is compiled in another way makes cargo build everything again.
        let key = crate::hash([toolchain.identity.as_str()].into_iter().chain(OPTIONS.iter().copied()));
        let dir = cache.entry(format!("sysroot/{}-{key}", codegen.tuple), |dir| {
            let _task = progress.start("compile core for this kernel's flags", None);
            build(dir, &codegen, toolchain, cache)
        })?;
        Ok(Self { spec: spec_path(&dir, &codegen), dir, codegen })
    }

    /// The flags of every crate built against this sysroot.
    pub fn flags(&self) -> Vec<String> {
        let sysroot = format!("--sysroot={}", self.dir.display());
        self.codegen.flags.iter().cloned().chain([sysroot]).collect()
    }
}

fn spec_path(dir: &Path, codegen: &Codegen) -> PathBuf {
    dir.join(format!("{}.json", codegen.tuple))
}

fn build(dir: &Path, codegen: &Codegen, toolchain: &Toolchain, cache: &Cache) -> Result<()> {
    let source = toolchain.library(cache)?.join("core");
    let manifest: toml::Table = parse_manifest(&source.join("Cargo.toml"))?;
    let edition = manifest.get("package").and_then(|p| p.get("edition")).and_then(|e| e.as_str()).unwrap_or("2021");
    let spec = spec_path(dir, codegen);
    kmod_os::write(&spec, &codegen.spec)?;
    let out = dir.join("lib/rustlib").join(&codegen.tuple).join("lib");
    kmod_os::create_dir_all(&out)?;

    let compile = |name: &str, root: &Path, edition: &str| {
        let command = rustc(dir)
            .args(["--crate-name", name, "--crate-type", "rlib", "--edition", edition])
            .arg(root)
            .arg("--target")
            .arg(&spec)
            .arg("--out-dir")
            .arg(&out)
            .arg(format!("--sysroot={}", dir.display()))
            .args(OPTIONS)
            .args(&codegen.flags);
        command.run().map_err(|source| Error::Core { source })
    };
    compile("core", &source.join("src/lib.rs"), edition)?;
    // rustc wants a crate of this name for every static library. The kernel has memcpy and its like; what else a module
    // calls (128-bit division, floats) is refused by the static check.
    let empty = dir.join("compiler_builtins.rs");
    kmod_os::write(&empty, "#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_std]\n")?;
    compile("compiler_builtins", &empty, "2021").map(drop)
}

fn parse_manifest(path: &Path) -> Result<toml::Table> {
    let text = kmod_os::read_to_string(path)?;
    text.parse().map_err(|source| Error::Manifest { path: path.to_owned(), source: Box::new(source) })
}
