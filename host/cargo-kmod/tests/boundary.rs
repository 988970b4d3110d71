// SPDX-License-Identifier: MIT OR Apache-2.0
//! `impact` and `policy check` as they are run on a tree: what they print, in each format, and how they end.
use std::{
    fs,
    path::Path,
    process::{Command, Output},
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
