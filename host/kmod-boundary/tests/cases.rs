// SPDX-License-Identifier: MIT OR Apache-2.0
//! `tests/boundary`: a folder a case, with a header before and after, Rust that uses it, and what `drift` has to say.
//!
//! The numbered ones happened. `KMOD_BLESS=1` writes `findings.txt` anew.
use kmod_boundary::{Finding, Source, Surface, Uses, drift, fix, rules};
use kmod_kernel::{Config, Facts, Symvers};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

struct Case {
    name: String,
    dir: PathBuf,
    old: Surface,
    new: Surface,
    sources: Vec<Source>,
}

fn read(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

impl Case {
    fn open(dir: PathBuf) -> Self {
        let side = |side: &str| Surface {
            label: side.to_owned(),
            facts: Facts::of_header(&dir.join(format!("{side}.h"))).expect("a header that can be read"),
            symvers: read(dir.join(format!("{side}.symvers"))).map(|text| Symvers::parse(&text).expect("symvers")),
            config: read(dir.join(format!("{side}.config"))).map(|text| Config::parse(&text)),
            source: read(dir.join("source")),
        };
        let source = |file: &str| read(dir.join(file)).map(|text| Source { path: file.to_owned(), text });
        let sources = ["user.rs", "helpers.c"].into_iter().filter_map(source).collect();
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { old: side("old"), new: side("new"), name, sources, dir }
    }

    fn findings(&self, old: &Surface, new: &Surface) -> Vec<Finding> {
        drift(old, new, &Uses::of(&self.sources), &rules::builtin().expect("rules"))
    }

    /// What the compiler says of the Rust code with the bindings of this side, and with `mends` made.
    fn compile(&self, side: &str, mends: &[fix::Mend]) -> Result<(), String> {
        let dir = tempfile::tempdir().expect("a folder");
        let mut files = self.sources.clone();
        for mend in mends {
            files.retain(|source| source.path != mend.path);
            files.push(Source { path: mend.path.clone(), text: mend.after.clone() });
        }
        let mut wrapper = format!("#include \"{side}.h\"\n");
        for file in &files {
            std::fs::write(dir.path().join(&file.path), &file.text).expect("written");
            if !file.path.ends_with(".rs") {
                wrapper += &format!("#include \"{}\"\n", file.path);
            }
        }
        let header = dir.path().join("wrapper.h");
        std::fs::write(&header, wrapper).expect("written");
        // Where there is a helper, it is what Rust calls.
        let helped =
            Uses::of(&files).helpers.into_keys().fold(bindgen::builder(), bindgen::Builder::blocklist_function);
        let bindings = helped
            .header(header.display().to_string())
            .clang_args([
                format!("-I{}", self.dir.display()),
                "-D__rust_helper=".to_owned(),
                "-Werror=implicit".to_owned(),
            ])
            .layout_tests(false)
            .generate()
            .map_err(|e| e.to_string())?;
        let text = bindings.to_string().replace("fn rust_helper_", "fn ").replace("RUST_CONST_HELPER_", "");
        std::fs::write(dir.path().join("bindings.rs"), text).expect("written");
        std::fs::write(dir.path().join("lib.rs"), "#[allow(warnings)]\npub mod bindings;\npub mod user;\n")
            .expect("written");
        let surface = if side == "old" { &self.old } else { &self.new };
        let asked = Uses::of(&files).queries.into_keys().filter(|query| surface.has(query));
        let conditions = asked.map(|query| format!("--cfg=kmod_has={query:?}"));
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(rustc)
            .args(["--crate-type=rlib", "--emit=metadata", "--edition=2024", "lib.rs"])
            .args(["-Aunexpected-cfgs", "--cap-lints=warn"])
            .args(conditions)
            .current_dir(&dir)
            .output()
            .expect("rustc runs");
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }
}

/// The cases that a tool can mend.
const MENDABLE: [&str; 8] = ["01", "02", "03", "08", "11", "14", "field-gone", "function-gone"];

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/boundary");
    let mut dirs: Vec<_> =
        std::fs::read_dir(root).expect("tests/boundary").map(|e| e.expect("an entry").path()).collect();
    dirs.retain(|dir| dir.join("user.rs").is_file());
    dirs.sort();
    dirs.into_iter().map(Case::open).collect()
}

fn shown(findings: &[Finding], mends: &[fix::Mend]) -> String {
    let line = |f: &Finding| {
        let class = serde_json::to_string(&f.class).expect("a word").replace('"', "");
        let places: Vec<_> = f.breaks.iter().map(ToString::to_string).collect();
        let handled = f.handled.as_ref().map(|how| format!(" [{how}]")).unwrap_or_default();
        format!("{} {class} {}: {} ({}){handled}\n", f.severity, f.rule, f.message, places.join(", "))
    };
    let diffs = mends.iter().map(|mend| format!("\n{}", mend.diff()));
    findings.iter().map(line).chain(diffs).collect()
}

#[test]
fn each_case_is_found_and_nothing_else() {
    let mut used = BTreeSet::new();
    for case in cases() {
        let findings = case.findings(&case.old, &case.new);
        used.extend(findings.iter().map(|f| f.rule.clone()));
        for side in [&case.old, &case.new] {
            assert_eq!(shown(&case.findings(side, side), &[]), "", "{}: an unchanged side", case.name);
        }
        let found = shown(&findings, &fix::mend(&findings, [&case.old, &case.new], &case.sources));
        let golden = case.dir.join("findings.txt");
        if std::env::var_os("KMOD_BLESS").is_some() {
            std::fs::write(&golden, &found).expect("written");
        }
        assert_eq!(found, read(&golden).unwrap_or_default(), "{}: not as in {}", case.name, golden.display());
    }
    let all: BTreeSet<_> = rules::builtin().expect("rules").into_iter().map(|rule| rule.id).collect();
    assert_eq!(used, all, "each rule has a case");
}

#[test]
fn the_compiler_agrees() {
    // What rustc cannot see: it fails to link, or does something else.
    let silent = ["export-gone", "config-changed"];
    for case in cases() {
        assert_eq!(case.compile("old", &[]), Ok(()), "{}: before", case.name);
        let findings = case.findings(&case.old, &case.new);
        let stops =
            |f: &&Finding| f.open() && f.severity == rules::Severity::Breaks && !silent.contains(&f.rule.as_str());
        let breaks = findings.iter().any(|f| stops(&f));
        let after = case.compile("new", &[]);
        assert_eq!(after.is_err(), breaks, "{}: {after:?}", case.name);
        let mends = fix::mend(&findings, [&case.old, &case.new], &case.sources);
        let mendable = MENDABLE.iter().any(|number| case.name.starts_with(number));
        let mended = if mends.is_empty() { Err("no mend".into()) } else { case.compile("new", &mends) };
        assert_eq!(mended.is_ok(), mendable, "{}: {mended:?}", case.name);
        // What is conditional now is still there where it was.
        if mendable && mends.iter().all(|mend| mend.after.contains("#[cfg(kmod_has")) {
            assert_eq!(case.compile("old", &mends), Ok(()), "{}: mended, before", case.name);
        }
    }
}

#[test]
fn the_program_carries_all_rules() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let files = std::fs::read_dir(dir).expect("rules").map(|entry| entry.expect("an entry").path());
    let stems = files
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned());
    let mut found: Vec<_> = stems.collect();
    found.sort();
    assert_eq!(rules::FILES.iter().map(|(id, _)| *id).collect::<Vec<_>>(), found);
}
