// SPDX-License-Identifier: MIT OR Apache-2.0
//! `tests/api`: a folder a case, with an API before and after, code that its change breaks (`user.rs`), and code that uses the
//! same and is not broken (`other.rs`). The compiler is the judge of both.
//!
//! `KMOD_BLESS=1` writes `findings.txt` anew.
use kmod_boundary::{
    Source,
    api::{
        Api,
        diff::{Class, diff},
        users::{Finding, Severity, Users},
    },
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/api");
    let mut dirs: Vec<_> = std::fs::read_dir(root).expect("tests/api").map(|e| e.expect("an entry").path()).collect();
    dirs.sort();
    dirs
}

fn source(case: &Path, file: &str) -> Option<Source> {
    let text = std::fs::read_to_string(case.join(file)).ok()?;
    Some(Source { path: file.to_owned(), text })
}

fn api(case: &Path, side: &str) -> Api {
    let text = source(case, &format!("{side}.rs")).expect("a side").text;
    Api::of("kernel", &[Source { path: "lib.rs".into(), text }])
}

fn findings(case: &Path, from: &str, to: &str, user: &str) -> Vec<Finding> {
    let old = api(case, from);
    let users = Users::of(source(case, user).as_slice(), "kernel", &old);
    assert_eq!((&old.unread, &users.unread), (&vec![], &vec![]), "{}", case.display());
    users.findings(diff(&old, &api(case, to)))
}

fn shown(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn each_case_is_found_and_nothing_else() {
    let mut classes = BTreeSet::new();
    for case in cases() {
        let found = findings(&case, "old", "new", "user.rs");
        classes.extend(found.iter().map(|finding| finding.change.class));
        for side in ["old", "new"] {
            assert_eq!(shown(&findings(&case, side, side, "user.rs")), "", "{}: an unchanged side", case.display());
        }
        let unrelated = findings(&case, "old", "new", "other.rs");
        let broken: Vec<_> = unrelated.into_iter().filter(|finding| finding.severity == Severity::Breaks).collect();
        assert_eq!(shown(&broken), "", "{}: other.rs", case.display());
        let golden = case.join("findings.txt");
        if std::env::var_os("KMOD_BLESS").is_some() {
            std::fs::write(&golden, shown(&found)).expect("written");
        }
        assert_eq!(shown(&found), std::fs::read_to_string(&golden).unwrap_or_default(), "{}", case.display());
    }
    let untold = [Class::Kind, Class::Type];
    let all = Class::ALL.into_iter().filter(|class| !untold.contains(class));
    assert_eq!(classes, all.collect(), "each class has a case");
}

/// What is said to break is refused by the compiler, at these lines, and what is not said to break is not.
#[test]
fn the_compiler_agrees() {
    for case in cases() {
        for user in ["user.rs", "other.rs"].into_iter().filter(|user| case.join(user).exists()) {
            assert_eq!(refused(&case, "old", user), BTreeSet::new(), "{}: {user} before", case.display());
            let found = findings(&case, "old", "new", user);
            let told = |wanted: Option<Severity>| -> BTreeSet<u32> {
                let sites = found.iter().flat_map(|finding| &finding.sites);
                sites
                    .filter(|site| wanted.is_none_or(|wanted| site.severity == wanted))
                    .map(|site| site.at.line)
                    .collect()
            };
            let refused = refused(&case, "new", user);
            // An import that fails hides what fails because of it.
            let imports = source(&case, user).expect("it exists").text;
            let import =
                |line: &u32| imports.lines().nth(*line as usize - 1).is_some_and(|line| line.starts_with("use "));
            let hidden = refused.iter().any(import);
            let all = told(None);
            let missed: Vec<_> = refused.difference(&all).collect();
            assert_eq!(missed, Vec::<&u32>::new(), "{}: {user}: refused, and not told", case.display());
            let surely = told(Some(Severity::Breaks));
            let wrong: Vec<_> = surely.difference(&refused).filter(|line| !hidden || import(line)).collect();
            assert_eq!(wrong, Vec::<&u32>::new(), "{}: {user}: told to break, and accepted", case.display());
        }
    }
}

/// The lines of the user at which the compiler sees an error.
fn refused(case: &Path, side: &str, user: &str) -> BTreeSet<u32> {
    let dir = tempfile::tempdir().expect("a folder");
    let rustc = |args: &[&str], file: &str| {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition=2024", "--crate-type=rlib", "--emit=metadata", "--error-format=short"]);
        let output = command.args(args).arg(case.join(file)).current_dir(dir.path()).output().expect("rustc runs");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let built = rustc(&["--crate-name=kernel"], &format!("{side}.rs"));
    assert!(!built.contains("error"), "{}: {side}: {built}", case.display());
    let said = rustc(&["--extern=kernel=libkernel.rmeta"], user);
    let line = |text: &str| text.split_once(".rs:")?.1.split(':').next()?.parse().ok();
    said.lines().filter(|text| text.contains(": error")).filter_map(line).collect()
}

proptest::proptest! {
    #[test]
    fn any_source_is_read(
        text in "(pub|fn|struct|trait|impl|mod|use|kernel|super|a|b|::|:|\\*|\\{|\\}|\\(|\\)|<|>|;|,|!|#|'a| ){0,40}",
    ) {
        let source = Source { path: "lib.rs".into(), text };
        let api = Api::of("kernel", std::slice::from_ref(&source));
        Users::of(&[source], "kernel", &api).findings(diff(&api, &Api::default()));
    }
}
