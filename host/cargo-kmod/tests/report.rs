// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod report` on small git trees: what it counts, what it refuses, and how a browser shows it.
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn git(tree: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(tree)
        .args(["-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn commit(tree: &Path, file: &str, author: &str, date: &str, message: &str) -> String {
    let path = tree.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("// {message}")).unwrap();
    git(tree, &["add", "."]);
    let environment = [("GIT_AUTHOR_DATE", date), ("GIT_COMMITTER_DATE", date)];
    let mut command = Command::new("git");
    command.arg("-C").arg(tree).envs(environment);
    command.args(["-c", &format!("user.name={author}"), "-c", "user.email=a@example.org", "commit", "-qm", message]);
    assert!(command.status().unwrap().success());
    git(tree, &["rev-parse", "HEAD"])
}

/// A tree in which one change of Rust is mended by another, and one of C by a third.
fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path();
    git(tree, &["init", "-q"]);
    fs::write(tree.join("MAINTAINERS"), "RUST\nM:\tAnn <a@example.org>\nF:\trust/\n").unwrap();
    let c = commit(tree, "kernel/dma.c", "Carl", "2026-01-01T00:00:00Z", "dma: change it");
    let rust = commit(tree, "rust/kernel/lib.rs", "Ann", "2026-01-02T00:00:00Z", "rust: begin");
    let body =
        format!("rust: <b>mend</b>\n\nFixes: {} (\"rust: begin\")\nReviewed-by: Bob <b@example.org>", &rust[..12]);
    commit(tree, "rust/kernel/lib.rs", "Eve", "2026-01-05T00:00:00Z", &body);
    let body = format!("rust: follow\n\nFixes: {} (\"dma: change it\")\nFixes: 0123456789ab (\"far away\")", &c[..12]);
    commit(tree, "rust/kernel/dma.rs", "Ann", "2026-01-11T00:00:00Z", &body);
    dir
}

#[track_caller]
fn report(args: &[&str], code: i32) -> (String, String) {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/boundary/02-function-made-inline");
    let kernels = ["old.h", "new.h"].map(|header| case.join(header));
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-kmod"));
    command.arg("report").arg("--kernel").arg(&kernels[0]).arg("--kernel").arg(&kernels[1]);
    let Output { status, stdout, stderr } = command.args(args).output().unwrap();
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(code), "{stderr}");
    (String::from_utf8_lossy(&stdout).into_owned(), stderr)
}

#[test]
fn a_tree_is_counted_and_written() {
    let tree = tree();
    let out = tree.path().join("report.html");
    let (at, page) = (tree.path().display().to_string(), out.display().to_string());
    let (json, _) = report(&["--git", &at, "--json", "--out", &page], 0);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let history = &json["history"];
    assert_eq!((&history["commits"], &history["absence_factor"]), (&3.into(), &1.into()));
    let days: Vec<_> =
        history["breakages"].as_array().unwrap().iter().map(|b| (b["days"].as_i64(), b["by_rust"].as_bool())).collect();
    assert_eq!(days, [(Some(10), Some(false)), (None, None), (Some(3), Some(true))]);
    assert_eq!(history["sections"][0]["maintainers"][0], serde_json::json!(["Ann", 0]));
    assert_eq!(json["contract"][0]["forms"]["extern function"], 2, "{}", json["contract"]);
    assert_eq!(json["drift"][0]["subsystems"][0]["handled"], 2, "{}", json["drift"]);
    let driver = |name: &str| json["drivers"].as_array().unwrap().iter().find(|d| d["name"] == name).cloned();
    assert_eq!(driver("edu").map(|edu| edu["unsafe_blocks"].clone()), Some(0.into()));
    let page = fs::read_to_string(&out).unwrap();
    assert!(page.contains("&lt;b&gt;mend&lt;/b&gt;") && !page.contains("<b>mend"), "escaped");
    browser(&out);
}

/// A browser shows the page on a screen as wide as a phone's.
fn browser(page: &Path) {
    let names = ["chromium-headless-shell", "chromium"];
    let runs = |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    let browser = names.iter().find(runs).expect("Chromium, which `cargo xtask test` installs");
    let picture = page.with_extension("png");
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--window-size=360,800"])
        .arg(format!("--user-data-dir={}", dir.path().display()))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs::metadata(&picture).unwrap().len() > 10_000, "the picture shows something");
}

#[test]
fn a_history_that_cannot_be_read_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    let says = |args: &[&str], part: &str| {
        let (_, text) = report(args, 2);
        assert!(text.contains(part) && text.contains("next: "), "{text}");
    };
    says(&["--git", &at, "--json"], "not a git tree");
    git(dir.path(), &["init", "-q"]);
    says(&["--git", &at, "--json"], "no commit of this tree touches Rust");
    commit(dir.path(), "a.c", "A", "2026-01-01T00:00:00Z", "a: b");
    says(&["--git", &at, "--json"], "no commit of this tree touches Rust");
    let tree = tree();
    let shallow = dir.path().join("shallow");
    git(
        dir.path(),
        &["clone", "-q", "--depth=1", &format!("file://{}", tree.path().display()), &shallow.display().to_string()],
    );
    says(&["--git", &shallow.display().to_string(), "--json"], "a shallow clone");
    let (_, text) = report(&[], 2);
    assert!(text.contains("--out"), "{text}");
}
