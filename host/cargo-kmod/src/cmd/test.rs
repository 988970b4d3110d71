// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod test`: builds a driver and its tests, runs them in a booted kernel; one verdict a cell (driver, kernel).
use crate::{
    cli,
    cmd::{
        session::{Session, Which},
        suite,
    },
    error::Result,
    exit::Exit,
    project::{self, Subject},
    show,
};
use kmod_build::examples;
use kmod_kernel::Kernel;
use kmod_setup::Scope;
use kmod_vm::{Finished, Outcome, Step};

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
    for id in &args.build.kernel {
        let kernel = session.kernel(id)?;
        for subject in &subjects {
            let finished = cell(&session, subject, &kernel, args)?;
            if args.json {
                println!("{}", json(subject, &kernel, &finished));
            } else {
                show::results(&finished);
                show::verdict(&subject.name, &kernel, &finished);
            }
            show::tail(&finished);
            exit = exit.max((&finished.verdict).into());
        }
    }
    Ok(exit)
}

fn cell(session: &Session, subject: &Subject, kernel: &Kernel, args: &cli::Test) -> Result<Finished> {
    let mut initramfs = session.initramfs()?;
    if subject.has_kernel_tests()? {
        session.kernel_tests(&mut initramfs, subject, kernel, args)?;
    }
    let module = session.build(subject, kernel, &args.build)?;
    session.load(&mut initramfs, subject, kernel, &module, &args.vm)?;
    for (name, path) in session.programs(subject, &args.build, Which::Tests)? {
        let program = format!("/kmod/tests/{name}");
        initramfs.file(&program, &path);
        initramfs.step(Step::Test { name, program, filter: args.filter.clone() });
    }
    initramfs.step(Step::Rmmod { name: module.name.clone() });
    session.boot(subject, kernel, &args.vm, &initramfs, false, &mut |_| ())
}

fn json(subject: &Subject, kernel: &Kernel, finished: &Finished) -> serde_json::Value {
    let result = |r: &kmod_vm::TestResult| {
        let outcome = match &r.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Skipped(_) => "skipped",
        };
        serde_json::json!({ "name": r.name, "outcome": outcome, "diagnostics": r.diagnostics })
    };
    serde_json::json!({
        "version": 1,
        "driver": subject.name,
        "kernel": kernel.id,
        "release": kernel.release,
        "verdict": finished.verdict.name(),
        "emulated": finished.emulated,
        "seconds": finished.wall.as_secs_f32(),
        "results": finished.report.results.iter().map(result).collect::<Vec<_>>(),
    })
}
