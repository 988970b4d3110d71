// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cells of the matrix driver × kernel: built one after the other (cargo uses every core), booted several at a time,
//! reported in their order.
use crate::{
    cli,
    cmd::session::{Session, Which},
    error::{Error, Result},
    exit::Exit,
    project::Subject,
    shard::Shard,
    show,
};
use kmod_build::KernelTests;
use kmod_kernel::Kernel;
use kmod_vm::{Finished, Initramfs, Step};
use std::{
    collections::BTreeMap,
    fmt,
    num::NonZeroUsize,
    sync::{Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

/// A driver on a kernel.
pub struct Cell<'a> {
    pub subject: &'a Subject,
    pub kernel: &'a str,
}

/// What became of a cell.
pub enum Became {
    Ran {
        release: String,
        /// How long the build took.
        built: Duration,
        finished: Finished,
    },
    /// By the driver's own manifest it cannot be, for this reason.
    Absent(String),
    Failed(Error),
}

impl<'a> Cell<'a> {
    /// Kernel by kernel, as what depends on the kernel is then built once for all drivers.
    pub fn all(subjects: &'a [Subject], kernels: &'a [String], shard: Option<Shard>) -> Vec<Self> {
        let cells = kernels.iter().flat_map(|kernel| subjects.iter().map(|subject| Cell { subject, kernel }));
        cells.filter(|cell| shard.is_none_or(|shard| shard.has(&cell.name()))).collect()
    }

    pub fn name(&self) -> String {
        format!("{} on {}", self.subject.name, self.kernel)
    }
}

impl Became {
    /// One word, which JSON has too.
    pub fn verdict(&self) -> &'static str {
        match self {
            Became::Ran { finished, .. } => finished.verdict.name(),
            Became::Absent(_) => "absent",
            Became::Failed(e) if e.exit() == Exit::BuildFailed => "build-failed",
            Became::Failed(_) => "error",
        }
    }

    pub fn exit(&self) -> Exit {
        match self {
            Became::Ran { finished, .. } => (&finished.verdict).into(),
            Became::Absent(_) => Exit::Ok,
            Became::Failed(e) => e.exit(),
        }
    }
}

/// What became of a cell: its line, and what explains a failure. The results that are as they should be only if `all`.
pub fn show(cell: &Cell, became: &Became, all: bool) {
    match became {
        Became::Ran { release, finished, .. } => {
            show::results(finished, all);
            show::verdict(&cell.subject.name, cell.kernel, release, finished);
            show::tail(finished);
        }
        Became::Absent(why) => println!("{}: absent: {why}", cell.name()),
        Became::Failed(e) => {
            if !all {
                println!("{}: {}", cell.name(), became.verdict());
            }
            show::error(e);
        }
    }
}

/// How many cells came out how.
#[derive(Default)]
pub struct Tally {
    passed: usize,
    failed: usize,
    absent: usize,
}

impl Tally {
    pub fn add(&mut self, became: &Became) {
        match became {
            Became::Absent(_) => self.absent += 1,
            became if became.exit() == Exit::Ok => self.passed += 1,
            _ => self.failed += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cells: {} passed, {} failed, {} absent", self.passed, self.failed, self.absent)
    }
}

/// How the cells are run.
pub struct Options<'a> {
    pub build: &'a cli::Build,
    pub vm: &'a cli::Vm,
    pub filter: Option<&'a str>,
    pub tests: KernelTests,
    /// How many virtual machines at a time.
    pub jobs: Option<NonZeroUsize>,
}

/// A cell that is ready to boot.
struct Ready {
    kernel: Kernel,
    initramfs: Initramfs,
    built: Duration,
}

/// Runs the cells and tells of each, in their order, as soon as those before it are done.
pub fn run(session: &Session, cells: &[Cell], options: &Options, mut report: impl FnMut(&Cell, Became)) {
    let jobs = options.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    // A few more are built ahead than boot.
    let (ready, to_boot) = mpsc::sync_channel::<(usize, Ready)>(jobs);
    let (done, finished) = mpsc::channel::<(usize, Became)>();
    let to_boot = &Mutex::new(to_boot);
    thread::scope(|scope| {
        for _ in 0..jobs.min(cells.len()) {
            let done = done.clone();
            scope.spawn(move || {
                let next = || to_boot.lock().ok()?.recv().ok();
                while let Some((n, ready)) = next() {
                    let became = boot(session, &cells[n], ready, options).unwrap_or_else(Became::Failed);
                    // Nobody listens any more only when the report panicked.
                    let _ = done.send((n, became));
                }
            });
        }
        scope.spawn(move || {
            let mut kernel = None;
            for (n, cell) in cells.iter().enumerate() {
                let sent = match build(session, cell, options, &mut kernel) {
                    Ok(prepared) => ready.send((n, prepared)).is_ok(),
                    Err(Error::Absent { why, .. }) => done.send((n, Became::Absent(why))).is_ok(),
                    Err(e) => done.send((n, Became::Failed(e))).is_ok(),
                };
                if !sent {
                    return;
                }
            }
        });
        let (mut waiting, mut next) = (BTreeMap::new(), 0);
        for (n, became) in finished {
            waiting.insert(n, became);
            while let Some(became) = waiting.remove(&next) {
                report(&cells[next], became);
                next += 1;
            }
        }
    });
}

/// `last` is the kernel of the cell before, which mostly is this one's.
fn build(session: &Session, cell: &Cell, options: &Options, last: &mut Option<Kernel>) -> Result<Ready> {
    let kernel = match last.take().filter(|kernel| kernel.id == cell.kernel) {
        Some(kernel) => kernel,
        None => session.kernel_to_boot(cell.kernel, options.vm)?,
    };
    *last = Some(kernel.clone());
    let start = Instant::now();
    let module = session.build(cell.subject, &kernel, options.build)?;
    let mut initramfs = session.initramfs()?;
    if cell.subject.has_kernel_tests()? {
        session.kernel_tests(&mut initramfs, cell.subject, &kernel, options.build, options.vm, options.tests)?;
    }
    session.load(&mut initramfs, cell.subject, &kernel, &module, options.vm)?;
    for (name, path) in session.programs(cell.subject, &module, options.build, Which::Tests)? {
        let program = format!("/kmod/tests/{name}");
        initramfs.file(&program, &path);
        initramfs.step(Step::Test { name, program, filter: options.filter.map(str::to_owned) });
    }
    initramfs.step(Step::Rmmod { name: module.name.clone() });
    Ok(Ready { kernel, initramfs, built: start.elapsed() })
}

fn boot(session: &Session, cell: &Cell, ready: Ready, options: &Options) -> Result<Became> {
    let Ready { kernel, initramfs, built } = ready;
    let finished = session.boot(cell.subject, &kernel, options.vm, &initramfs, false, &mut |_| ())?;
    Ok(Became::Ran { release: kernel.release, built, finished })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_is_in_one_shard_which_others_do_not_change() {
        let subjects: Vec<_> = ["echo", "edu", "hello"].map(Subject::bare).into();
        let kernels: Vec<_> = (0..10).map(|n| format!("debian-{n}")).collect();
        let names =
            |kernels: &[String], shard| Cell::all(&subjects, kernels, shard).iter().map(Cell::name).collect::<Vec<_>>();
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].map(|text| text.parse().unwrap()).into();
        let mut all: Vec<_> = shards.iter().flat_map(|shard| names(&kernels, Some(*shard))).collect();
        assert!(shards.iter().all(|shard| names(&kernels, Some(*shard)).len() > 3));
        all.sort();
        let mut wanted = names(&kernels, None);
        wanted.sort();
        assert_eq!(all, wanted);
        let fewer = names(&kernels[..4], Some(shards[1]));
        assert!(names(&kernels, Some(shards[1])).starts_with(&fewer));
    }
}
