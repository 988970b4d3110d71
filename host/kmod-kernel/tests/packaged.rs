// SPDX-License-Identifier: MIT OR Apache-2.0
//! Packaged kernels, end to end: downloaded (once, into the user's cache), prepared, read, and used to build a C module.
use kmod_kernel::{Kernel, btf, list, remove, resolve, unmet_expectations};
use kmod_os::{Cache, Progress, Task};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

struct Notes;
struct Step(String, Instant);

impl Progress for Notes {
    fn start(&self, what: &str, _total: Option<u64>) -> Box<dyn Task> {
        Box::new(Step(what.to_owned(), Instant::now()))
    }
    fn note(&self, line: &str) {
        println!("{line}");
    }
}

impl Task for Step {
    fn set(&self, _done: u64) {}
}

impl Drop for Step {
    fn drop(&mut self) {
        println!("{}: {:.1?}", self.0, self.1.elapsed());
    }
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn builds_a_module(kernel: &Kernel) {
    let dir = tempfile::tempdir().unwrap();
    kmod_os::write(dir.path().join("Kbuild"), "obj-m := trivial.o\n").unwrap();
    let source = "#include <linux/module.h>\nstatic int __init start(void) { return 0; }\nmodule_init(start);\nMODULE_LICENSE(\"GPL\");\nMODULE_DESCRIPTION(\"does nothing\");\n";
    kmod_os::write(dir.path().join("trivial.c"), source).unwrap();
    let output = kernel.make(dir.path()).arg("modules").output().unwrap();
    assert!(output.success && dir.path().join("trivial.ko").exists(), "{}{}", output.stdout, output.stderr);
    assert!(!output.stderr.contains("objtool"), "{}", output.stderr);
}

fn end_to_end(id: &str) {
    let cache = Cache::of_user().unwrap();
    let kernel = resolve(id, &cache, &project().join("kernels"), &Notes).unwrap();
    println!("{kernel:?}");
    assert!(kernel.config().unwrap().is_on("MODULES"));
    assert!(kernel.symvers().unwrap().get("devm_kmalloc").is_some());
    builds_a_module(&kernel);
    assert!(kmod_os::read(kernel.vmlinux(&cache).unwrap()).unwrap().starts_with(b"\x7fELF"));
    assert!(kernel.modules_dir.as_ref().unwrap().join("kernel").exists());

    let header = project().join("rust/bindings/bindings_helper.h");
    let facts = kernel.facts(&cache, &header, &Notes).unwrap();
    let start = Instant::now();
    assert_eq!(facts, kernel.facts(&cache, &header, &Notes).unwrap());
    println!("facts loaded in {:.1?}", start.elapsed());
    let (symvers, config) = (kernel.symvers().unwrap(), kernel.config().unwrap());
    for query in [
        "fn:pci_enable_device/1",
        "field:device.parent",
        "type:gfp_t",
        "macro:GFP_KERNEL",
        "export:kfree",
        "config:PCI",
    ] {
        assert!(facts.has(query, &symvers, &config).unwrap(), "{query}");
    }
    let unmet = unmet_expectations(id, &project().join("kernels"), |query| facts.answers(query, &symvers, &config));
    assert_eq!(unmet.unwrap(), [""; 0]);
    let types = kernel.types(&cache).unwrap();
    let mismatches = btf::check_layouts(&facts, &types);
    assert!(mismatches.is_empty(), "{} of {}: {mismatches:?}", mismatches.len(), facts.records.len());
}

macro_rules! kernels {
    ($($test:ident: $id:literal,)*) => {
        $(#[test]
        fn $test() {
            end_to_end($id);
        })*
    };
}

kernels! {
    debian_5_10: "debian-5.10",
    debian_5_10_generic: "debian-5.10-generic",
    debian_6_1: "debian-6.1",
    debian_6_1_generic: "debian-6.1-generic",
    debian_6_12: "debian-6.12",
    debian_6_12_generic: "debian-6.12-generic",
    debian_6_12_trixie: "debian-6.12-trixie",
    debian_6_12_trixie_generic: "debian-6.12-trixie-generic",
    debian_7_2: "debian-7.2",
    debian_7_2_generic: "debian-7.2-generic",
}

/// The comparison with the kernel's own types sees what differs: 6.1's headers are not 5.10's.
#[test]
fn layouts_of_another_kernel_differ() {
    let cache = Cache::of_user().unwrap();
    let [old, new] =
        ["debian-5.10", "debian-6.1"].map(|id| resolve(id, &cache, &project().join("kernels"), &Notes).unwrap());
    let facts = new.facts(&cache, &project().join("rust/bindings/bindings_helper.h"), &Notes).unwrap();
    assert!(btf::check_layouts(&facts, &old.types(&cache).unwrap()).len() > 100);
}

#[test]
fn a_prepared_tree_is_found_by_its_path() {
    let cache = Cache::of_user().unwrap();
    let kernel = resolve("debian-6.1", &cache, &project().join("kernels"), &Notes).unwrap();
    let path = kernel.build_dir.to_string_lossy().into_owned();
    let tree = resolve(&path, &cache, &project().join("kernels"), &Notes).unwrap();
    assert_eq!((tree.id, tree.release, tree.build_dir), (path, kernel.release, kernel.build_dir.clone()));
    assert_eq!(tree.package, None);
}

#[test]
fn a_kernel_is_listed_with_its_version_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, kernels) = (Cache::at(dir.path()), project().join("kernels"));
    let installed =
        |cache| list(&kernels, cache).unwrap().into_iter().find(|info| info.id == "debian-6.1").unwrap().installed;
    assert_eq!(installed(&cache), None);
    let kernel = resolve("debian-6.1", &cache, &kernels, &Notes).unwrap();
    assert_eq!(installed(&cache), kernel.package.map(|package| package.version));
    // A cache that was moved is prepared anew where it lies now.
    let moved = tempfile::tempdir().unwrap();
    kmod_os::rename(dir.path(), moved.path().join("cache")).unwrap();
    let cache = Cache::at(moved.path().join("cache"));
    builds_a_module(&resolve("debian-6.1-cloud", &cache, &kernels, &Notes).unwrap());
    remove("debian-6.1", &kernels, &cache).unwrap();
    assert_eq!(installed(&cache), None);
}
