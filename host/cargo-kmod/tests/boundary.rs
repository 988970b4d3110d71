// SPDX-License-Identifier: MIT OR Apache-2.0
//! `impact` and `policy check` as they are run on a tree: what they print, in each format, and how they end.
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

const MAINTAINERS: &str = "\
DMA MAPPING HELPERS\nM:\tC Owner <c@example.org>\nL:\tiommu@example.org\nF:\tinclude/linux/dma-mapping.h\nF:\tkernel/dma/\n\n\
DMA MAPPING [RUST]\nM:\tR Owner <r@example.org>\nF:\trust/helpers/dma.c\nF:\trust/kernel/dma.rs\n\n\
THE REST\nM:\tL <l@example.org>\nF:\t*\nF:\t*/\n";

const HEADER: &str =
    "struct device;\n\nint dma_alloc(struct device *dev, int n);\n\nint dma_other(int n);\n\n#define DMA_END 1\n";

/// The C owner declines Rust in his tree.
const DECLINES: &str = "[[subsystem]]\nname = \"DMA MAPPING HELPERS\"\nstance = \"declines\"\nmay-break-rust = false\nsource = \"a mail\"\n";

const RUST: &str = "pub fn alloc(dev: *mut bindings::device) -> i32 {\n    bindings::dma_alloc(dev, 1)\n}\n";

/// C changes a prototype that Rust calls; made as git does it, with what surrounds the hunk.
const BREAKS: &str = "diff --git a/include/linux/dma-mapping.h b/include/linux/dma-mapping.h\n\
--- a/include/linux/dma-mapping.h\n+++ b/include/linux/dma-mapping.h\n@@ -1,5 +1,5 @@ struct device;\n struct device;\n \n\
-int dma_alloc(struct device *dev, int n);\n+int dma_alloc(struct device *dev, long n);\n \n int dma_other(int n);\n";

fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("MAINTAINERS", MAINTAINERS),
        ("include/linux/dma-mapping.h", HEADER),
        ("rust/kernel/dma.rs", RUST),
        ("policy.toml", DECLINES),
    ] {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn new_file(path: &str, line: &str) -> String {
    format!(
        "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,1 @@\n+{line}\n"
    )
}

/// An mbox as b4 writes it.
fn mail(message: &str, diff: &str) -> String {
    format!(
        "From git@z Thu Jan  1 00:00:00 1970\nFrom: A <a@example.org>\nSubject: [PATCH] x\n\n{message}\n---\n\n{diff}-- \n2.47.0\n\n"
    )
}

#[track_caller]
fn ends(tree: &Path, args: &[&str], series: &[u8], code: i32) -> String {
    let file = tree.join("series.mbox");
    fs::write(&file, series).unwrap();
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_cargo-kmod"))
        .args(args)
        .args([file.as_os_str(), "--tree".as_ref(), tree.as_os_str()])
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "{text}");
    text
}

/// The command in the tree's folder, as git and b4 start it, with something to read.
#[track_caller]
fn reads(tree: &Path, args: &[&str], input: &str, code: i32) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cargo-kmod"))
        .args(args)
        .current_dir(tree)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "{text}");
    text
}

#[track_caller]
fn git(tree: &Path, args: &[&str]) -> String {
    let who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").args(who).args(args).current_dir(tree).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "not said: {part}\n{text}");
    }
}

#[test]
fn a_series_that_only_adds_a_rust_user_needs_no_ack_of_the_c_maintainer() {
    let tree = tree();
    let policy = tree.path().join("policy.toml").display().to_string();
    let series = mail("Add it.", &new_file("rust/helpers/dma.c", "#include <linux/dma-mapping.h>"))
        + &mail("Use it.", &new_file("drivers/gpu/user.rs", "use kernel::dma;"));
    let check = ["policy", "check", "--policy", &policy];
    let text = ends(tree.path(), &check, series.as_bytes(), 0);
    says(&text, &["rust-user-only (note; policy [9])", "no ack of its maintainers is needed", "Declines", "a mail"]);
    says(&text, &["owners: C Owner <c@example.org>", "R Owner <r@example.org>", "1 findings"]);

    let json: serde_json::Value =
        serde_json::from_str(&ends(tree.path(), &[&check[..], &["--json"]].concat(), series.as_bytes(), 0)).unwrap();
    assert_eq!(json["findings"][0]["rule"], "rust-user-only");
    assert_eq!(json["findings"][0]["stance"]["stance"], "declines");

    let sarif: serde_json::Value =
        serde_json::from_str(&ends(tree.path(), &[&check[..], &["--sarif"]].concat(), series.as_bytes(), 0)).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"rust-user-only".into(), &"note".into()));
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "rust/helpers/dma.c");
}

#[test]
fn rust_inside_a_declining_tree_needs_an_ack() {
    let tree = tree();
    let policy = tree.path().join("policy.toml").display().to_string();
    let check = ["policy", "check", "--policy", &policy];
    let diff = new_file("kernel/dma/coherent.rs", "fn f() {}");
    says(
        &ends(tree.path(), &check, mail("Add.", &diff).as_bytes(), 1),
        &["rust-in-declining-tree (error; policy [1, 3])"],
    );
    let acked = mail("Add.\n\nAcked-by: C Owner <c@example.org>", &diff);
    says(&ends(tree.path(), &check, acked.as_bytes(), 0), &["0 findings"]);
    // Nothing is on record here by default: no stance, no finding.
    says(&ends(tree.path(), &["policy", "check"], mail("Add.", &diff).as_bytes(), 0), &["0 findings"]);
}

#[test]
fn who_breaks_rust_says_who_mends_it() {
    let tree = tree();
    let series = mail("Widen it.", BREAKS);
    says(&ends(tree.path(), &["policy", "check"], series.as_bytes(), 1), &["rust-left-broken", "C Owner", "R Owner"]);
    let said = mail("Widen it. R Owner will fix the Rust side.", BREAKS);
    says(&ends(tree.path(), &["policy", "check"], said.as_bytes(), 0), &["0 findings"]);

    let text = ends(tree.path(), &["impact"], series.as_bytes(), 1);
    says(&text, &["Rust must follow", "include/linux/dma-mapping.h:3: dma_alloc", "used at rust/kernel/dma.rs:2"]);
    says(&text, &["Cc: C Owner <c@example.org>", "Cc: R Owner <r@example.org>", "Cc: iommu@example.org"]);
    says(
        &ends(tree.path(), &["impact"], BREAKS.replace("dma_alloc", "dma_nothing").as_bytes(), 2),
        &["does not apply"],
    );
}

#[test]
fn bad_input_ends_with_its_place() {
    let tree = tree();
    let binary = "diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n";
    for (series, said) in [
        (&b"nothing at all"[..], "neither a mail nor a diff"),
        (b"\xff\xfe\x00", "neither a mail nor a diff"),
        (b"From git@z Thu Jan  1 00:00:00 1970\nSubject: cut", "neither a mail nor a diff"),
        (binary.as_bytes(), "partial: the diff: x.png: binary"),
    ] {
        for command in [&["impact"][..], &["policy", "check"]] {
            says(&ends(tree.path(), command, series, 2), &[said]);
        }
    }
    fs::remove_file(tree.path().join("MAINTAINERS")).unwrap();
    says(&ends(tree.path(), &["impact"], BREAKS.as_bytes(), 1), &["partial: ", "MAINTAINERS", "Rust must follow"]);
    fs::remove_dir_all(tree.path().join("rust")).unwrap();
    says(&ends(tree.path(), &["impact"], BREAKS.as_bytes(), 2), &["no Rust in this tree"]);
}

#[track_caller]
fn api_diff(args: &[&str], code: i32) -> String {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/api");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-kmod"));
    let Output { status, stdout, stderr } = command.arg("api-diff").args(args).current_dir(cases).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "{text}");
    text
}

#[test]
fn an_api_that_changes_breaks_some_users() {
    let (old, new) = ("01-type-moved/old.rs", "01-type-moved/new.rs");
    let text = api_diff(&[old, new, "--users", "01-type-moved/user.rs"], 1);
    says(&text, &["breaks: moved: `kernel::types::ARef`", "user.rs:2 by import", "1 changes, 1 break the users"]);
    let text = api_diff(&[old, new, "--users", "01-type-moved/other.rs"], 0);
    says(&text, &["1 changes, 0 break the users"]);
    let json = api_diff(&[old, new, "--json", "--users", "01-type-moved/user.rs"], 1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"][0]["sites"][0]["line"], 2);
    says(&api_diff(&[old, new], 1), &["moved: `kernel::types::ARef` is now `kernel::sync::aref::ARef`"]);
    api_diff(&[old, old], 0);
}

#[test]
fn what_is_no_crate_is_named() {
    says(&api_diff(&["01-type-moved", "no-change/new.rs"], 2), &["01-type-moved: no crate here", "lib.rs"]);
    says(&api_diff(&["no-change/old.rs", "no-change/new.rs", "--users", "nobody"], 2), &["nobody: no such file"]);
    let dir = tempfile::tempdir().unwrap();
    let user = dir.path().join("user.rs");
    fs::write(&user, "fn {").unwrap();
    let text = api_diff(&["no-change/old.rs", "no-change/new.rs", "--users", &user.display().to_string()], 2);
    says(&text, &["partial: ", "user.rs:1: "]);
}

/// A tree of git with two commits on top: one that breaks Rust, one that mends it.
fn repository() -> tempfile::TempDir {
    let dir = tree();
    let at = dir.path();
    git(at, &["init", "--quiet"]);
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "base"]);
    fs::write(at.join("include/linux/dma-mapping.h"), HEADER.replace("*dev, int n", "*dev, long n")).unwrap();
    git(at, &["commit", "--quiet", "-a", "-m", "Widen it."]);
    fs::write(at.join("rust/kernel/dma.rs"), RUST.replace("(dev, 1)", "(dev, 1i64)")).unwrap();
    git(at, &["commit", "--quiet", "-a", "-m", "rust: follow"]);
    dir
}

#[test]
fn a_range_of_commits_is_looked_at_wherever_the_tree_stands() {
    let tree = repository();
    let at = tree.path();
    let found = ["Rust must follow", "include/linux/dma-mapping.h:3: dma_alloc", "used at rust/kernel/dma.rs:2"];
    // Checked out: the end of the range, its start, and something else.
    for commit in ["main", "main~2", "main~1"] {
        git(at, &["checkout", "--quiet", commit]);
        says(&reads(at, &["impact", "main~2..main"], "", 1), &found);
    }
    says(&reads(at, &["impact", "main~2..main~1"], "", 1), &found);
    says(&reads(at, &["impact", "main~1..main"], "", 0), &["no effect"]);
    git(at, &["checkout", "--quiet", "main"]);
    says(&reads(at, &["impact", "main~2"], "", 1), &found);
    // Who breaks Rust and mends it in the same series has done what the policy asks.
    says(&reads(at, &["policy", "check", "main~2..main~1"], "", 1), &["rust-left-broken"]);
    says(&reads(at, &["policy", "check", "main~2..main"], "", 0), &["0 findings"]);
    for (range, why) in [("main..main", "it has no commits"), ("absent..main", "absent"), ("--output=x", "--output=x")]
    {
        says(&reads(at, &["impact", "--", range], "", 2), &[why, "next: "]);
    }
    assert!(!at.join("x").exists());
}

#[test]
fn git_and_b4_can_ask() {
    let tree = repository();
    let at = tree.path();
    // b4's per-patch check: each patch on standard input, with the end of the series checked out.
    let patches = git(at, &["format-patch", "--stdout", "main~2..main~1"]) + "\n";
    for args in [&["impact", "-"][..], &["policy", "check", "-"]] {
        let text = reads(at, args, &patches, 1);
        assert!(!text.contains("partial"), "{text}");
    }
    let mends = git(at, &["format-patch", "--stdout", "main~1..main"]) + "\n";
    assert_eq!(reads(at, &["policy", "check", "-"], &mends, 0), "", "b4 takes each line for a warning");
    says(&reads(at, &["impact", "-"], "no patch", 2), &["neither a mail nor a diff"]);
    // git's hook before a push, as docs/boundary.md has it.
    let hook = include_str!("../../../docs/boundary.md").split_once("```sh\n#!/bin/sh").unwrap().1;
    let hook = format!("#!/bin/sh{}", hook.split_once("```").unwrap().0);
    let hook = hook.replace("cargo kmod", env!("CARGO_BIN_EXE_cargo-kmod"));
    let file = at.join(".git/hooks/pre-push");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, hook).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&file, mode).unwrap();
    git(at, &["init", "--quiet", "--bare", "remote.git"]);
    let push = |what: &str| {
        let output = Command::new("git").args(["push", "remote.git", what]).current_dir(at).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (pushed, why) = push("main~2:refs/heads/topic");
    assert!(pushed, "{why}");
    let (pushed, why) = push("main~1:refs/heads/topic");
    assert!(!pushed && why.contains("rust-left-broken"), "{why}");
    let (pushed, why) = push("main:refs/heads/topic");
    assert!(pushed, "{why}");
}

#[test]
fn a_tree_may_have_the_series_already() {
    let tree = tree();
    fs::write(tree.path().join("include/linux/dma-mapping.h"), HEADER.replace("*dev, int n", "*dev, long n")).unwrap();
    let text = ends(tree.path(), &["impact"], mail("Widen it.", BREAKS).as_bytes(), 1);
    says(
        &text,
        &[
            "Rust must follow",
            "- int dma_alloc(struct device *dev, int n)",
            "+ int dma_alloc(struct device *dev, long n)",
        ],
    );
    assert!(!text.contains("partial"), "{text}");
}

#[test]
fn a_driver_that_names_what_a_kernel_lacks_is_refused_before_it_is_compiled() {
    let dir = tempfile::tempdir().unwrap();
    let driver = dir.path().join("direct.rs");
    for id in ["debian-6.1", "debian-7.2"] {
        reads(Path::new(env!("CARGO_MANIFEST_DIR")), &["kernel", "add", id], "", 0);
    }
    // The one came in Linux 6.15, the other went in 6.15.
    for (name, lacks) in [("timer_init_key", "debian-6.1"), ("del_timer", "debian-7.2")] {
        fs::write(&driver, format!("fn f() {{\n    let _ = kernel::bindings::{name};\n}}\n")).unwrap();
        let refused = |command: &str| {
            let args = [command, "direct.rs", "--kernel", lacks];
            let text = reads(dir.path(), &args, "", 3);
            says(&text, &["direct.rs:2: ", &format!("no `{name}`; debian-"), "has it (", "include/linux/timer.h:"]);
            says(&text, &[&format!("#[cfg(kmod_has = \"fn:{name}\")]")]);
            assert!(!text.contains("error[E"), "the compiler was asked:\n{text}");
        };
        refused("build");
        refused("check");
    }
}

#[test]
fn btf_that_is_none_or_cut_short_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cut.btf");
    let header = [0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0, 99, 0, 0, 0, 1, 0, 0, 0];
    for (bytes, why) in [(&header[..], "its types should end at"), (&header[..9], "its header"), (b"", "its header")] {
        fs::write(&file, bytes).unwrap();
        let path = file.display().to_string();
        let text = reads(dir.path(), &["drift", "--from", &path, "--to", &path], "", 2);
        says(&text, &[&path, why, "next: ", "macros, inline functions"]);
    }
}
