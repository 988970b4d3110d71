// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod test`: builds drivers and their tests, runs them in booted kernels; one verdict a cell (driver, kernel).
use crate::{
    cli,
    cmd::{
        cells::{self, Became, Cell, Options},
        session::Session,
        suite,
    },
    error::Result,
    exit::Exit,
    junit,
    project::{self, Subject},
    show,
};
use kmod_build::examples;
use kmod_setup::Scope;
use kmod_vm::Outcome;

pub fn run(args: &cli::Test) -> Result<Exit> {
    let session = Session::open(Scope::Boot)?;
    if let Some(dir) = &args.doc_suite {
        return suite::run(&session, &examples::read(dir)?, args);
    }
    let (subjects, libraries): (Vec<_>, Vec<_>) =
        project::select(&args.build)?.into_iter().partition(Subject::is_driver);
    let mut exit = Exit::Ok;
    for library in &libraries {
        exit = exit.max(suite::run(&session, &library.examples()?, args)?);
    }
    let kernels = session.ids(&args.build.kernel)?;
    let cells = Cell::all(&subjects, &kernels, args.shard);
    let (build, vm, filter) = (&args.build, &args.vm, args.filter.as_deref());
    let options = Options { build, vm, filter, tests: args.tests(), jobs: args.jobs };
    let mut tally = cells::Tally::default();
    let mut suites = Vec::new();
    cells::run(&session, &cells, &options, |cell, became| {
        if args.json {
            println!("{}", json(cell, &became));
        } else {
            cells::show(cell, &became, cells.len() == 1);
        }
        suites.extend(args.junit.is_some().then(|| junit::suite(cell, &became)));
        tally.add(&became);
        exit = exit.max(became.exit());
    });
    if cells.len() > 1 && !args.json {
        println!("{tally}");
    }
    if let Some(path) = &args.junit {
        kmod_os::write(path, junit::report(suites))?;
    }
    Ok(exit)
}

fn json(cell: &Cell, became: &Became) -> serde_json::Value {
    let mut object = serde_json::json!({
        "version": 1,
        "driver": cell.subject.name,
        "kernel": cell.kernel,
        "verdict": became.verdict(),
        "results": [],
    });
    match became {
        Became::Ran { release, built, finished } => {
            let result = |r: &kmod_vm::TestResult| {
                let outcome = match &r.outcome {
                    Outcome::Passed => "passed",
                    Outcome::Failed => "failed",
                    Outcome::Skipped(_) => "skipped",
                };
                serde_json::json!({ "name": r.name, "outcome": outcome, "diagnostics": r.diagnostics })
            };
            object["release"] = release.as_str().into();
            object["emulated"] = finished.emulated.into();
            object["build_seconds"] = built.as_secs_f32().into();
            object["seconds"] = finished.wall.as_secs_f32().into();
            object["results"] = finished.report.results.iter().map(result).collect();
        }
        Became::Absent(why) => object["reason"] = why.as_str().into(),
        Became::Failed(e) => object["error"] = show::causes(e).join("\n").into(),
    }
    object
}
