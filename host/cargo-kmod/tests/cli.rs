// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bad input and broken machines: each ends with its exit code and a message that says what to do, and the cache stays usable.
use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn fixture(name: &str) -> String {
    project().join("host/cargo-kmod/tests/fixtures").join(name).display().to_string()
}

fn kmod(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-kmod"));
    command.args(args).current_dir(project()).env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// Runs it and checks how it ended; returns all that it printed.
#[track_caller]
fn ends(mut command: Command, code: i32, said: &[&str]) -> String {
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{text}");
    for part in said {
        assert!(text.contains(part), "not said: {part}\n{text}");
    }
    text
}

/// An empty cache, but for rust-src, which is nobody's subject here.
fn empty_cache() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    link_rust_source(dir.path());
    dir
}

fn link_rust_source(cache: &Path) {
    let shared = kmod_os::Cache::of_user().unwrap().path("rust-src");
    if shared.exists() {
        symlink(shared, cache.join("rust-src")).unwrap();
    }
}

/// A folder for PATH with what the machine's has, without the programs `absent` and with these scripts.
fn path(absent: &[&str], scripts: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in scripts {
        let file = dir.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    }
    for folder in std::env::split_paths(&std::env::var_os("PATH").unwrap()) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if !absent.iter().any(|a| name == *a) {
                // The first of a name counts: the others fail.
                let _ = symlink(entry.path(), dir.path().join(name));
            }
        }
    }
    dir
}

/// An archive with one kernel, whose packages `download` writes into files of their names.
fn archive(download: &str) -> tempfile::TempDir {
    let cache = r#"case "$*" in
    *pkgnames*) echo linux-headers-6.1.0-9-cloud-amd64 ;;
    *madison*) for name; do echo "$name | 6.1.99-1 | http://mirror.invalid/debian bookworm/main amd64 Packages"; done ;;
    esac"#;
    let get = format!(
        r#"case "$*" in
    *--print-uris*) ;;
    *download*) for name; do case $name in *=*) {download} >"$name.deb" || exit 100 ;; esac; done ;;
    esac"#
    );
    path(&[], &[("apt-cache", cache), ("apt-get", &get)])
}

/// The cache holds no kernel and nothing half-made, and works on.
fn holds_no_kernel(cache: &Path) {
    let kernels = fs::read_dir(cache.join("kernels/debian-6.1-cloud")).into_iter().flatten().flatten();
    let left: Vec<_> = kernels.map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
    let mut list = kmod(&["kernel", "list", "--json"]);
    list.env("CARGO_KMOD_CACHE", cache);
    let kernels: serde_json::Value = serde_json::from_str(&ends(list, 0, &[])).unwrap();
    assert!(kernels["kernels"].as_array().unwrap().iter().all(|kernel| kernel["installed"].is_null()), "{kernels}");
}

#[test]
fn an_unknown_kernel() {
    ends(kmod(&["kernel", "info", "debian-6.11"]), 2, &["no kernel `debian-6.11` (near: debian-6.1", "kernel list"]);
}

#[test]
fn what_is_not_there() {
    ends(kmod(&["build", "absent.rs"]), 2, &["absent.rs: no such file", "next:"]);
    ends(kmod(&["build", "-p", "absent"]), 2, &["no package `absent`", "next: -p with one of: ", "edu"]);
    ends(kmod(&["run", "--timeout", "0"]), 2, &["a whole number of seconds, 1 or more"]);
}

#[test]
fn a_tree_without_exports() {
    let tree = tempfile::tempdir().unwrap();
    for file in
        ["Makefile", "include/generated/utsrelease.h", "include/generated/autoconf.h", "include/config/auto.conf"]
    {
        kmod_os::write(tree.path().join(file), "").unwrap();
    }
    let tree = tree.path().display().to_string();
    ends(kmod(&["kernel", "info", &tree]), 2, &[&tree, "no Module.symvers", "build the kernel"]);
}

#[test]
fn no_network() {
    let cache = empty_cache();
    let conf = cache.path().join("unreachable.conf");
    let proxy = "Dir::Etc::Parts \"/dev/null\";\nAcquire::http::Proxy \"http://127.0.0.1:9\";\nAcquire::https::Proxy \"http://127.0.0.1:9\";\n";
    fs::write(&conf, proxy).unwrap();
    let mut add = kmod(&["kernel", "add", "debian-6.1"]);
    add.env("CARGO_KMOD_CACHE", cache.path()).env("APT_CONFIG", &conf);
    ends(add, 69, &["cannot update the package lists", "check the network", "then run the command again"]);
    holds_no_kernel(cache.path());
}

#[test]
fn a_package_cut_short() {
    let (cache, archive) = (empty_cache(), archive("echo '!<arch>'"));
    // What a run that was killed left behind goes, too.
    fs::create_dir_all(cache.path().join("kernels/debian-6.1-cloud/.partial-6.1.99-1-killed/usr")).unwrap();
    let mut add = kmod(&["kernel", "add", "debian-6.1"]);
    add.env("CARGO_KMOD_CACHE", cache.path()).env("PATH", archive.path());
    ends(add, 69, &["arrived but does not unpack", "nothing of it was kept"]);
    holds_no_kernel(cache.path());
}

/// A small file system as the cache, in a mount namespace of its own; who is not root gets a user namespace, too.
#[test]
fn a_full_disk() {
    let (cache, archive) = (tempfile::tempdir().unwrap(), archive("head -c 4M /dev/zero"));
    let script = "mount -t tmpfs -o size=1m cache \"$CARGO_KMOD_CACHE\" && ln -s \"$1\" \"$CARGO_KMOD_CACHE/rust-src\"
        PATH=$3 \"$2\" kernel add debian-6.1; code=$?
        find \"$CARGO_KMOD_CACHE/kernels\" -type f -size +0; exit $code";
    let namespaces = "[ \"$(id -u)\" = 0 ] || user=--map-root-user; exec unshare --mount $user \"$@\"";
    let mut add = Command::new("sh");
    add.args(["-c", namespaces, "sh"]);
    let shared = kmod_os::Cache::of_user().unwrap().path("rust-src");
    add.args(["sh", "-c", script, "sh"]).arg(shared).arg(env!("CARGO_BIN_EXE_cargo-kmod"));
    add.arg(archive.path()).current_dir(project()).env("CARGO_KMOD_CACHE", cache.path());
    let text = ends(add, 69, &["cannot download", "check the network and the free disk space"]);
    assert!(!text.contains(".deb\n"), "something was kept:\n{text}");
}

#[test]
fn no_compiler() {
    let path = path(&["gcc", "cc", "apt-get", "apt-cache"], &[]);
    let mut build = kmod(&["build", &fixture("hangs.rs")]);
    build.env("PATH", path.path());
    ends(build, 69, &["cc (gcc 10 or later)", "next: "]);
}

/// A package that the set-up installs serves the very run that asked for it.
#[test]
fn libclang_is_installed_and_used() {
    let (library, _version) = kmod_kernel::libclang().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let install = format!("ln -s {} {}/libclang.so", library.display(), folder.path().display());
    let apt = format!("case \"$*\" in *install*) {install} ;; esac");
    let path = path(&[], &[("apt-get", &apt)]);
    let mut build = kmod(&["build", "-p", "hello"]);
    build.env("PATH", path.path()).env("LIBCLANG_PATH", folder.path());
    ends(build, 0, &["installing libclang"]);
}

#[test]
fn doctor_names_what_is_too_old_or_absent() {
    let rustc = "echo 'rustc 1.70.0 (90c541806 2023-05-31)'; echo 'release: 1.70.0'";
    let qemu = "echo 'QEMU emulator version 5.2.0'";
    let path = path(&["make"], &[("rustc", rustc), ("qemu-system-x86_64", qemu)]);
    let doctor = |args: &[&str]| {
        let mut doctor = kmod(&["doctor"]);
        doctor.args(args).env("PATH", path.path());
        doctor
    };
    let text = ends(doctor(&[]), 69, &["rustc 1.70.0 is too old", "5.2.0 is too old", "get it: "]);
    let missing =
        |name: &str| text.lines().any(|l| l.starts_with("MISSING") && l.split_whitespace().nth(1) == Some(name));
    assert!(missing("rustc") && missing("make") && missing("QEMU") && !missing("libelf"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&ends(doctor(&["--json"]), 69, &[])).unwrap();
    let checks = json["checks"].as_array().unwrap();
    assert!(
        checks.iter().any(|check| check["name"] == "make" && check["ok"] == false && check["yours"] == "not found")
    );
    ends(kmod(&["doctor"]), 0, &["ok       rustc"]);
}

#[test]
fn a_panic_in_probe() {
    let run = kmod(&["run", &fixture("panics.rs"), "--device", "pci-testdev"]);
    let line =
        fs::read_to_string(fixture("panics.rs")).unwrap().lines().position(|l| l.contains("ports[port]")).unwrap();
    ends(run, 4, &[&format!("panics.rs:{}", line + 1), "index out of bounds", "oops"]);
}

#[test]
fn a_guest_that_hangs() {
    ends(kmod(&["run", &fixture("hangs.rs"), "--timeout", "20"]), 6, &["nothing came of it for 20 s", "timeout"]);
}

#[test]
fn a_kernel_that_does_not_boot() {
    let run = |extra: &[&str]| kmod(&[&["run", "-p", "hello"], extra].concat());
    ends(
        run(&["--append", "rdinit=/absent"]),
        5,
        &["no-boot", "did not get as far as its init", "started again", "Kernel panic", "next: "],
    );
    let (tree, not_an_image) = (tree_of("debian-6.1"), tempfile::NamedTempFile::new().unwrap());
    let (tree, image) = (tree.path().display().to_string(), not_an_image.path().display().to_string());
    ends(run(&["--kernel", &tree, "--image", &image]), 2, &[&image, "not a kernel image"]);
}

/// A header tree unpacked by hand, with an image given by its path.
#[test]
fn a_kernel_by_path() {
    let (tree, info) = (tree_of("debian-6.1"), info("debian-6.1"));
    let (path, image) = (tree.path().display().to_string(), info["image"].as_str().unwrap());
    ends(kmod(&["run", "-p", "hello", "--kernel", &path, "--image", image]), 0, &["pass, 3 passed, 0 failed"]);
    let release = tree.path().join("include/generated/utsrelease.h");
    fs::write(release, "#define UTS_RELEASE \"5.4.0-9\"\n").unwrap();
    ends(kmod(&["build", "-p", "hello", "--kernel", &path]), 2, &[&path, "older than 5.10"]);
}

fn info(id: &str) -> serde_json::Value {
    serde_json::from_str(&ends(kmod(&["kernel", "info", id, "--json"]), 0, &[])).unwrap()
}

fn tree_of(id: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let from = format!("{}/.", info(id)["build_dir"].as_str().unwrap());
    assert!(Command::new("cp").args(["-rL", &from]).arg(dir.path()).status().unwrap().success());
    dir
}

#[test]
fn a_shell_in_the_guest_has_a_terminal() {
    let mut run = kmod(&["run", "-p", "hello", "--shell"]);
    let mut child = run.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"~ # ") {
        child.stdout.as_mut().unwrap().read_exact(&mut byte).expect("a prompt comes");
        text.push(byte[0]);
    }
    child.stdin.take().unwrap().write_all(b"tty; lsmod; exit\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("/dev/ttyS0") && said.contains("hello"), "{said}");
    assert!(!String::from_utf8_lossy(&text).contains("job control turned off"));
}

/// Two machines share the cells: each is run by one of them, and told of in both forms.
#[test]
fn shards_and_reports() {
    let dir = tempfile::tempdir().unwrap();
    let mut cells = Vec::new();
    for part in ["1/2", "2/2"] {
        let file = dir.path().join("junit.xml");
        let junit = file.display().to_string();
        let args = ["test", "-p", "hello", "-k", "debian-6.1", "-k", "debian-7.2", "--shard", part, "--junit", &junit];
        let output = kmod(&args).arg("--json").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let xml = fs::read_to_string(&file).unwrap();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let cell: serde_json::Value = serde_json::from_str(line).unwrap();
            let kernel = cell["kernel"].as_str().unwrap();
            assert_eq!(cell["verdict"], "pass", "{line}");
            assert!(xml.contains(&format!("<testsuite name=\"hello on {kernel}\" tests=\"6\"")), "{xml}");
            for result in cell["results"].as_array().unwrap() {
                assert!(xml.contains(&format!("<testcase name={}", result["name"])), "{result} in {xml}");
            }
            cells.push(kernel.to_owned());
        }
    }
    cells.sort();
    assert_eq!(cells, ["debian-6.1", "debian-7.2"]);
}
