// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole builds against a stock kernel, which is fetched once into the user's cache.
use kmod_build::{Error, Features, Module, Profile, Request, Sdk, Target, build};
use kmod_kernel::Kernel;
use kmod_os::{Cache, Progress, Task};
use std::path::{Path, PathBuf};

struct Lines;

impl Progress for Lines {
    fn start(&self, what: &str, _total: Option<u64>) -> Box<dyn Task> {
        println!("{what}");
        kmod_os::Silent.start(what, None)
    }

    fn note(&self, line: &str) {
        println!("{line}");
    }
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project's root")
}

fn kernel(id: &str) -> Kernel {
    kmod_kernel::resolve(id, &Cache::of_user().unwrap(), &project().join("kernels"), &Lines).unwrap()
}

fn run(kernel: &Kernel, target: Target) -> Result<Module, Error> {
    let cache = Cache::of_user().unwrap();
    let sdk = Sdk { rust_dir: project().join("rust") };
    let request = Request {
        kernel,
        sdk: &sdk,
        cache: &cache,
        target,
        profile: Profile::Release,
        features: Features::default(),
        locked: false,
        offline: false,
        target_dir: Some(env!("CARGO_TARGET_TMPDIR").into()),
        verbose: false,
    };
    build(&request, &Lines)
}

fn fixture(name: &str) -> Target {
    let manifest_path = project().join("host/kmod-build/tests/fixtures").join(name).join("Cargo.toml");
    Target::Package { manifest_path, name: None }
}

#[test]
fn a_package_becomes_a_module() {
    let module = run(&kernel("debian-6.1"), fixture("bare")).unwrap();
    assert_eq!(module.name, "bare_module");
    assert!(module.undefined.contains("_printk"));
    assert!(module.helpers.is_empty());
}
