// SPDX-License-Identifier: MIT OR Apache-2.0
//! What build, run and test share: the cache, the project's folders, the kernels asked for, and one build or boot of a driver.
use crate::{
    cli,
    cmd::precheck::Asked,
    error::{Error, Result},
    project::{DEMO, Source, Subject, Wants},
    sdk::Sdk,
    show,
};
use kmod_build::{
    Example, KernelTests, Module, Profile, Programs, Request, Target,
    api::Answers,
    examples::{Suite, build_suite},
    upstream::{Report, upstream},
};
use kmod_kernel::Kernel;
use kmod_os::Cache;
use kmod_setup::Scope;
use kmod_vm::{Boot, Finished, Initramfs, Machine, Qemu, Step};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub struct Session {
    pub cache: Cache,
    pub sdk: Sdk,
    pub bars: show::Bars,
}

impl Session {
    /// Sets up what `scope` needs.
    pub fn open(scope: Scope) -> Result<Self> {
        let cache = Cache::of_user()?;
        let bars = show::Bars;
        kmod_setup::provide(scope, &cache, &bars)?;
        let sdk = Sdk::find(&cache)?;
        sdk.link(&std::env::current_dir().unwrap_or_default())?;
        Ok(Self { cache, sdk, bars })
    }

    pub fn kernel(&self, id: &str) -> Result<Kernel> {
        Ok(kmod_kernel::resolve(id, &self.cache, &self.sdk.kernels, &self.bars)?)
    }

    /// A kernel to boot, with the image that the user names.
    pub fn kernel_to_boot(&self, id: &str, vm: &cli::Vm) -> Result<Kernel> {
        let mut kernel = self.kernel(id)?;
        if let Some(image) = &vm.image {
            if kernel.package.is_some() {
                return Err(Error::Image { id: id.to_owned() });
            }
            kernel.vmlinuz = Some(image.canonicalize().map_err(|_| Error::NoFile { path: image.clone() })?);
        }
        Ok(kernel)
    }

    /// The ids that are meant, with `all` taken for each of the catalogue.
    pub fn ids(&self, named: &[String]) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for id in named {
            match id.as_str() {
                "all" => ids.extend(kmod_kernel::list(&self.sdk.kernels, &self.cache)?.into_iter().map(|k| k.id)),
                id => ids.push(id.to_owned()),
            }
        }
        Ok(ids)
    }

    pub fn answers(&self, kernel: &Kernel) -> Result<Answers> {
        Ok(Answers::read(kernel, &self.cache, &self.sdk.rust, &self.bars)?)
    }

    pub fn build(&self, subject: &Subject, kernel: &Kernel, args: &cli::Build) -> Result<Module> {
        self.build_for(subject, kernel, args, KernelTests::Off)
    }

    /// As [`Self::build`], with what is inside for tests.
    pub fn build_for(
        &self,
        subject: &Subject,
        kernel: &Kernel,
        args: &cli::Build,
        tests: KernelTests,
    ) -> Result<Module> {
        if let Some(why) = self.absence(subject, kernel)? {
            return Err(Error::Absent { driver: subject.name.clone(), kernel: kernel.id.clone(), why });
        }
        let asked = Asked::of(self, subject, kernel)?;
        asked.as_ref().map_or(Ok(()), |asked| asked.refuse(self, subject, kernel))?;
        let sdk = kmod_build::Sdk { rust_dir: self.sdk.rust.clone() };
        let request = Request { tests, ..request(self, &sdk, subject, kernel, args) };
        match kmod_build::build(&request, &self.bars) {
            Err(kmod_build::Error::Cargo { package, status, hints, lacking }) if !lacking.is_empty() => {
                let lines: Result<_> =
                    lacking.iter().map(|l| self.lacks(&format!("`{}`", l.item), &l.needs, kernel)).collect();
                let error = kmod_build::Error::Cargo { package, status, hints, lacking };
                Err(Error::Lacking { error, hints: lines? })
            }
            Err(error @ kmod_build::Error::Cargo { .. }) => {
                match asked.map_or(Ok(Vec::new()), |asked| asked.suspects(self))? {
                    hints if hints.is_empty() => Err(error.into()),
                    hints => Err(Error::Lacking { error, hints }),
                }
            }
            built => Ok(built?),
        }
    }

    /// Why, by its own manifest, this driver cannot be on this kernel.
    fn absence(&self, subject: &Subject, kernel: &Kernel) -> Result<Option<String>> {
        let Wants { kernels, requires, .. } = &subject.wants;
        if !kernels.is_empty() && !kernels.contains(&kernel.id) {
            return Ok(Some(format!("its manifest says `kernels = {kernels:?}`")));
        }
        if requires.is_empty() {
            return Ok(None);
        }
        let answers = self.answers(kernel)?;
        let missing: Vec<_> = requires.iter().filter(|query| !answers.has(query)).cloned().collect();
        if missing.is_empty() { Ok(None) } else { self.lacks("it", &missing, kernel).map(Some) }
    }

    /// `kernel::maple_tree needs type:maple_tree, which debian-5.10 lacks (debian-6.1, debian-7.2 have it)`
    fn lacks(&self, what: &str, queries: &[String], kernel: &Kernel) -> Result<String> {
        let mut parts = Vec::new();
        for query in queries {
            let holders = match self.holders(query)? {
                ids if ids.is_empty() => "no kernel of the cache has it".to_owned(),
                ids => format!("of the cache's kernels {} have it", ids.join(", ")),
            };
            parts.push(match query.strip_prefix('!') {
                Some(query) => format!("a kernel without `{query}`, which {} has", kernel.id),
                None => format!("`{query}`, which {} lacks ({holders})", kernel.id),
            });
        }
        Ok(format!("{what} needs {}", parts.join(", and ")))
    }

    /// The kernels in the cache for which the answer to this query is yes.
    fn holders(&self, query: &str) -> Result<Vec<String>> {
        let mut holders = Vec::new();
        for info in kmod_kernel::list(&self.sdk.kernels, &self.cache)? {
            if info.installed.is_some() && self.answers(&self.kernel(&info.id)?)?.has(query) {
                holders.push(info.id);
            }
        }
        Ok(holders)
    }

    pub fn cargo(
        &self,
        command: &str,
        subject: &Subject,
        kernel: &Kernel,
        args: &cli::Build,
        extra: &[String],
    ) -> Result<()> {
        Asked::of(self, subject, kernel)?.map_or(Ok(()), |asked| asked.refuse(self, subject, kernel))?;
        let sdk = kmod_build::Sdk { rust_dir: self.sdk.rust.clone() };
        Ok(kmod_build::cargo(&request(self, &sdk, subject, kernel, args), command, extra, &self.bars)?)
    }

    /// What mainline's own `kernel` crate, the one in `tree`, has against a driver.
    pub fn upstream(&self, subject: &Subject, kernel: &Kernel, args: &cli::Build, tree: &Path) -> Result<Report> {
        let sdk = kmod_build::Sdk { rust_dir: self.sdk.rust.clone() };
        Ok(upstream(&request(self, &sdk, subject, kernel, args), tree, &self.bars)?)
    }

    /// One module of all examples that compile.
    pub fn build_suite(
        &self,
        subject: &Subject,
        kernel: &Kernel,
        args: &cli::Test,
        examples: &[Example],
    ) -> Result<Suite> {
        let sdk = kmod_build::Sdk { rust_dir: self.sdk.rust.clone() };
        let request = Request { tests: args.tests(), ..request(self, &sdk, subject, kernel, &args.build) };
        Ok(build_suite(&request, examples, &self.bars)?)
    }

    /// Adds the driver once more, as a module that runs its `#[kunit_tests]` when it is loaded.
    pub fn kernel_tests(
        &self,
        initramfs: &mut Initramfs,
        subject: &Subject,
        kernel: &Kernel,
        build: &cli::Build,
        vm: &cli::Vm,
        tests: KernelTests,
    ) -> Result<()> {
        let sdk = kmod_build::Sdk { rust_dir: self.sdk.rust.clone() };
        let request = Request { tests, ..request(self, &sdk, subject, kernel, build) };
        let module = kmod_build::build(&request, &self.bars)?;
        self.depend(initramfs, &subject.wants.modules, kernel, &module, vm)?;
        let path = format!("/kmod/kunit/{}.ko", module.name);
        initramfs.file(&path, &module.ko);
        initramfs.step(Step::KernelTests { path });
        Ok(())
    }

    /// The programs of a driver that run in the guest: its tests, or its demo.
    pub fn programs(
        &self,
        subject: &Subject,
        module: &Module,
        args: &cli::Build,
        which: Which,
    ) -> Result<Vec<(String, PathBuf)>> {
        let Source::Package { manifest, tests, demo, .. } = &subject.source else { return Ok(Vec::new()) };
        let programs = match which {
            Which::Tests if *tests => Programs::Tests,
            Which::Demo if *demo => Programs::Example(DEMO),
            _ => return Ok(Vec::new()),
        };
        Ok(kmod_build::guest_programs(
            manifest,
            programs,
            Some(&module.bindings),
            args.locked,
            args.offline,
            &self.bars,
        )?)
    }

    pub fn initramfs(&self) -> Result<Initramfs> {
        Ok(Initramfs::new(kmod_build::guest_init(&self.sdk.guest, &self.cache, &self.bars)?))
    }

    /// Puts the kernel's modules that the module needs into the initramfs, with the steps that load them.
    pub fn depend(
        &self,
        initramfs: &mut Initramfs,
        wanted: &[String],
        kernel: &Kernel,
        module: &Module,
        vm: &cli::Vm,
    ) -> Result<()> {
        let extra = [wanted, &vm.module[..]].concat();
        for (file, bytes) in kmod_vm::closure(&module.ko, &extra, kernel.modules_dir.as_deref())? {
            let path = format!("/kmod/modules/{file}");
            if initramfs.bytes(&path, bytes) {
                initramfs.step(Step::Depend { path });
            }
        }
        Ok(())
    }

    /// Puts the module, the kernel's modules that it needs, and the wanted packages into the initramfs, with the steps that
    /// load the modules.
    pub fn load(
        &self,
        initramfs: &mut Initramfs,
        subject: &Subject,
        kernel: &Kernel,
        module: &Module,
        vm: &cli::Vm,
    ) -> Result<()> {
        self.depend(initramfs, &subject.wants.modules, kernel, module, vm)?;
        let packages = [&subject.wants.install[..], &vm.install[..]].concat();
        if !packages.is_empty() {
            initramfs.tree(&kmod_setup::programs(&packages, &self.cache, &self.bars)?)?;
        }
        let path = guest_path(module);
        initramfs.file(&path, &module.ko);
        initramfs.step(Step::Insmod { path, params: [&subject.wants.params[..], &vm.param[..]].concat() });
        Ok(())
    }

    pub fn boot(
        &self,
        subject: &Subject,
        kernel: &Kernel,
        vm: &cli::Vm,
        initramfs: &Initramfs,
        interactive: bool,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<Finished> {
        let wants = &subject.wants;
        let machine = Machine {
            devices: [&wants.devices[..], &vm.device[..]].concat(),
            qemu_args: [&wants.qemu[..], &vm.qemu[..]].concat(),
            append: [&wants.append[..], &vm.append[..]].concat(),
            memory_mib: wants.memory.unwrap_or(Machine::default().memory_mib),
            cpus: wants.cpus.unwrap_or(Machine::default().cpus),
        };
        let finished = kmod_vm::boot(
            &Boot {
                cache: &self.cache,
                qemu: &Qemu::find("qemu-system-x86_64")?,
                vmlinux: &kernel.vmlinux(&self.cache)?,
                release: &kernel.release,
                machine: &machine,
                initramfs,
                timeout: vm.timeout,
                silence: vm.timeout.min(Duration::from_secs(120)),
                interactive,
            },
            on_line,
        )?;
        finished.notes.iter().for_each(|note| eprintln!("note: {note}"));
        Ok(finished)
    }
}

pub enum Which {
    Tests,
    Demo,
    Nothing,
}

/// `/kmod/edu.ko`
fn guest_path(module: &Module) -> String {
    format!("/kmod/{}.ko", module.name)
}

fn request<'a>(
    session: &'a Session,
    sdk: &'a kmod_build::Sdk,
    subject: &'a Subject,
    kernel: &'a Kernel,
    args: &'a cli::Build,
) -> Request<'a> {
    let target = match &subject.source {
        Source::Package { manifest, .. } => {
            Target::Package { manifest_path: manifest.clone(), name: Some(subject.name.clone()) }
        }
        Source::File(path) => Target::File(path.clone()),
    };
    let profile = match args.profile.as_str() {
        "release" => Profile::Release,
        "dev" => Profile::Dev,
        name => Profile::Named(name.to_owned()),
    };
    Request {
        kernel,
        sdk,
        cache: &session.cache,
        target,
        profile,
        features: args.features.clone().into(),
        locked: args.locked,
        offline: args.offline,
        target_dir: args.target_dir.as_deref().map(Path::to_owned),
        verbose: args.verbose,
        tests: KernelTests::Off,
    }
}
