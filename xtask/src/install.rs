// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a person without the repository has: the installed command, and new drivers from each template.
use crate::{host::cargo, root, tally::Tally};
use anyhow::{Context, Result};
use kmod_os::Cmd;
use std::path::Path;

const TEMPLATES: [&str; 5] = ["misc", "pci", "platform", "block", "configfs"];

pub fn run(tally: &mut Tally, kernels: &[String]) -> Result<()> {
    tally.heading("the installed command, and a new driver from each template");
    let temporary = kmod_os::temp_dir()?;
    let installed = temporary.path().join("installed");
    // As `cargo install --path host/cargo-kmod` does it, unoptimised, from what the workspace has compiled.
    let install = cargo("").args(["install", "--quiet", "--locked", "--debug", "--path", "host/cargo-kmod", "--root"]);
    install.arg(&installed).arg("--target-dir").arg(root().join("target")).run()?;
    let path = std::env::var("PATH").context("PATH is set")?;
    let path = format!("{}:{path}", installed.join("bin").display());
    let target_dir = temporary.path().join("target");
    let command = |dir: &Path, args: &[&str]| {
        let command = Cmd::new("cargo").dir(dir).args(args).env("PATH", &path).env("CARGO_TARGET_DIR", &target_dir);
        command.run().map(drop).map_err(|e| e.to_string())
    };
    for template in TEMPLATES {
        let name = format!("new-{template}");
        let dir = temporary.path().join(&name);
        let new = command(temporary.path(), &["kmod", "new", &name, "--template", template]);
        let made = new.is_ok();
        tally.result(&format!("cargo kmod new --template {template}"), new);
        if !made {
            continue;
        }
        for kernel in kernels {
            let tested = command(&dir, &["kmod", "test", "--kernel", kernel]);
            tally.result(&format!("{name}: cargo kmod test on {kernel}"), tested);
        }
        // Plain cargo, and so rust-analyzer, once `cargo kmod` was there.
        tally.result(&format!("{name}: cargo check"), command(&dir, &["check", "--all-targets"]));
    }
    Ok(())
}
