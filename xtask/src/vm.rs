// SPDX-License-Identifier: MIT OR Apache-2.0
//! What boots a kernel: all through the `cargo kmod` that a user has.
use crate::{host, mainline, mainline::Lines, root, tally::Tally};
use anyhow::{Context, Result};
use kmod_os::{Cache, Cmd, Output};
use serde::Deserialize;
use std::{ffi::OsString, path::Path};

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
            if let Some(why) = &cell.reason {
                tally.absent(&format!("{} on {kernel}", cell.driver), why);
                cells += 1;
                continue;
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
    /// Why the cell cannot be.
    reason: Option<String>,
    results: Vec<TestResult>,
}

#[derive(Deserialize)]
struct TestResult {
    name: String,
    outcome: String,
    diagnostics: Vec<String>,
}

/// The examples in the documentation of the `kernel` crate, run inside the kernel: as they are, and with each of their
/// allocations failing.
pub fn docs(tally: &mut Tally, kernels: &[String]) -> Result<()> {
    tally.heading("doc examples in booted kernels");
    for kernel in kernels {
        let Some(own) = examples(tally, &["--package", "kernel"], kernel)? else { continue };
        for example in own {
            let outcome =
                if example.passed || example.absent { Ok(()) } else { Err(example.error.unwrap_or_default()) };
            tally.result(&format!("doc {} on {kernel}", example.name), outcome);
        }
        // That a leak is seen, and what copes is not taken for one.
        let fixtures = examples(tally, &["--doc-suite", "tests/fail-alloc"], kernel)?;
        for example in fixtures.into_iter().flatten() {
            let seen = example.error.unwrap_or_default();
            let right = if example.name == "leaks" { seen.contains("leaked") } else { example.passed };
            tally.result(&format!("fail-alloc {} on {kernel}", example.name), if right { Ok(()) } else { Err(seen) });
        }
    }
    Ok(())
}

/// What became of these examples; if that cannot be told, it counts as failed.
fn examples(tally: &mut Tally, which: &[&str], kernel: &str) -> Result<Option<Vec<DocExample>>> {
    let command = Cmd::new(host::kmod()?).dir(root()).arg("test").args(which);
    let printed = command.args(["--fail-alloc", "--json", "--kernel", kernel]).output()?;
    let table = printed.stdout.lines().find(|l| l.starts_with('{'));
    let table = table.and_then(|line| serde_json::from_str::<Docs>(line).ok());
    if table.is_none() {
        let name = format!("{} on {kernel}", which[1]);
        tally.result(&name, Err(format!("{}{}", printed.stdout, printed.stderr)));
    }
    Ok(table.map(|table| table.examples))
}

#[derive(Deserialize)]
struct Docs {
    examples: Vec<DocExample>,
}

#[derive(Deserialize)]
struct DocExample {
    name: String,
    passed: bool,
    /// It uses what this kernel's configuration leaves out.
    absent: bool,
    error: Option<String>,
}

/// What is measured, and what the module in Rust may spend, as a part of what the one in C does: on a request, or on an operation,
/// where a search in a tree takes 1.10. The whole path also holds the timer's interrupts, of which a busy machine has more.
const GOALS: [(&str, f64); 2] = [("null_block", 0.8), ("core", 1.15)];

/// The instructions that a driver spends on a request are the same in every run, on every machine.
pub fn bench(tally: &mut Tally, kernels: &[String]) -> Result<()> {
    tally.heading("instructions a request or an operation, against C");
    let kmod = host::kmod()?;
    for (kernel, (what, goal)) in kernels.iter().flat_map(|kernel| GOALS.map(|goal| (kernel, goal))) {
        let command = Cmd::new(&kmod).dir(root()).args(["bench", what, "--json", "--requests", "256"]);
        let printed = command.args(["--kernel", kernel]).output()?;
        let rows = serde_json::from_str::<Counted>(&printed.stdout).map(|counted| counted.rows).unwrap_or_default();
        if rows.is_empty() {
            tally.result(&format!("bench {what} on {kernel}"), Err(printed.stdout + &printed.stderr));
        }
        for rust in rows.iter().filter(|row| row.side == "Rust") {
            let same =
                |row: &&Spent| row.side == "C" && (&row.engine, &row.operation) == (&rust.engine, &rust.operation);
            let c = rows.iter().find(same).map_or(0.0, |row| row.spent);
            let why = || format!("Rust {:.1}, C {c:.1}: more than {goal} of it", rust.spent);
            let outcome = if rust.spent > 0.0 && rust.spent <= goal * c { Ok(()) } else { Err(why()) };
            let by = rust.engine.as_ref().map_or(String::new(), |engine| format!(" by {engine}"));
            tally.result(&format!("{what}: {}{by} on {kernel}", rust.operation), outcome);
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Counted {
    rows: Vec<Spent>,
}

/// What a side spends on a request or an operation.
#[derive(Deserialize)]
struct Spent {
    side: String,
    engine: Option<String>,
    operation: String,
    #[serde(alias = "driver", alias = "module")]
    spent: f64,
}

#[derive(Deserialize)]
struct Samples {
    sample: Vec<Sample>,
}

/// One of mainline's samples or drivers: what it needs, and what it then prints or answers.
#[derive(Deserialize)]
struct Sample {
    /// In mainline's tree.
    file: String,
    /// The flavour of the kernel, if only one has what it needs.
    flavour: Option<String>,
    /// It is the same on all kernels: the first is enough.
    #[serde(default)]
    once: bool,
    /// A module of ours that has it as a `mod`, as the file is no module by itself.
    caller: Option<String>,
    /// A module of ours that is loaded when the driver is: the hardware.
    mock: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    /// The exit code of `cargo kmod run`.
    #[serde(default)]
    exit: i32,
    /// Lines that the log, the clients' output or the error must hold.
    expect: Vec<String>,
}

/// Mainline's samples and drivers as they are, built and run; `tests/samples.toml` tells what each must do.
pub fn samples(tally: &mut Tally, kernels: &[String]) -> Result<()> {
    tally.heading("mainline's samples, byte for byte");
    let kmod = host::kmod()?;
    let tree = mainline::tree()?;
    // A client may be there for some of them, of the same name.
    let guest = root().join("guest/testing/Cargo.toml");
    let clients = kmod_build::guest_programs(&guest, kmod_build::Programs::Examples, None, true, false, &Lines)?;
    let table: Samples = toml::from_str(&kmod_os::read_to_string(root().join("tests/samples.toml"))?)?;
    for kernel in kernels {
        for sample in table.sample.iter().filter(|sample| !sample.once || *kernel == kernels[0]) {
            let title = format!("{} on {kernel}", sample.file);
            if let Some(flavour) = sample.flavour.as_ref().filter(|flavour| !kernel.ends_with(*flavour)) {
                tally.absent(&title, &format!("only with --kernel {kernel}-{flavour}"));
                continue;
            }
            let client = clients.iter().filter(|(client, _)| *client == name(Path::new(&sample.file)));
            let client = client.flat_map(|(_, program)| ["--client".as_ref(), program.as_os_str()]);
            match sample.module(&kmod, &tree, kernel)? {
                Ok(module) => {
                    let command = Cmd::new(&kmod).dir(root()).args(["run", "--kernel", kernel]);
                    let command = command.args(module).args(&sample.args).args(client);
                    tally_run(tally, &title, &command.output()?, sample.exit, &sample.expect);
                }
                Err(why) => tally.result(&title, Err(why)),
            }
        }
    }
    Ok(())
}

impl Sample {
    /// The arguments that name the module to run, and what is loaded before it.
    fn module(&self, kmod: &Path, tree: &Path, kernel: &str) -> Result<Result<Vec<OsString>, String>> {
        let file = tree.join(&self.file);
        if let Some(mock) = &self.mock {
            let built = Cmd::new(kmod).dir(root()).args(["build", "--kernel", kernel]).arg(&file).output()?;
            // "PATH.ko (1234 bytes of .text, for 6.1.0)"
            let Some((path, _)) = built.stdout.split_once(" (").filter(|_| built.success) else {
                return Ok(Err(built.stdout + &built.stderr));
            };
            return Ok(Ok(vec![root().join(mock).into(), "--module".into(), path.into()]));
        }
        let Some(caller) = &self.caller else { return Ok(Ok(vec![file.into()])) };
        // A `mod` lies beside the file that has it.
        let dir = Cache::of_user()?.path("mainline/callers");
        let beside = |path: &Path| Ok::<_, anyhow::Error>(dir.join(path.file_name().context("a file has a name")?));
        let caller = root().join(caller);
        kmod_os::create_dir_all(&dir)?;
        kmod_os::copy(&file, beside(&file)?)?;
        kmod_os::copy(&caller, beside(&caller)?)?;
        Ok(Ok(vec![beside(&caller)?.into()]))
    }
}

/// `tests/runs/*.rs`: drivers whose `//@ ARG` name the machine and what is done in it, and whose `//~ TEXT` what comes of it.
pub fn runs(tally: &mut Tally, kernels: &[String]) -> Result<()> {
    tally.heading("drivers that provoke what should not happen");
    let kmod = host::kmod()?;
    for kernel in kernels {
        for file in kmod_os::read_dir(root().join("tests/runs"))? {
            let text = kmod_os::read_to_string(&file)?;
            let marked = |mark| text.lines().filter_map(move |line| Some(line.split_once(mark)?.1.trim().to_owned()));
            let expected: Vec<_> = marked("//~ ").collect();
            let command = Cmd::new(&kmod).dir(root()).args(["run", "--kernel", kernel]).arg(&file).args(marked("//@ "));
            tally_run(tally, &format!("{} on {kernel}", name(&file)), &command.output()?, 0, &expected);
        }
    }
    Ok(())
}

/// Drivers whose probes fail step by step, at each allocation and each resource: each must leave nothing, and be bound in the end.
/// One of them leaks.
pub fn probes(tally: &mut Tally, kernels: &[String]) -> Result<()> {
    tally.heading("probes that fail, step by step");
    let kmod = host::kmod()?;
    let sample = mainline::tree()?.join("samples/rust");
    let sample = |name| sample.join(name).display().to_string();
    let (pci, dma) = (sample("rust_driver_pci.rs"), sample("rust_dma.rs"));
    let auxiliary = sample("rust_driver_auxiliary.rs");
    let bound: &[&str] = &["was not taken, bound"];
    let leaked: &[&str] = &["1 of Kmalloc leaked", "1 of the resources of C leaked"];
    let drivers: [(&str, &[&str], i32, &[&str]); 6] = [
        ("edu", &["-p", "edu"], 0, bound),
        // The kernel's own driver, which is built in, is not to take the device.
        ("rnvme", &["-p", "rnvme", "--append", "initcall_blacklist=nvme_init"], 0, bound),
        ("rust_driver_pci", &[&pci, "--device", "pci-testdev"], 0, bound),
        ("rust_driver_auxiliary", &[&auxiliary, "--device", "pci-testdev"], 0, bound),
        ("rust_dma", &[&dma, "--device", "pci-testdev"], 0, bound),
        ("leaks", &["tests/probes/leaks.rs", "--device", "pci-testdev"], 1, leaked),
    ];
    for kernel in kernels {
        for (driver, args, exit, last) in drivers {
            let command = Cmd::new(&kmod).dir(root()).args(["run", "--fail-alloc", "--kernel", kernel]).args(args);
            let first = "probe 1: step 1 failed (devres_alloc), not bound";
            let expected: Vec<_> = [first].iter().chain(last).map(|line| (*line).to_owned()).collect();
            tally_run(tally, &format!("{driver} on {kernel}"), &command.output()?, exit, &expected);
        }
    }
    Ok(())
}

/// Counts a run that must print `expected`, each as often as it stands there, and end so; one that the kernel lacks something
/// for is absent. In no order: what programs print reaches the log later than what the kernel says of them.
fn tally_run(tally: &mut Tally, name: &str, printed: &Output, exit: i32, expected: &[String]) {
    let lacking = printed.stderr.lines().find(|line| line.contains(" needs `") && line.contains(" lacks"));
    if let Some(why) = lacking.filter(|_| exit == 0) {
        return tally.absent(name, why.trim_start_matches([' ', '-']));
    }
    let all = format!("{}{}", printed.stdout, printed.stderr);
    let wanted = |line: &str| expected.iter().filter(|other| *other == line).count();
    let missing = expected.iter().find(|line| all.matches(line.as_str()).count() < wanted(line));
    let outcome = match missing {
        Some(line) => Err(format!("not printed: {line}\n{all}")),
        None if printed.code == Some(exit) => Ok(()),
        None => Err(all),
    };
    tally.result(name, outcome);
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
