// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod bench null_block`: the instructions that a driver and its C counterpart spend on a request, counted in one boot.
//!
//! `bench/NAME.toml` tells the machine and the two sides; QEMU's plugin (bench/counter) counts, between the marks of the
//! load generator (guest/load).
use crate::{
    cli,
    cmd::session::Session,
    error::{Error, Result},
    exit::Exit,
    project::{self, Wants},
    show,
};
use kmod_bench::{Counts, Load, Report, Side};
use kmod_build::Programs;
use kmod_os::Cmd;
use kmod_setup::Scope;
use kmod_vm::{Step, Verdict};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// `bench/NAME.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    /// The package of the driver in Rust.
    driver: String,
    machine: Wants,
    /// Commands of a shell that make the devices, when the modules are loaded, and that remove them.
    setup: String,
    teardown: String,
    side: Vec<Side>,
}

/// The guest's third serial port, which the load generator reports to.
const PORT: &str = "/dev/ttyS2";
const LOAD: &str = "/kmod/load";
/// One processor whose timer ticks evenly, and functions where the linker put them.
const APPEND: [&str; 3] = ["nokaslr", "nohz=off", "highres=off"];

struct Bench<'a> {
    session: Session,
    definition: Definition,
    plugin: PathBuf,
    load: PathBuf,
    args: &'a cli::BenchCount,
}

pub fn run(name: &str, args: &cli::BenchCount) -> Result<Exit> {
    let session = Session::open(Scope::Boot)?;
    let repository = session.sdk.repository().ok_or(Error::NoRepository)?.to_owned();
    let file = repository.join("bench").join(name).with_extension("toml");
    let text = kmod_os::read_to_string(&file)?;
    let definition = toml::from_str(&text).map_err(|e| Error::BadMetadata { manifest: file, why: e.to_string() })?;
    let bench = Bench { plugin: plugin(&repository)?, load: load_generator(&session)?, session, definition, args };
    let out = args.out.clone().unwrap_or_else(|| repository.join("target/bench").join(name));
    for id in bench.session.ids(&args.build.kernel)? {
        let report = bench.measure(name, &id)?;
        let json = serde_json::to_string_pretty(&report).expect("numbers and strings");
        let markdown = kmod_bench::markdown(&report);
        for (ending, text) in [("json", &json), ("md", &markdown), ("svg", &kmod_bench::svg(&report))] {
            kmod_os::write(out.join(format!("{id}.{ending}")), text)?;
        }
        println!("{}", if args.json { &json } else { &markdown });
        eprintln!("also in {}/{id}.json, .md and .svg", out.display());
    }
    Ok(Exit::Ok)
}

/// Builds what QEMU loads.
fn plugin(repository: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = repository.join("target");
    let build = ["build", "--quiet", "--release", "--package", "kmod-counter", "--target-dir"];
    Cmd::new(cargo).dir(repository).args(build).arg(&target).run()?;
    Ok(target.join("release/libkmod_counter.so"))
}

fn load_generator(session: &Session) -> Result<PathBuf> {
    let manifest = session.sdk.guest.join("load/Cargo.toml");
    let built = kmod_build::guest_programs(&manifest, Programs::Binaries, None, true, false, &session.bars)?;
    let program = built.into_iter().next().map(|(_, program)| program);
    program.ok_or(Error::NoFile { path: manifest })
}

impl Bench<'_> {
    fn measure(&self, name: &str, id: &str) -> Result<Report> {
        let (session, definition) = (&self.session, &self.definition);
        let build = cli::Build { package: vec![definition.driver.clone()], ..self.args.build.clone() };
        let mut subject = project::select(&build)?.remove(0);
        let kernel = session.kernel(id)?;
        let module = session.build(&subject, &kernel, &build)?;
        let dir = kmod_os::temp_dir()?;
        let (counted, told) = (dir.path().join("counts"), dir.path().join("load"));

        let mut wants = definition.machine.clone();
        wants.qemu.extend([
            "-plugin".to_owned(),
            format!("{},out={}", self.plugin.display(), counted.display()),
            "-chardev".to_owned(),
            format!("file,id=load,path={}", told.display()),
            "-serial".to_owned(),
            "chardev:load".to_owned(),
        ]);
        wants.append.extend(APPEND.map(str::to_owned));
        wants.cpus = Some(1);
        subject.wants = wants;

        let mut initramfs = session.initramfs()?;
        initramfs.file("/bin/sh", &kmod_setup::busybox(&session.cache, &session.bars)?);
        initramfs.file(LOAD, &self.load);
        session.load(&mut initramfs, &subject, &kernel, &module, &self.args.vm)?;
        let shell = |script: &str| Step::Exec { argv: ["/bin/sh", "-ec", script].map(str::to_owned).into() };
        initramfs.step(shell(&definition.setup));
        let targets =
            definition.side.iter().flat_map(|side| side.targets.iter().map(move |t| format!("{}:{t}", side.name)));
        let argv = [LOAD.to_owned(), PORT.to_owned(), self.args.requests.to_string()].into_iter().chain(targets);
        initramfs.step(Step::Exec { argv: argv.collect() });
        initramfs.step(shell(&definition.teardown));
        initramfs.step(Step::Rmmod { name: module.name.clone() });
        let finished = session.boot(&subject, &kernel, &self.args.vm, &initramfs, false, &mut |_| ())?;
        if finished.verdict != Verdict::Pass {
            show::results(&finished, true);
            show::tail(&finished);
            return Err(Error::Bench { module: module.name, verdict: finished.verdict.name() });
        }

        let load = Load::parse(&kmod_os::read_to_string(&told)?)?;
        let counts = Counts::parse(&kmod_os::read_to_string(&counted)?)?;
        let mut text = BTreeMap::new();
        for side in &definition.side {
            let mut size = kmod_bench::built_in_text(side, &load);
            for name in &side.modules {
                let ko = match *name == module.name {
                    true => Some(module.ko.clone()),
                    false => kmod_vm::find(name, kernel.modules_dir.as_deref())?,
                };
                size += ko.map_or(Ok(0), |ko| kmod_vm::text_size(&ko))?;
            }
            text.insert(side.name.clone(), size);
        }
        let rows = kmod_bench::rows(&definition.side, &load, &counts)?;
        Ok(Report { version: 1, what: name.to_owned(), kernel: kernel.release.clone(), text, rows })
    }
}
