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

/// Whether a module runs its `#[kunit_tests]` when it is loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KernelTests {
    #[default]
    Off,
    /// With `cfg(kmod_kunit)`.
    Once,
    /// With `cfg(kmod_fail_alloc)` too: each test again for each of its allocations and resources, which fails.
    FailAlloc,
}

impl KernelTests {
    pub(crate) fn cfgs(self) -> &'static [&'static str] {
        match self {
            Self::Off => &[],
            Self::Once => &["--cfg=kmod_kunit"],
            Self::FailAlloc => &["--cfg=kmod_kunit", "--cfg=kmod_fail_alloc"],
        }
    }

    /// The folder, below the module's own, of what is built so.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Off => "",
            Self::Once => "kunit",
            Self::FailAlloc => "fail-alloc",
        }
    }
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
    pub tests: KernelTests,
}
