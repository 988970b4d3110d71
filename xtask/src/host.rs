// SPDX-License-Identifier: MIT OR Apache-2.0
//! What needs no kernel: formatting, lints, and the tests of each workspace.
use crate::{root, tally::Tally};
use anyhow::{Context, Result};
use kmod_os::Cmd;

/// Each workspace's folder, and the packages whose tests run on the host.
const WORKSPACES: &[(&str, &[&str])] =
    &[("", &["--workspace"]), ("guest", &["--workspace"]), ("rust", &["--package", "pin-init", "--package", "macros"])];

pub fn run(tally: &mut Tally) -> Result<()> {
    tally.heading("formatting and lints");
    for folder in ["", "guest", "rust", "drivers"] {
        let name = if folder.is_empty() { "." } else { folder };
        tally.result(&format!("rustfmt {name}"), check(cargo(folder).args(["fmt", "--all", "--check"])));
    }
    for folder in ["", "guest"] {
        let name = if folder.is_empty() { "." } else { folder };
        let clippy = cargo(folder).args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-Dwarnings"]);
        tally.result(&format!("clippy {name}"), check(clippy));
    }
    let kmod = kmod()?;
    for crates in [&["--package", "kernel"][..], &["--workspace"]] {
        let clippy = Cmd::new(&kmod).dir(root()).arg("clippy").args(crates).args(["--", "--", "-Dwarnings"]);
        tally.result(&format!("cargo kmod clippy {}", crates.join(" ")), check(clippy));
    }
    tally.heading("host tests");
    for (folder, packages) in WORKSPACES {
        let name = if folder.is_empty() { "host" } else { folder };
        let printed = cargo(folder).args(["test", "--quiet", "--no-fail-fast"]).args(*packages).output()?;
        let (passed, failed) = counts(&printed.stdout);
        tally.passed(passed);
        println!("        {name}: {passed} passed");
        let outcome = if printed.success { Ok(()) } else { Err(format!("{}\n{}", printed.stdout, printed.stderr)) };
        tally.result(&format!("cargo test of {name} ({failed} failed)"), outcome);
    }
    Ok(())
}

pub fn cargo(folder: &str) -> Cmd {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Cmd::new(program).dir(root().join(folder)).env("RUSTC_BOOTSTRAP", if folder == "rust" { "1" } else { "0" })
}

fn check(command: Cmd) -> Result<(), String> {
    command.run().map(drop).map_err(|e| e.to_string())
}

/// Sums the lines `test result: ok. 3 passed; 0 failed; …`.
fn counts(text: &str) -> (usize, usize) {
    let count = |line: &str, what: &str| -> Option<usize> {
        let (before, _) = line.split_once(what)?;
        before.split_whitespace().next_back()?.parse().ok()
    };
    text.lines().filter(|l| l.starts_with("test result:")).fold((0, 0), |(passed, failed), line| {
        (passed + count(line, " passed").unwrap_or(0), failed + count(line, " failed").unwrap_or(0))
    })
}

/// The command itself, as the alias builds it.
pub fn kmod() -> Result<std::path::PathBuf> {
    cargo("").args(["build", "--quiet", "--package", "cargo-kmod", "--no-default-features"]).run()?;
    let metadata = cargo("").args(["metadata", "--format-version=1", "--no-deps"]).run()?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names the target folder")?;
    Ok(std::path::Path::new(target).join("debug/cargo-kmod"))
}
