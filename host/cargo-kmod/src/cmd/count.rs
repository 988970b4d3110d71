// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod bench null_block`: the instructions that a driver and its C counterpart spend on a request, counted in one boot;
//! `cargo kmod bench core`: the same of what all drivers do.
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
use kmod_kernel::Kernel;
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
    /// The driver in Rust: a package, or a file in this folder.
    driver: String,
    /// The driver in C, if it is not one of the kernel's own: a folder in this one, whose module has the folder's name and `_c`.
    c: Option<String>,
    /// What the operations are called that both sides do by themselves; the first is none.
    #[serde(default)]
    operations: Vec<String>,
    machine: Wants,
    /// Commands of a shell that make the devices, when the modules are loaded, and that remove them.
    setup: String,
    teardown: String,
    side: Vec<Side>,
}

/// The guest's third serial port, which the load generator reports to.
const PORT: &str = "/dev/ttyS2";
const LOAD: &str = "/kmod/load";
/// The guest's time goes by its instructions, 2 ns each: the timer ticks as often however busy the machine is.
const CLOCK: &str = "shift=1";
/// One processor whose timer ticks evenly, functions where the linker put them, and nobody who looks now and then which
/// memory is in use (since v6.17).
const APPEND: [&str; 4] = ["nokaslr", "nohz=off", "highres=off", "damon_stat.enabled=n"];

struct Bench<'a> {
    session: Session,
    definition: Definition,
    /// `bench/`
    dir: PathBuf,
    plugin: PathBuf,
    load: PathBuf,
    args: &'a cli::BenchCount,
}

pub fn run(name: &str, args: &cli::BenchCount) -> Result<Exit> {
    let session = Session::open(Scope::Boot)?;
    let repository = session.sdk.repository().ok_or(Error::NoRepository)?.to_owned();
    let dir = repository.join("bench");
    let file = dir.join(name).with_extension("toml");
    let text = kmod_os::read_to_string(&file)?;
    let definition = toml::from_str(&text).map_err(|e| Error::BadMetadata { manifest: file, why: e.to_string() })?;
    let (plugin, load) = (plugin(&repository)?, load_generator(&session)?);
    let bench = Bench { plugin, load, session, definition, dir, args };
    let out = args.out.clone().unwrap_or_else(|| repository.join("target/bench").join(name));
    for id in bench.session.ids(&args.build.kernel)? {
        let written = bench.measure(name, &id)?;
        for (ending, text) in &written {
            kmod_os::write(out.join(format!("{id}.{ending}")), text)?;
        }
        println!("{}", written[if args.json { "json" } else { "md" }]);
        eprintln!("also in {}/{id}.{}", out.display(), written.into_keys().collect::<Vec<_>>().join(", ."));
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

/// The texts of a report, by the ending of its file.
type Written = BTreeMap<&'static str, String>;

fn json(report: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(report).expect("numbers and strings")
}

impl Bench<'_> {
    fn measure(&self, name: &str, id: &str) -> Result<Written> {
        let (session, definition) = (&self.session, &self.definition);
        let build = match definition.driver.ends_with(".rs") {
            true => cli::Build { file: Some(self.dir.join(&definition.driver)), ..self.args.build.clone() },
            false => cli::Build { package: vec![definition.driver.clone()], ..self.args.build.clone() },
        };
        let mut subject = project::select(&build)?.remove(0);
        let kernel = session.kernel(id)?;
        let module = session.build(&subject, &kernel, &build)?;
        let dir = kmod_os::temp_dir()?;
        let (counted, told) = (dir.path().join("counts"), dir.path().join("load"));

        let mut wants = definition.machine.clone();
        wants.qemu.extend([
            "-icount".to_owned(),
            CLOCK.to_owned(),
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
        let c = definition.c.as_ref().map(|folder| self.make(folder, &kernel)).transpose()?;
        if let Some(ko) = &c {
            let path = "/kmod/c.ko".to_owned();
            initramfs.file(&path, ko);
            initramfs.step(Step::Insmod { path, params: Vec::new() });
        }
        let shell = |script: &str| Step::Exec { argv: ["/bin/sh", "-ec", script].map(str::to_owned).into() };
        initramfs.step(shell(&definition.setup));
        let targets =
            definition.side.iter().flat_map(|side| side.targets.iter().map(move |t| format!("{}:{t}", side.name)));
        let argv = [LOAD.to_owned(), PORT.to_owned(), self.args.requests.to_string()].into_iter().chain(targets);
        initramfs.step(Step::Exec { argv: argv.collect() });
        initramfs.step(shell(&definition.teardown));
        if let Some(name) = c.as_ref().and_then(|ko| ko.file_stem()) {
            initramfs.step(Step::Rmmod { name: name.to_string_lossy().into_owned() });
        }
        initramfs.step(Step::Rmmod { name: module.name.clone() });
        let finished = session.boot(&subject, &kernel, &self.args.vm, &initramfs, false, &mut |_| ())?;
        if finished.verdict != Verdict::Pass {
            show::results(&finished, true);
            show::tail(&finished);
            return Err(Error::Bench { module: module.name, verdict: finished.verdict.name() });
        }

        let load = Load::unpack(&kmod_os::read(&told)?)?;
        let counts = Counts::parse(&kmod_os::read_to_string(&counted)?)?;
        if !definition.operations.is_empty() {
            let Definition { side, operations, .. } = definition;
            let report = kmod_bench::operations(name, &kernel.release, side, operations, &load, &counts)?;
            return Ok([("json", json(&report)), ("md", report.markdown())].into());
        }
        let (mut text, mut ran) = (BTreeMap::new(), BTreeMap::new());
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
            ran.insert(side.name.clone(), kmod_bench::ran_text(side, &load, &counts));
        }
        let rows = kmod_bench::rows(&definition.side, &load, &counts)?;
        let report = Report { version: 1, what: name.to_owned(), kernel: kernel.release.clone(), text, ran, rows };
        let (markdown, svg) = (kmod_bench::markdown(&report), kmod_bench::svg(&report));
        Ok([("json", json(&report)), ("md", markdown), ("svg", svg)].into())
    }

    /// Builds the driver in C, in a copy of its folder.
    fn make(&self, folder: &str, kernel: &Kernel) -> Result<PathBuf> {
        let to = self.session.cache.path("bench").join(folder).join(&kernel.id);
        for path in kmod_os::read_dir(self.dir.join(folder))? {
            kmod_os::write_if_changed(to.join(path.file_name().unwrap_or_default()), kmod_os::read(&path)?)?;
        }
        kernel.make(&to).args(["--no-print-directory", "modules"]).run()?;
        Ok(to.join(format!("{folder}_c.ko")))
    }
}
