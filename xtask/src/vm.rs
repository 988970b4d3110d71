// SPDX-License-Identifier: MIT OR Apache-2.0
//! What boots a kernel: all through the `cargo kmod` that a user has.
use crate::{host, mainline, root, tally::Tally};
use anyhow::{Context, Result};
use kmod_os::{Cache, Cmd};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Each driver's tests, each result counted.
pub fn drivers(tally: &mut Tally, kernels: &[String]) -> Result<()> {
    tally.heading("drivers in booted kernels");
    let kmod = host::kmod()?;
    for kernel in kernels {
        let printed =
            Cmd::new(&kmod).dir(root()).args(["test", "--workspace", "--json", "--kernel", kernel]).output()?;
        let mut cells = 0;
        for line in printed.stdout.lines().filter(|l| l.starts_with('{')) {
            let cell: Cell = serde_json::from_str(line).context("`cargo kmod test --json` prints one object a cell")?;
            for result in &cell.results {
                let name = format!("{} on {kernel}: {}", cell.driver, result.name);
                let failed = (result.outcome == "failed").then(|| result.diagnostics.join("\n"));
                tally.result(&name, failed.map_or(Ok(()), Err));
            }
            let verdict = if cell.verdict == "pass" { Ok(()) } else { Err(printed.stderr.clone()) };
            tally.result(&format!("{} on {kernel}: verdict {}", cell.driver, cell.verdict), verdict);
            cells += 1;
        }
        if cells == 0 || (!printed.success && cells < 3) {
            tally.result(&format!("drivers on {kernel}"), Err(format!("{}{}", printed.stdout, printed.stderr)));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Cell {
    driver: String,
    verdict: String,
    results: Vec<TestResult>,
}

#[derive(Deserialize)]
struct TestResult {
    name: String,
    outcome: String,
    diagnostics: Vec<String>,
}

/// `tests/ui/*.rs`: mistakes that must not compile, with the error that the author has to see.
///
/// Each file's lines `//~ TEXT` name what the compiler must say.
pub fn ui(tally: &mut Tally, kernel: &str) -> Result<()> {
    tally.heading("mistakes that must not compile");
    let kmod = host::kmod()?;
    let mut cases: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(root().join("tests/ui"))? {
        cases.push(entry?.path());
    }
    cases.sort();
    for case in cases.iter().filter(|c| c.extension().is_some_and(|e| e == "rs")) {
        let text = kmod_os::read_to_string(case)?;
        let expected: Vec<_> = text.lines().filter_map(|l| Some(l.split_once("//~ ")?.1.trim())).collect();
        let printed = Cmd::new(&kmod).dir(root()).args(["build", "--kernel", kernel]).arg(case).output()?;
        let outcome = if expected.is_empty() {
            Err("the file names no expected error (//~ TEXT)".to_owned())
        } else if printed.success {
            Err("it compiles".to_owned())
        } else {
            let missing: Vec<_> = expected.iter().filter(|e| !printed.stderr.contains(**e)).copied().collect();
            if missing.is_empty() {
                Ok(())
            } else {
                Err(format!("not said: {}\n{}", missing.join(" | "), printed.stderr))
            }
        };
        tally.result(&format!("ui {}", name(case)), outcome);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Samples {
    sample: Vec<Sample>,
}

/// One of mainline's samples: what it needs, and what it then prints or answers.
#[derive(Deserialize)]
struct Sample {
    file: String,
    #[serde(default)]
    args: Vec<String>,
    /// Lines that the log or the clients' output must hold, in this order.
    expect: Vec<String>,
}

/// Mainline's samples as they are, built and run; `tests/samples.toml` tells what each must do.
pub fn samples(tally: &mut Tally, kernels: &[String]) -> Result<()> {
    tally.heading("mainline's samples, byte for byte");
    let kmod = host::kmod()?;
    let tree = mainline::tree()?;
    let dir = Cache::of_user()?.path("mainline/samples");
    mainline::samples(&tree, &dir)?;
    let table: Samples = toml::from_str(&kmod_os::read_to_string(root().join("tests/samples.toml"))?)?;
    for kernel in kernels {
        for sample in &table.sample {
            let file = dir.join(&sample.file);
            let command = Cmd::new(&kmod).dir(root()).args(["run", "--kernel", kernel]).arg(&file).args(&sample.args);
            let printed = command.output()?;
            let mut rest = printed.stdout.as_str();
            let missing = sample.expect.iter().find(|line| match rest.find(line.as_str()) {
                Some(at) => {
                    rest = &rest[at + line.len()..];
                    false
                }
                None => true,
            });
            let outcome = match missing {
                None if printed.success => Ok(()),
                None => Err(format!("{}{}", printed.stdout, printed.stderr)),
                Some(line) => Err(format!("not printed: {line}\n{}{}", printed.stdout, printed.stderr)),
            };
            tally.result(&format!("{} on {kernel}", sample.file), outcome);
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
