// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole builds against a stock kernel, which is fetched once into the user's cache.
use kmod_build::{Error, Features, Module, Profile, Request, Sdk, Target, build, check::Finding};
use kmod_kernel::Kernel;
use kmod_os::{Cache, Progress, Task};
use object::{Object, ObjectSection, ObjectSymbol, read::elf::ElfFile64};
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

fn fixtures() -> PathBuf {
    project().join("host/kmod-build/tests/fixtures")
}

fn run(id: &str, target: Target, features: &[&str], target_dir: &Path) -> Result<Module, Error> {
    let cache = Cache::of_user().unwrap();
    let sdk = Sdk { rust_dir: project().join("rust") };
    let request = Request {
        kernel: &kernel(id),
        sdk: &sdk,
        cache: &cache,
        target,
        profile: Profile::Release,
        features: Features { features: features.iter().map(|f| f.to_string()).collect(), ..Features::default() },
        locked: false,
        offline: false,
        target_dir: Some(target_dir.to_owned()),
        verbose: false,
        tests: kmod_build::KernelTests::Off,
    };
    build(&request, &Lines)
}

/// Builds the module of `fixtures/bare` with the mistakes named by `features`.
fn bare(id: &str, features: &[&str], target_dir: &Path) -> Result<Module, Error> {
    let manifest_path = fixtures().join("bare/Cargo.toml");
    run(id, Target::Package { manifest_path, name: None }, features, target_dir)
}

/// The one finding for which the module with this mistake is refused.
fn refused(mistake: &str) -> Finding {
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(mistake);
    match bare("debian-6.1", &[mistake], &target_dir).unwrap_err() {
        Error::Refused { mut findings, .. } if findings.len() == 1 => findings.remove(0),
        error => panic!("{error}"),
    }
}

#[test]
fn a_package_becomes_a_module() {
    for id in ["debian-5.10", "debian-6.1", "debian-6.12", "debian-7.2"] {
        let module = bare(id, &[], Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        assert_eq!(module.name, "bare_module");
        assert!(module.undefined.contains("snprintf"));
        assert!(module.helpers.is_empty());
        assert!((1000..20_000).contains(&module.text_size), "{}", module.text_size);
    }
}

/// What the configuration demands of machine code, and what of the module shows that it was done. That a trap stands behind
/// each return (SLS) needs a disassembler: objtool looks, and its warnings are errors of the build.
type Mitigation = (&'static [&'static str], fn(&Elf) -> bool);

const MITIGATIONS: &[Mitigation] = &[
    (&["MODVERSIONS"], |elf| has(elf, "__versions")),
    (&["UNWINDER_ORC"], |elf| has(elf, ".orc_unwind")),
    (&["MITIGATION_RETPOLINE", "RETPOLINE"], |elf| {
        has(elf, ".retpoline_sites") && undefined(elf, "__x86_indirect_thunk_")
    }),
    (&["MITIGATION_RETHUNK", "RETHUNK"], |elf| has(elf, ".return_sites") && undefined(elf, "__x86_return_thunk")),
    (&["X86_KERNEL_IBT"], |elf| around(elf, "init_module").1.starts_with(b"\xf3\x0f\x1e\xfa")),
    // Room for code that the kernel may put before a function: ten bytes or more of nothing.
    (&["CALL_PADDING"], |elf| has(elf, ".call_sites") && around(elf, "init_module").0.ends_with(&[0x90; 10])),
];

type Elf<'a> = ElfFile64<'a, object::Endianness>;

fn has(elf: &Elf, section: &str) -> bool {
    elf.section_by_name(section).is_some_and(|section| section.size() > 0)
}

fn undefined(elf: &Elf, start: &str) -> bool {
    elf.symbols().any(|symbol| symbol.is_undefined() && symbol.name().is_ok_and(|name| name.starts_with(start)))
}

/// The code before a function, and its own with what follows.
fn around<'a>(elf: &Elf<'a>, function: &str) -> (&'a [u8], &'a [u8]) {
    let symbol = elf.symbol_by_name(function).unwrap();
    let section = elf.section_by_index(symbol.section_index().unwrap()).unwrap();
    section.data().unwrap().split_at(symbol.address() as usize)
}

#[test]
fn mitigations_are_honoured() {
    for id in ["debian-5.10", "debian-6.1", "debian-6.12", "debian-6.12-trixie", "debian-7.2", "debian-6.1-generic"] {
        let config = kernel(id).config().unwrap();
        let module = bare(id, &[], Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        let bytes = kmod_os::read(module.ko).unwrap();
        let elf = Elf::parse(&*bytes).unwrap();
        for (switches, is_honoured) in MITIGATIONS {
            if switches.iter().any(|switch| config.is_on(switch)) {
                assert!(is_honoured(&elf), "{id} has {switches:?}, and the module does not show it");
            }
        }
    }
}

#[test]
fn a_single_file_becomes_a_module_with_the_helpers_it_uses() {
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("single");
    let module = run("debian-6.1", Target::File(fixtures().join("single-file.rs")), &[], &target_dir).unwrap();
    assert_eq!(module.name, "single_file");
    assert!(module.helpers.contains("__mutex_init"), "{:?}", module.helpers);
    assert!(!module.helpers.contains("spin_lock"), "{:?}", module.helpers);
    let info = String::from_utf8_lossy(&kmod_os::read(&module.ko).unwrap()).into_owned();
    assert!(info.contains("license=GPL") && info.contains("\0kmod="));
}

#[test]
fn nothing_is_built_twice() {
    let target_dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let time = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
    let first = bare("debian-6.12", &[], target_dir.path()).unwrap();
    let made = time(&first.ko);
    let other = bare("debian-7.2", &[], target_dir.path()).unwrap();
    assert_ne!(first.ko, other.ko);
    assert_eq!(bare("debian-6.12", &[], target_dir.path()).unwrap().ko, first.ko);
    assert_eq!(time(&first.ko), made, "building for another kernel in between touched it");
}

#[test]
fn a_failed_build_assert_names_the_function() {
    let Finding::BuildAssert { places } = refused("build-assert") else { panic!() };
    assert_eq!(places, ["bare_module::unproved"]);
}

#[test]
fn what_the_kernel_has_not_is_explained() {
    let Finding::Undefined { symbol, places, why } = refused("typo") else { panic!() };
    assert_eq!((&*symbol, &*places), ("mutex_lockk", &["init_module".to_owned()][..]));
    assert!(why.contains("`mutex_lock`"), "{why}");
    assert!(matches!(refused("wide"), Finding::Wide { symbol, .. } if symbol == "__udivti3"));
    let error = bare("debian-6.1", &["float"], &Path::new(env!("CARGO_TARGET_TMPDIR")).join("float")).unwrap_err();
    let Error::Refused { findings, .. } = error else { panic!("{error}") };
    assert!(findings.iter().all(|f| matches!(f, Finding::Float { .. })), "{findings:?}");
}

#[test]
fn what_is_no_module_is_explained() {
    assert_eq!(refused("no-init"), Finding::NoInit);
    assert_eq!(refused("no-licence"), Finding::NoLicense);
}

#[test]
fn gpl_symbols_need_a_gpl_licence() {
    let Finding::Gpl { symbol, license } = refused("proprietary") else { panic!() };
    assert_eq!((&*symbol, &*license), ("class_for_each_device", "Proprietary"));
}

#[test]
fn a_crate_that_needs_std_is_named() {
    let error = bare("debian-6.1", &["std"], &Path::new(env!("CARGO_TARGET_TMPDIR")).join("std")).unwrap_err();
    assert!(matches!(&error, Error::NeedsStd { krate, needed: "std" } if krate == "hosted"), "{error}");
}

#[test]
fn a_folder_that_make_cannot_take_is_refused() {
    let error = bare("debian-6.1", &[], &Path::new(env!("CARGO_TARGET_TMPDIR")).join("a folder")).unwrap_err();
    assert!(matches!(error, Error::FolderName { .. }), "{error}");
}
