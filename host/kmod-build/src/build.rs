// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole way: one request to one checked module.
use crate::{
    Error, Request, Result, Toolchain,
    bindings::Generated,
    cargo::{Cargo, Mistake},
    check::{self, Against, Finding},
    kbuild::{self, Kbuild},
    link,
    package::Package,
    sysroot::Sysroot,
};
use kmod_os::Progress;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// A built module.
#[derive(Debug, Clone)]
pub struct Module {
    pub ko: PathBuf,
    /// As `lsmod` shows it.
    pub name: String,
    /// Bytes of machine code.
    pub text_size: u64,
    /// The release of the kernel it is for.
    pub release: String,
    /// The C helpers in it.
    pub helpers: BTreeSet<String>,
    /// What it wants from the kernel.
    pub undefined: BTreeSet<String>,
    /// The folder of generated bindings with which the same code is compiled for the host.
    pub bindings: PathBuf,
}

/// Builds the module for the request's kernel and checks that this kernel will take it.
pub fn build(request: &Request, progress: &dyn Progress) -> Result<Module> {
    let prepared = Prepared::new(request, progress)?;
    let cargo = prepared.cargo(request);
    let package = &prepared.package;
    let dir = cargo.target_dir().join(request.kernel.folder()).join(request.profile.name());
    let dir = dir.join(&package.folder).join(request.tests.folder());
    kmod_os::create_dir_all(&dir)?;
    let kbuild = Kbuild { kernel: request.kernel, module: &package.module, dir: &dir };
    let _building = request.cache.lock(&format!("build-{}", crate::hash([&*dir.to_string_lossy()])))?;

    let object = {
        // Kernels with the same flags share the library's path.
        let target_dir = cargo.target_dir();
        let _library = request.cache.lock(&format!("cargo-{}", crate::hash([&*target_dir.to_string_lossy()])))?;
        link::link(request.kernel.arch, &cargo.build(progress)?, &dir)?
    };
    let generated = &prepared.generated;
    let symvers = request.kernel.symvers()?;
    let header = package.rust_dir.join("bindings/bindings_helper.h");
    let against = Against {
        arch: request.kernel.arch,
        release: &request.kernel.release,
        symvers: &symvers,
        helpers: &generated.helpers.names,
        facts: &|| request.kernel.facts(request.cache, &header, progress).ok(),
    };
    let accept = |findings: Vec<Finding>| {
        let (module, release) = (package.module.clone(), request.kernel.release.clone());
        if findings.is_empty() { Ok(()) } else { Err(Error::Refused { module, release, findings }) }
    };
    accept(check::check_object(&object, &against))?;

    kbuild.place(&object)?;
    let undefined = check::contents(&object).undefined;
    let helpers = undefined.iter().filter_map(|name| name.strip_prefix("rust_helper_")).map(str::to_owned).collect();
    let text = kbuild::helpers(&package.module, &generated.dir.join("kmod_has.h"), &generated.helpers.files, &helpers);
    let origin = format!("{} facts={}", env!("CARGO_PKG_VERSION"), generated.identity);
    let made = {
        let _task = progress.start("kbuild", None);
        kbuild.make(&text, &kbuild::modinfo(&[("kmod", origin)]))?
    };
    let (objtool, other): (Vec<_>, Vec<_>) = made.warnings.into_iter().partition(|w| w.contains("objtool"));
    other.iter().for_each(|warning| progress.note(warning));
    let ko = kmod_os::read(&made.ko)?;
    let checked = match objtool.is_empty() {
        true => accept(check::check_module(&ko, &against)),
        false => Err(Error::Objtool { module: package.module.clone(), warnings: objtool }),
    };
    if let Err(error) = checked {
        // make would find everything done the next time, and say nothing.
        kmod_os::remove_dir_all(&dir)?;
        return Err(error);
    }
    kbuild.accept()?;
    let contents = check::contents(&ko);
    Ok(Module {
        ko: made.ko,
        name: package.module.clone(),
        text_size: contents.text_size,
        release: request.kernel.release.clone(),
        helpers,
        undefined: contents.undefined,
        bindings: generated.of_any_kernel.clone(),
    })
}

/// The errors of the request's crate, when type-checked for the request's kernel.
pub(crate) fn errors(request: &Request, progress: &dyn Progress) -> Result<Vec<Mistake>> {
    Prepared::new(request, progress)?.cargo(request).errors()
}

/// Runs `cargo SUBCOMMAND` (check, clippy, doc) on the driver as it is compiled for the request's kernel.
pub fn cargo(request: &Request, subcommand: &str, args: &[String], progress: &dyn Progress) -> Result<()> {
    Prepared::new(request, progress)?.cargo(request).run(subcommand, args)
}

/// What cargo needs to know before it can compile for a kernel.
struct Prepared {
    package: Package,
    sysroot: Sysroot,
    generated: Generated,
}

impl Prepared {
    fn new(request: &Request, progress: &dyn Progress) -> Result<Self> {
        let package = Package::of(request)?;
        let toolchain = Toolchain::find(package.manifest.parent().unwrap_or(Path::new(".")))?;
        let sysroot = Sysroot::for_kernel(request.kernel, &toolchain, request.cache, progress)?;
        let generated = Generated::for_package(request, &package, progress)?;
        Ok(Self { package, sysroot, generated })
    }

    fn cargo<'a>(&'a self, request: &'a Request<'a>) -> Cargo<'a> {
        Cargo { request, package: &self.package, sysroot: &self.sysroot, generated: &self.generated }
    }
}
