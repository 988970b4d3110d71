// SPDX-License-Identifier: GPL-2.0
//! Finds the bindings that `cargo kmod` generated: `KMOD_GEN` while it builds, else those of the last kernel built for
//! (so that plain `cargo check` and rust-analyzer work too).
use std::{env, path::PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=KMOD_GEN");
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(env::home_dir()?.join(".cache")));
    let gen_dir = env::var_os("KMOD_GEN")
        .map(PathBuf::from)
        .or_else(|| Some(cache?.join("cargo-kmod/current")))
        .filter(|dir| dir.join("bindings.rs").exists())
        .expect("no generated bindings: run `cargo kmod check` once, which makes them for a kernel");
    println!("cargo::rerun-if-changed={}", gen_dir.join("bindings.rs").display());
    println!("cargo::rustc-env=KMOD_BINDINGS={}", gen_dir.join("bindings.rs").display());
    println!("cargo::metadata=gen={}", gen_dir.display());
}
