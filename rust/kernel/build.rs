// SPDX-License-Identifier: GPL-2.0
//! Passes what the kernel's facts say (`kmod_has = "…"`, `CONFIG_*`) on to the compiler; the `bindings` crate found the folder.
use std::{env, fs, path::PathBuf};

fn main() {
    let gen_dir = PathBuf::from(env::var_os("DEP_KMOD_BINDINGS_GEN").expect("the bindings crate sets it"));
    let cfgs = gen_dir.join("cfgs");
    println!("cargo::rerun-if-changed={}", cfgs.display());
    for cfg in fs::read_to_string(&cfgs).expect("cfgs is written beside bindings.rs").lines() {
        println!("cargo::rustc-cfg={cfg}");
    }
}
