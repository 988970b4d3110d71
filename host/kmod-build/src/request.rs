// SPDX-License-Identifier: MIT OR Apache-2.0
//! What to build, for which kernel, how.
use kmod_kernel::Kernel;
use kmod_os::Cache;
use std::path::PathBuf;

/// Where the in-kernel crates lie.
#[derive(Debug, Clone)]
pub struct Sdk {
    /// The folder `rust/`, with `kernel/`, `bindings/`, `helpers/`, … in it.
    pub rust_dir: PathBuf,
}

#[derive(Debug, Clone)]
pub enum Target {
    /// A package of a cargo workspace, whose library is the module. Without a name, the package of the manifest.
    Package { manifest_path: PathBuf, name: Option<String> },
    /// One Rust file with a `module!` in it, as mainline's samples are.
    File(PathBuf),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Profile {
    #[default]
    Release,
    Dev,
    Named(String),
}

impl Profile {
    /// As cargo's `--profile` takes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
            Self::Named(name) => name,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Features {
    pub features: Vec<String>,
    pub all: bool,
    pub no_default: bool,
}

#[derive(Clone)]
pub struct Request<'a> {
    pub kernel: &'a Kernel,
    pub sdk: &'a Sdk,
    pub cache: &'a Cache,
    pub target: Target,
    pub profile: Profile,
    pub features: Features,
    /// As cargo's `--locked` and `--offline`.
    pub locked: bool,
    pub offline: bool,
    /// The workspace's own target folder if `None`.
    pub target_dir: Option<PathBuf>,
    pub verbose: bool,
    /// With `cfg(kmod_kunit)`: the module runs its `#[kunit_tests]` when it is loaded.
    pub kunit: bool,
}
