// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod bench loop`: how long from an edit of a driver to the verdict of a booted kernel, in Rust and in C.
//!
//! Both sides are copies in the cache, warm, edited in each round; both boot the same machine with the same steps.
use crate::{
    cli,
    cmd::session::Session,
    error::{Error, Result},
    exit::Exit,
    project::{self, Subject},
};
use kmod_kernel::Kernel;
use kmod_setup::Scope;
use kmod_vm::{Step, Verdict};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The driver in Rust, and the name of the same in C.
const RUST: &str = "edu";
const C: &str = "edu_c";

/// One way from an edit to a verdict.
#[derive(Clone, Copy, Default)]
struct Lap {
    build: Duration,
    boot: Duration,
}

impl Lap {
    fn total(self) -> Duration {
        self.build + self.boot
    }
}

pub fn run(args: &cli::BenchLoop) -> Result<Exit> {
    let session = Session::open(Scope::Boot)?;
    let repository = session.sdk.repository().ok_or(Error::NoRepository)?;
    let dir = session.cache.path("bench");
    for folder in ["drivers", "bench/loop"] {
        copy(&repository.join(folder), &dir.join(folder))?;
    }
    for folder in ["rust", "guest", "kernels"] {
        kmod_os::symlink(repository.join(folder), dir.join(folder))?;
    }
    let sides = Sides { drivers: dir.join("drivers"), c: dir.join("bench/loop"), args };
    kmod_os::set_current_dir(&sides.drivers)?;
    let mut laps = Vec::new();
    // The first round warms up.
    for round in 0..=args.rounds {
        let lap = (sides.rust(round)?, sides.c(round)?);
        if round > 0 {
            eprintln!(
                "round {round}: Rust {:.2} s, C {:.2} s",
                lap.0.total().as_secs_f32(),
                lap.1.total().as_secs_f32()
            );
            laps.push(lap);
        }
    }
    let rust = Medians::of(laps.iter().map(|l| l.0));
    let c = Medians::of(laps.iter().map(|l| l.1));
    let ratio = rust.total.as_secs_f32() / c.total.as_secs_f32();
    if args.json {
        let row = |m: &Medians| serde_json::json!({ "build": m.build.as_secs_f32(), "boot": m.boot.as_secs_f32(), "total": m.total.as_secs_f32() });
        let line = serde_json::json!({
            "version": 1, "kernel": args.build.kernel[0], "rounds": args.rounds, "rust": row(&rust), "c": row(&c), "ratio": ratio,
        });
        println!("{line}");
    } else {
        println!("{:<6} {:>8} {:>8} {:>8}   seconds, medians of {} rounds", "", "build", "boot", "total", args.rounds);
        for (name, m) in [("Rust", &rust), ("C", &c)] {
            let [build, boot, total] = [m.build, m.boot, m.total].map(|d| d.as_secs_f32());
            println!("{name:<6} {build:>8.2} {boot:>8.2} {total:>8.2}");
        }
        println!("{:<6} {:>26.2}", "ratio", ratio);
    }
    Ok(Exit::Ok)
}

/// The two copies.
struct Sides<'a> {
    drivers: PathBuf,
    c: PathBuf,
    args: &'a cli::BenchLoop,
}

impl Sides<'_> {
    /// All that `cargo kmod` does, from looking at the machine on.
    fn rust(&self, round: u32) -> Result<Lap> {
        edit(&self.drivers.join(RUST).join("src/lib.rs"), "description: \"", round)?;
        let start = Instant::now();
        let (session, subject, kernel, build) = self.open()?;
        let module = session.build(&subject, &kernel, &build)?;
        let build = start.elapsed();
        self.boot(&session, &subject, &kernel, &module.ko, RUST)?;
        Ok(Lap { build, boot: start.elapsed() - build })
    }

    /// What one types without it: `make`, then the boot.
    fn c(&self, round: u32) -> Result<Lap> {
        edit(&self.c.join(C).with_extension("c"), "MODULE_DESCRIPTION(\"", round)?;
        let (session, subject, kernel, _) = self.open()?;
        let start = Instant::now();
        kernel.make(&self.c).args(["--no-print-directory", "-j2", "modules"]).run()?;
        let build = start.elapsed();
        self.boot(&session, &subject, &kernel, &self.c.join(C).with_extension("ko"), C)?;
        Ok(Lap { build, boot: start.elapsed() - build })
    }

    fn open(&self) -> Result<(Session, Subject, Kernel, cli::Build)> {
        let session = Session::open(Scope::Boot)?;
        let build = cli::Build { package: vec![RUST.to_owned()], ..self.args.build.clone() };
        let subject = project::select(&build)?.remove(0);
        let kernel = session.kernel(&build.kernel[0])?;
        Ok((session, subject, kernel, build))
    }

    /// Loads and unloads the module in the driver's machine.
    fn boot(&self, session: &Session, subject: &Subject, kernel: &Kernel, ko: &Path, name: &str) -> Result<()> {
        let mut initramfs = session.initramfs()?;
        let path = format!("/kmod/{name}.ko");
        initramfs.file(&path, ko);
        initramfs.step(Step::Insmod { path, params: Vec::new() });
        initramfs.step(Step::Rmmod { name: name.to_owned() });
        let finished = session.boot(subject, kernel, &self.args.vm, &initramfs, false, &mut |_| ())?;
        match finished.verdict {
            Verdict::Pass => Ok(()),
            verdict => Err(Error::Bench { module: name.to_owned(), verdict: verdict.name() }),
        }
    }
}

/// Changes the module, by the description in it.
fn edit(file: &Path, before: &str, round: u32) -> Result<()> {
    let text = kmod_os::read_to_string(file)?;
    let mark = "round ";
    let (head, tail) = text.split_once(before).unwrap_or((&text, ""));
    let tail = match tail.strip_prefix(mark) {
        Some(rest) => rest.split_once(": ").map_or(rest, |(_, rest)| rest),
        None => tail,
    };
    // No two runs edit alike.
    let unique = std::process::id();
    Ok(kmod_os::write(file, format!("{head}{before}{mark}{round} of {unique}: {tail}"))?)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for path in kmod_os::read_dir(from)? {
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() && path.ends_with("target") {
            continue;
        } else if path.is_dir() {
            copy(&path, &to)?;
        } else {
            kmod_os::write_if_changed(to, kmod_os::read(&path)?)?;
        }
    }
    Ok(())
}

struct Medians {
    build: Duration,
    boot: Duration,
    total: Duration,
}

impl Medians {
    fn of(laps: impl Iterator<Item = Lap> + Clone) -> Self {
        let median = |part: fn(Lap) -> Duration| {
            let mut values: Vec<_> = laps.clone().map(part).collect();
            values.sort();
            values[values.len() / 2]
        };
        Self { build: median(|l| l.build), boot: median(|l| l.boot), total: median(Lap::total) }
    }
}
