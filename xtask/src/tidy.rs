// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rules on the text of the repository, one function a rule.
use crate::{host, root, tally::Tally};
use anyhow::{Context, Result};
use kmod_os::Cmd;
use regex::Regex;
use std::sync::LazyLock;

struct Source {
    path: String,
    text: String,
}

/// What is wrong with a file: each entry is a place and a reason.
type Rule = fn(&Source) -> Vec<String>;

pub fn run(tally: &mut Tally) -> Result<()> {
    tally.heading("tidy");
    let listed = Cmd::new("git").dir(root()).args(["ls-files", "--cached", "--others", "--exclude-standard"]).run()?;
    let mut files = Vec::new();
    for path in listed.lines().filter(|path| root().join(path).is_file()) {
        let bytes = kmod_os::read(root().join(path))?;
        files.push(Source { path: path.to_owned(), text: String::from_utf8(bytes).context(path.to_owned())? });
    }
    let rules: [(&str, Rule); 6] = [
        ("every file names its licence", spdx),
        ("no file is longer than 1,000 lines", length),
        ("unsafe code only in rust/, guest/ and QEMU's plugin", unsafe_code),
        ("drivers do not use bindings", bindings),
        ("no code compares kernel versions", versions),
        ("no TODO", todo),
    ];
    for (name, rule) in rules {
        let broken: Vec<_> =
            files.iter().flat_map(|f| rule(f).into_iter().map(|why| format!("{}{why}", f.path))).collect();
        tally.result(name, if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) });
    }
    let kmod = host::kmod()?;
    let generated: [(&str, &[&str]); 2] = [
        ("docs/support.md is as it was written, and about all there is", &["matrix", "--check"]),
        ("docs/contract is what the code uses of C", &["contract", "--out", "docs/contract", "--check"]),
    ];
    for (name, args) in generated {
        let check = Cmd::new(&kmod).dir(root()).args(args).run();
        tally.result(name, check.map(drop).map_err(|e| e.to_string()));
    }
    Ok(())
}

/// Code that tests build: it plays a part, of a module or of a mistake.
fn is_fixture(f: &Source) -> bool {
    f.path.starts_with("tests/") || f.path.contains("/tests/fixtures/")
}

fn is_code(f: &Source) -> bool {
    [".rs", ".c", ".h"].iter().any(|ending| f.path.ends_with(ending))
}

fn spdx(f: &Source) -> Vec<String> {
    let expected = match f.path.split('/').next() {
        _ if !is_code(f) && !f.path.ends_with(".toml") => return Vec::new(),
        _ if f.path.starts_with("rust/pin-init/") || f.path.ends_with("rustfmt.toml") => "MIT OR Apache-2.0",
        Some("rust" | "drivers" | "templates" | "bench") => "GPL-2.0",
        _ => "MIT OR Apache-2.0",
    };
    let line = f.text.lines().next().unwrap_or_default();
    let ok = line.contains("SPDX-License-Identifier:") && (line.contains(expected) || is_fixture(f));
    if ok { Vec::new() } else { vec![format!(": the first line does not say SPDX-License-Identifier: {expected}")] }
}

fn length(f: &Source) -> Vec<String> {
    let lines = f.text.lines().count();
    if is_code(f) && lines > 1000 { vec![format!(": {lines} lines")] } else { Vec::new() }
}

/// Lines of code, without comments, that satisfy `wrong`.
fn lines(f: &Source, wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = f.text.lines().enumerate();
    let code = numbered.map(|(n, line)| (n, line.split("//").next().unwrap_or_default()));
    code.filter(|(_, line)| wrong(line)).map(|(n, line)| format!(":{}: {}", n + 1, line.trim())).collect()
}

fn unsafe_code(f: &Source) -> Vec<String> {
    if !f.path.ends_with(".rs")
        || f.path.starts_with("rust/")
        || f.path.starts_with("guest/")
        || f.path == "bench/counter/src/lib.rs"
        || is_fixture(f)
        || f.path == "xtask/src/tidy.rs"
    {
        return Vec::new();
    }
    lines(f, |line| {
        ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"].iter().any(|sign| line.trim_start().starts_with(sign))
            || line.contains("= unsafe {")
    })
}

fn bindings(f: &Source) -> Vec<String> {
    if f.path.starts_with("drivers/") || f.path.starts_with("templates/") {
        lines(f, |line| line.contains("bindings::"))
    } else {
        Vec::new()
    }
}

/// Facts decide what a kernel offers. What may look at a version: the oldest kernel that is supported, the faults of a
/// QEMU with certain kernels, the oldest rustc.
const VERSIONS_ALLOWED: &[(&str, &str)] = &[
    ("host/kmod-kernel/src/resolve.rs", "version < FLOOR"),
    ("host/kmod-vm/src/qemu.rs", "quirk.kernels.iter()"),
    ("host/kmod-build/src/toolchain.rs", "version < MINIMUM"),
];

fn versions(f: &Source) -> Vec<String> {
    // In C by the preprocessor's macros.
    static MACRO: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\b(?:LINUX_VERSION_\w+|KERNEL_VERSION|UTS_RELEASE|init_utsname|CONFIG_(?:GCC|CLANG|CC)_VERSION\w*)\b",
        )
        .expect("valid")
    });
    // In Rust: a release that is compared or matched, a version that is ordered.
    static COMPARISON: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\brelease(?:\(&?\w*\))?\s*(?:[<>]=?\s|[=!]=|\.(?:starts_with|contains|cmp|strip_prefix)\()|\bversion(?:\(&?\w*\))?\s*[<>]=?\s|\bmatch\s[\w.]*\brelease\b",
        )
        .expect("valid")
    });
    if !is_code(f) || !["rust/", "host/", "drivers/"].iter().any(|folder| f.path.starts_with(folder)) {
        return Vec::new();
    }
    let sign = if f.path.ends_with(".rs") { &COMPARISON } else { &MACRO };
    // Tests may compare what they like; the rest of such a file is theirs.
    let text = f.text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    let allowed = |line: &str| VERSIONS_ALLOWED.iter().any(|(path, text)| f.path == *path && line.contains(text));
    lines(&Source { path: f.path.clone(), text }, |line| sign.is_match(line) && !allowed(line))
}

fn todo(f: &Source) -> Vec<String> {
    if !is_code(f) || f.path == "xtask/src/tidy.rs" {
        return Vec::new();
    }
    let numbered = f.text.lines().enumerate();
    numbered.filter(|(_, l)| l.contains("TODO") || l.contains("FIXME")).map(|(n, _)| format!(":{}", n + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_of_versions_is_found() {
        let found = |path: &str, line: &str| {
            !versions(&Source { path: path.to_owned(), text: format!("fn f() {{\n{line}\n}}") }).is_empty()
        };
        for line in ["#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)", "#if CONFIG_GCC_VERSION < 120000"] {
            assert!(found("rust/helpers/x.c", line), "{line}");
        }
        for line in [
            "if kernel.release.starts_with(\"5.\") {",
            "if version(&release) < (6, 1) {",
            "if release >= floor {",
            "match kernel.release.as_str() {",
        ] {
            assert!(found("host/x.rs", line), "{line}");
        }
        for line in ["// if release < 6", "let release = kernel.release.clone();", "fn f(release: &str) -> Version {"] {
            assert!(!found("host/x.rs", line), "{line}");
        }
        let floor = "if version(&release).is_none_or(|version| version < FLOOR) {";
        assert!(!found("host/kmod-kernel/src/resolve.rs", floor) && found("host/kmod-build/src/x.rs", floor));
    }
}
