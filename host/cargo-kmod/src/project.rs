// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which packages the user means, and what their manifests ask for.
use crate::{
    cli::Build,
    error::{Error, Result},
};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use kmod_build::{Example, examples::SUITE};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A driver to build: a package, or a single file.
pub struct Subject {
    pub name: String,
    pub source: Source,
    pub wants: Wants,
}

pub enum Source {
    Package { manifest: PathBuf, root: PathBuf, driver: bool, tests: bool, demo: bool },
    File(PathBuf),
}

/// `[package.metadata.kmod]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wants {
    /// The kernels for which the driver is, by id; all if none is named.
    pub kernels: Vec<String>,
    /// What the driver needs of a kernel, as in `cfg(kmod_has = "…")`.
    pub requires: Vec<String>,
    /// Devices of the VM: `-device` arguments, or `acpi:HID`.
    pub devices: Vec<String>,
    /// The kernel's own modules to load first, beyond those that the driver links to.
    pub modules: Vec<String>,
    /// Debian packages whose programs the VM has.
    pub install: Vec<String>,
    /// Parameters to load the driver with.
    pub params: Vec<String>,
    /// Further arguments for QEMU, in which `{dir}` is a folder of this boot alone.
    pub qemu: Vec<String>,
    /// Further kernel parameters.
    pub append: Vec<String>,
    /// The VM's memory in MiB.
    pub memory: Option<u32>,
    /// The VM's processors.
    pub cpus: Option<u32>,
}

/// The example of a driver that `cargo kmod run` runs in the VM.
pub const DEMO: &str = "demo";

pub fn select(build: &Build) -> Result<Vec<Subject>> {
    if let Some(file) = &build.file {
        return Ok(vec![Subject::file(file)?]);
    }
    let workspaces = workspaces()?;
    let drivers: Vec<&Package> = workspaces.iter().flat_map(drivers).collect();
    let known = || drivers.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
    let chosen: Vec<&Package> = if !build.package.is_empty() {
        let find = |name: &String| {
            let libraries = workspaces.iter().filter(holds_kernel).flat_map(Metadata::workspace_packages);
            let found = drivers.iter().copied().chain(libraries).find(|p| p.name.as_str() == name.as_str());
            found.ok_or_else(|| Error::NoPackage { name: name.clone(), known: known() })
        };
        build.package.iter().map(find).collect::<Result<_>>()?
    } else if build.workspace {
        drivers.clone()
    } else {
        let here = std::env::current_dir().unwrap_or_default();
        let holds = |p: &&&Package| p.manifest_path.parent().is_some_and(|dir| here.starts_with(dir));
        match drivers.iter().find(holds) {
            Some(package) => vec![*package],
            None => workspaces.first().map(|w| drivers_of_root(w)).unwrap_or_default(),
        }
    };
    if chosen.is_empty() {
        return Err(Error::NoDriver { known: known() });
    }
    chosen.into_iter().map(Subject::package).collect()
}

/// The workspace of this folder, and those that its `[workspace.metadata.kmod] workspaces` names.
fn workspaces() -> Result<Vec<Metadata>> {
    let read = |dir: &Path| MetadataCommand::new().current_dir(dir).no_deps().exec();
    let first = read(Path::new("."))?;
    let further: Vec<PathBuf> = first.workspace_metadata["kmod"]["workspaces"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| Some(first.workspace_root.as_std_path().join(v.as_str()?)))
        .collect();
    let mut all = vec![first];
    for dir in further {
        all.push(read(&dir)?);
    }
    Ok(all)
}

/// A driver is a package that depends on the `kernel` crate.
fn drivers(workspace: &Metadata) -> Vec<&Package> {
    let of_kernel = |p: &&Package| p.dependencies.iter().any(|d| d.name == "kernel");
    workspace.workspace_packages().into_iter().filter(of_kernel).collect()
}

/// Whether this is the workspace of the in-kernel crates, which are libraries.
fn holds_kernel(workspace: &&Metadata) -> bool {
    workspace.workspace_packages().iter().any(|p| p.name == "kernel")
}

/// As cargo does it: a workspace without a package at its root means all members.
fn drivers_of_root(workspace: &Metadata) -> Vec<&Package> {
    let here = std::env::current_dir().unwrap_or_default();
    if here == workspace.workspace_root.as_std_path() { drivers(workspace) } else { Vec::new() }
}

impl Subject {
    /// A driver that there is only by name.
    #[cfg(test)]
    pub fn bare(name: &str) -> Self {
        Self { name: name.to_owned(), source: Source::File(PathBuf::new()), wants: Wants::default() }
    }

    /// A module made of examples: it has no file of its own yet. Some examples name more processors than two.
    pub fn suite() -> Self {
        let wants = Wants { cpus: Some(4), ..Wants::default() };
        Self { name: SUITE.to_owned(), source: Source::File(PathBuf::new()), wants }
    }

    /// Whether it becomes a module; else it is one of the in-kernel crates.
    pub fn is_driver(&self) -> bool {
        !matches!(self.source, Source::Package { driver: false, .. })
    }

    /// Whether it has tests that run inside the kernel.
    pub fn has_kernel_tests(&self) -> Result<bool> {
        let files = match &self.source {
            Source::Package { root, .. } => kmod_build::examples::sources(root)?,
            Source::File(file) => vec![file.clone()],
        };
        for file in files {
            if kmod_os::read_to_string(file)?.contains("#[kunit_tests(") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The examples in its documentation.
    pub fn examples(&self) -> Result<Vec<Example>> {
        match &self.source {
            Source::Package { root, .. } => Ok(kmod_build::examples::of_crate(root)?),
            Source::File(_) => Ok(Vec::new()),
        }
    }

    fn file(file: &Path) -> Result<Self> {
        let path = file.canonicalize().map_err(|_| Error::NoFile { path: file.to_owned() })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, source: Source::File(path), wants: Wants::default() })
    }

    fn package(package: &Package) -> Result<Self> {
        let manifest = package.manifest_path.clone().into_std_path_buf();
        let bad = |why: String| Error::BadMetadata { manifest: manifest.clone(), why };
        let wants = match package.metadata.get("kmod") {
            None => Wants::default(),
            Some(value) => Wants::deserialize(value).map_err(|e| bad(e.to_string()))?,
        };
        let readable = |query: &String| query.parse::<kmod_kernel::Query>().map(drop);
        wants.requires.iter().try_for_each(readable).map_err(|e| bad(format!("in `requires`: {e}")))?;
        let library =
            package.targets.iter().find(|t| t.is_lib() || t.is_rlib() || t.is_staticlib() || t.is_proc_macro());
        let root = library.map_or_else(|| manifest.clone(), |t| t.src_path.clone().into());
        let driver = package.dependencies.iter().any(|d| d.name == "kernel");
        let tests = package.targets.iter().any(|t| t.is_test());
        let demo = package.targets.iter().any(|t| t.is_example() && t.name == DEMO);
        Ok(Self {
            name: package.name.to_string(),
            source: Source::Package { manifest, root, driver, tests, demo },
            wants,
        })
    }
}
