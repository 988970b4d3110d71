// SPDX-License-Identifier: GPL-2.0
//! Finds the bindings that `cargo kmod` generated: `KMOD_GEN` while it builds, else those of the last kernel built for
//! (so that plain `cargo check` and rust-analyzer work too).
use std::{env, fs, path::PathBuf};

const FILES: [&str; 2] = ["bindings.rs", "failing.rs"];

fn main() {
    for name in ["KMOD_GEN", "CARGO_KMOD_CACHE", "XDG_CACHE_HOME"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let gen_dir = var("KMOD_GEN")
        .or_else(last)
        .filter(|dir| FILES.iter().all(|name| dir.join(name).exists()))
        .expect("no generated bindings: run `cargo kmod check` once, which makes them for a kernel");
    // rust-analyzer reads a file that is included only if it lies here.
    let out_dir = var("OUT_DIR").expect("cargo sets it");
    for name in FILES {
        let file = gen_dir.join(name);
        println!("cargo::rerun-if-changed={}", file.display());
        fs::copy(&file, out_dir.join(name)).expect("the folder is this script's own");
    }
    println!("cargo::metadata=gen={}", gen_dir.display());
}

/// The folder that the last build wrote down: a file, whose time tells cargo that another kernel is meant now.
fn last() -> Option<PathBuf> {
    let file = cache()?.join("last-bindings");
    println!("cargo::rerun-if-changed={}", file.display());
    Some(fs::read_to_string(file).ok()?.into())
}

/// Where `cargo kmod` keeps what it makes.
fn cache() -> Option<PathBuf> {
    let of_user = || Some(var("XDG_CACHE_HOME").or_else(|| Some(env::home_dir()?.join(".cache")))?.join("cargo-kmod"));
    var("CARGO_KMOD_CACHE").or_else(of_user)
}

fn var(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
