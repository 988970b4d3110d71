// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod test --doc-suite DIR`: doc examples as the tests of one module, and a table of what became of them.
use crate::{cli, cmd::session::Session, error::Result, exit::Exit, project::Subject, show};
use kmod_build::{Example, examples::SUITE};
use kmod_kernel::Kernel;
use kmod_vm::{Outcome, Step, Verdict};
use std::collections::{BTreeMap, BTreeSet};

pub fn run(session: &Session, examples: &[Example], args: &cli::Test) -> Result<Exit> {
    let wanted = |e: &&Example| args.filter.as_ref().is_none_or(|f| e.name.contains(f.as_str()));
    let examples: Vec<Example> = examples.iter().filter(wanted).cloned().collect();
    let mut exit = Exit::Ok;
    for id in session.ids(&args.build.kernel)? {
        let kernel = session.kernel_to_boot(&id, &args.vm)?;
        let found = run_on(session, &kernel, &examples, args)?;
        if args.json {
            println!("{}", json(&kernel, &examples, &found));
        } else {
            table(&kernel, &examples, &found);
        }
        if !found.failures.is_empty() {
            exit = exit.max(Exit::TestFailed);
        }
    }
    Ok(exit)
}

/// What became of each example: it compiled, it passed, or why not.
#[derive(Default)]
struct Found {
    compiled: BTreeSet<String>,
    passed: BTreeSet<String>,
    failures: BTreeMap<String, String>,
    absent: BTreeSet<String>,
    /// How many steps, allocations and resources of C, failed on purpose.
    failed_steps: usize,
}

fn run_on(session: &Session, kernel: &Kernel, examples: &[Example], args: &cli::Test) -> Result<Found> {
    let subject = Subject::suite();
    let mut found = Found::default();
    let mut left: Vec<Example> = examples.to_vec();
    // An example that takes the kernel along is named and left out; the others are booted again.
    loop {
        let suite = session.build_suite(&subject, kernel, args, &left)?;
        found.failures.extend(suite.failures.clone());
        found.absent.extend(suite.absent.clone());
        left.retain(|e| !suite.failures.contains_key(&e.name) && !suite.absent.contains(&e.name));
        let Some(module) = suite.module else { break };
        found.compiled.extend(left.iter().map(|e| e.name.clone()));
        found.passed.extend(left.iter().filter(|e| e.compile_only).map(|e| e.name.clone()));
        let mut initramfs = session.initramfs()?;
        let path = format!("/kmod/{SUITE}.ko");
        session.depend(&mut initramfs, &subject.wants.modules, kernel, &module, &args.vm)?;
        initramfs.file(&path, &module.ko);
        initramfs.step(Step::KernelTests { path });
        let finished = session.boot(&subject, kernel, &args.vm, &initramfs, false, &mut |_| ())?;
        for result in &finished.report.results {
            let name = result.name.trim_start_matches("doc::").to_owned();
            match &result.outcome {
                Outcome::Passed | Outcome::Skipped(_) => drop(found.passed.insert(name)),
                Outcome::Failed => {
                    let said = result.diagnostics.join("\n");
                    let example = left.iter().find(|e| e.name == name);
                    found.failures.insert(name, example.map_or(said.clone(), |e| e.relocated(&said)));
                }
            }
        }
        found.failed_steps += finished.console.iter().filter_map(|line| failed_steps(line)).sum::<usize>();
        if matches!(finished.verdict, Verdict::Pass | Verdict::TestFailed) {
            break;
        }
        // The tests run in order: the first without a result was running.
        let said = |e: &&Example| !e.compile_only && !reported(&finished.console, &e.name);
        let Some(culprit) = left.iter().find(said).map(|e| e.name.clone()) else {
            show::tail(&finished);
            break;
        };
        let why = match &finished.verdict {
            Verdict::Oops(trouble) => format!("{}: {}", trouble.kind, trouble.line),
            verdict => verdict.name().to_owned(),
        };
        let from = finished.console.len().saturating_sub(40);
        let tail = finished.console[from..].join("\n");
        eprintln!("{culprit} ends the boot ({why}); the others are booted again");
        found.failures.insert(culprit.clone(), format!("{why}\n{tail}"));
        left.retain(|e| e.name != culprit);
    }
    for example in left.iter().filter(|e| !found.passed.contains(&e.name)) {
        found.failures.entry(example.name.clone()).or_insert_with(|| "the boot ended without its result".to_owned());
    }
    Ok(found)
}

/// Whether the module's log holds a result of this test.
fn reported(console: &[String], name: &str) -> bool {
    let ending = format!("doc::{name}");
    console.iter().any(|line| line.contains("ok ") && line.split(" # ").next().is_some_and(|l| l.ends_with(&ending)))
}

/// The number in the line that ends a test of `--fail-alloc`.
fn failed_steps(line: &str) -> Option<usize> {
    line.strip_suffix(" steps failed in turn")?.rsplit(' ').next()?.parse().ok()
}

fn table(kernel: &Kernel, examples: &[Example], found: &Found) {
    let mut modules: BTreeMap<&str, Vec<&Example>> = BTreeMap::new();
    for example in examples {
        modules.entry(&example.module).or_default().push(example);
    }
    println!("{:<32} {:>8} {:>8} {:>8}", "module", "examples", "compile", "pass");
    let row = |name: &str, examples: &[&Example]| {
        let count = |set: &BTreeSet<String>| examples.iter().filter(|e| set.contains(&e.name)).count();
        println!("{name:<32} {:>8} {:>8} {:>8}", examples.len(), count(&found.compiled), count(&found.passed));
    };
    for (name, examples) in &modules {
        row(name, examples);
    }
    row(&format!("all, on {} ({})", kernel.id, kernel.release), &examples.iter().collect::<Vec<_>>());
    if found.failed_steps != 0 {
        println!("\n{} steps failed in turn", found.failed_steps);
    }
    if !found.absent.is_empty() {
        let names = found.absent.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        println!("\nuse what this kernel's configuration leaves out: {names}");
    }
    for (name, why) in &found.failures {
        println!("\n{name}:");
        why.lines().take(12).for_each(|line| println!("    {line}"));
    }
}

fn json(kernel: &Kernel, examples: &[Example], found: &Found) -> serde_json::Value {
    let row = |e: &Example| {
        serde_json::json!({
            "name": e.name, "module": e.module, "compiled": found.compiled.contains(&e.name),
            "passed": found.passed.contains(&e.name), "absent": found.absent.contains(&e.name), "error": found.failures.get(&e.name),
        })
    };
    let examples: Vec<_> = examples.iter().map(row).collect();
    serde_json::json!({ "version": 1, "kernel": kernel.id, "release": kernel.release, "examples": examples,
        "failed_steps": found.failed_steps })
}
