// SPDX-License-Identifier: MIT OR Apache-2.0
//! Doc examples as a module: found in a crate's documentation, or read from a folder; those that compile become the tests of
//! one module, those that do not are told apart with their first error.
use crate::{
    Error, Module, Request, Result, Target,
    build::{build, errors},
    cargo::Mistake,
    example::{Example, identifier, is_module},
    extract,
};
use kmod_os::Progress;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// What became of a suite: the module with the examples that compile, and why the others do not.
pub struct Suite {
    /// None when no example compiles.
    pub module: Option<Module>,
    pub failures: BTreeMap<String, String>,
    /// What uses a part of the documented crate that this kernel's configuration leaves out.
    pub absent: BTreeSet<String>,
}

/// The name of the module that a suite becomes.
pub const SUITE: &str = "doc_suite";

/// Reads a folder of examples; `index.tsv`, when there, names each file's module and kind.
pub fn read(dir: &Path) -> Result<Vec<Example>> {
    let index = kmod_os::read_to_string(dir.join("index.tsv")).unwrap_or_default();
    let mut rows = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = rows.next().unwrap_or_default();
    let column = |name: &str| header.iter().position(|h| *h == name);
    let columns = (column("name"), column("module"), column("kind"));
    let mut known = BTreeMap::new();
    for row in rows {
        if let (Some(name), Some(module), Some(kind)) = columns
            && let (Some(name), Some(module), Some(kind)) = (row.get(name), row.get(module), row.get(kind))
        {
            known.insert(name.to_string(), (module.to_string(), kind.to_string()));
        }
    }
    let mut examples = Vec::new();
    for path in kmod_os::read_dir(dir)? {
        let (Some(stem), Some(file)) = (path.file_stem(), path.file_name()) else { continue };
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let stem = stem.to_string_lossy();
        let (module, kind) = known.get(file.to_string_lossy().as_ref()).cloned().unwrap_or_else(|| {
            let module = stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
            (module.to_owned(), "run".to_owned())
        });
        if kind != "ignore" {
            let text = kmod_os::read_to_string(&path)?;
            let compile_only = kind != "run" || is_module(&text);
            examples.push(Example { name: identifier(&stem), module, compile_only, text, origin: None });
        }
    }
    Ok(examples)
}

/// The examples in the documentation of a crate, all files beside its `root` and below.
pub fn of_crate(root: &Path) -> Result<Vec<Example>> {
    let dir = root.parent().unwrap_or(Path::new("."));
    let mut examples = Vec::new();
    for path in sources(root)? {
        let file = path.strip_prefix(dir).unwrap_or(&path);
        let found = extract::examples(&kmod_os::read_to_string(&path)?, file);
        let mut found = found.map_err(|e| Error::Lex { path: path.clone(), why: e.to_string() })?;
        found.iter_mut().filter_map(|e| e.origin.as_mut()).for_each(|origin| origin.file.clone_from(&path));
        examples.extend(found);
    }
    Ok(examples)
}

/// The Rust files beside a crate's root and below.
pub fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.parent().unwrap_or(Path::new(".")).to_owned()];
    while let Some(folder) = folders.pop() {
        for path in kmod_os::read_dir(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Other crates: cargo's own folders, and packages within this one.
            let other =
                ["tests", "examples", "benches", "target"].contains(&&*name) || path.join("Cargo.toml").exists();
            if path.is_dir() && !other {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "build.rs" {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Builds one module of all examples that compile. `request.target` says whose crates to use; it is not built itself.
pub fn build_suite(request: &Request, examples: &[Example], progress: &dyn Progress) -> Result<Suite> {
    let name = format!("suites/{}", crate::hash(examples.iter().map(|e| e.name.as_str())));
    // The root is written anew until all that it names compiles: another run of the same examples waits.
    let _writing = request.cache.lock(&name)?;
    let dir = request.cache.path(&name);
    let mut failures = BTreeMap::new();
    for example in examples {
        kmod_os::write_if_changed(file(&dir, example), prepared(&example.text))?;
    }
    let request = Request { target: Target::File(dir.join(format!("{SUITE}.rs"))), ..request.clone() };
    let mut left: Vec<&Example> = examples.iter().collect();
    // The compiler stops at the first phase that fails: what it finds is dropped, until it finds nothing more.
    loop {
        if left.is_empty() {
            return Ok(suite(None, failures));
        }
        let task = progress.start(&format!("checking {} examples", left.len()), None);
        write_root(&dir, &left)?;
        let errors = errors(&request, progress)?;
        drop(task);
        let found = attribute(&dir, &left, errors);
        if found.is_empty() {
            break;
        }
        left.retain(|example| !found.contains_key(&example.name));
        failures.extend(found);
    }
    left.retain(|example| !example.compile_only);
    let module = settle(&request, &dir, left, &mut failures, progress)?;
    Ok(suite(module, failures))
}

fn suite(module: Option<Module>, failures: BTreeMap<String, String>) -> Suite {
    let (absent, failures): (BTreeMap<_, _>, _) =
        failures.into_iter().partition(|(_, why)| why.contains("note: found an item that was configured out"));
    Suite { module, failures, absent: absent.into_keys().collect() }
}

/// Builds the module; when only the code generator or the linker complains, which examples it is about is found by halves.
fn settle(
    request: &Request,
    dir: &Path,
    examples: Vec<&Example>,
    failures: &mut BTreeMap<String, String>,
    progress: &dyn Progress,
) -> Result<Option<Module>> {
    let attempt = |examples: &[&Example]| -> Result<std::result::Result<Module, String>> {
        write_root(dir, examples)?;
        match build(request, progress) {
            Ok(module) => Ok(Ok(module)),
            Err(e @ (Error::Os(_) | Error::Kernel(_))) => Err(e),
            Err(e) => Ok(Err(e.to_string())),
        }
    };
    if examples.is_empty() {
        return Ok(None);
    }
    let mut bad = Vec::new();
    let mut open = vec![examples.clone()];
    match attempt(&examples)? {
        Ok(module) => return Ok(Some(module)),
        Err(why) => progress.note(&format!("looking for the example that is the cause of this:\n{why}")),
    }
    while let Some(part) = open.pop() {
        if part.is_empty() {
            continue;
        }
        if let Err(why) = attempt(&part)? {
            if let [one] = part[..] {
                bad.push(one.name.clone());
                failures.insert(one.name.clone(), why);
            } else {
                let (a, b) = part.split_at(part.len() / 2);
                open.extend([a.to_vec(), b.to_vec()]);
            }
        }
    }
    let good: Vec<_> = examples.into_iter().filter(|e| !bad.contains(&e.name)).collect();
    if good.is_empty() {
        return Ok(None);
    }
    write_root(dir, &good)?;
    build(request, progress).map(Some)
}

fn file(dir: &Path, example: &Example) -> PathBuf {
    dir.join(format!("{}.rs", example.name))
}

/// Stands before an example, as mainline's harness has it: a failed assertion fails the test and names its line, and its values need
/// no `Debug`.
const ASSERTIONS: &str = "macro_rules! assert { ($($args:tt)+) => { \
    ::kernel::kunit_assert!(\"example\", ::core::file!(), 0, $($args)+) } } \
    macro_rules! assert_eq { ($($args:tt)+) => { \
    ::kernel::kunit_assert_eq!(\"example\", ::core::file!(), 0, $($args)+) } } ";

/// In place of `.unwrap()` behind the function around an example.
const ERRORED: &str =
    "().unwrap_or_else(|e| ::kernel::kunit::errored(::core::format_args!(\"it returned an error: {e:?}\")))";

/// As a module of the suite: its `main` can be called from outside, and its assertions are the kernel's. Each line stays where it is.
fn prepared(text: &str) -> String {
    let head = |line: &&str| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with("//") || line.starts_with("#![")
    };
    let at = text.split_inclusive('\n').take_while(head).map(str::len).sum();
    let mut text = format!("{}{ASSERTIONS}{}", &text[..at], &text[at..]);
    // The function around an example that uses `?`: the error is the test's result, not a panic.
    if let Some(call) = text.trim_end().strip_suffix("().unwrap() }") {
        text = format!("{call}{ERRORED} }}\n");
    }
    // An example that is nothing but `main` has it behind the macros.
    let main = ["\nfn main()", " fn main()"].iter().find_map(|main| text.find(main));
    match main {
        Some(at) => format!("{}pub {}", &text[..=at], &text[at + 1..]),
        None => format!("{text}\npub fn main() {{}}\n"),
    }
}

/// The crate's root: a module with every example as a part of it, and one test for each that is to run.
fn write_root(dir: &Path, examples: &[&Example]) -> Result<()> {
    let mut text = format!(
        "// Generated. Examples of documentation, as the tests of a module.\n\
         #![allow(warnings)]\nuse kernel::prelude::*;\n\n\
         module! {{\n    type: Suite,\n    name: {SUITE:?},\n    description: \"doc examples\",\n    license: \"GPL\",\n}}\n\n\
         struct Suite;\n\nimpl kernel::Module for Suite {{\n    fn init(_module: &'static ThisModule) -> Result<Self> {{\n        \
         Ok(Suite)\n    }}\n}}\n\n"
    );
    for example in examples {
        text += &format!("mod {};\n", example.name);
    }
    text += "\n#[kunit_tests(doc)]\nmod tests {\n";
    for example in examples.iter().filter(|e| !e.compile_only) {
        text += &format!("    #[test]\n    fn {0}() {{\n        super::{0}::main()\n    }}\n", example.name);
    }
    text += "}\n";
    kmod_os::write_if_changed(dir.join(format!("{SUITE}.rs")), text)?;
    Ok(())
}

/// The first error of each example that the errors point into; a path in no example fits none.
fn attribute(dir: &Path, examples: &[&Example], errors: Vec<Mistake>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for error in errors {
        for example in examples {
            if error.files.contains(&file(dir, example)) {
                found.entry(example.name.clone()).or_insert_with(|| example.relocated(&error.text));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::prepared;

    #[test]
    fn a_prepared_example_keeps_its_lines() {
        let text = "// Its place.\n#![allow(unused)]\n\nuse kernel::prelude::*;\nfn main() {\nassert_eq!(1, 1);\n}\n";
        let made = prepared(text);
        let lines: Vec<_> = made.lines().collect();
        assert_eq!(lines.len(), text.lines().count());
        assert!(
            lines[3].starts_with("macro_rules! assert ") && lines[3].ends_with("use kernel::prelude::*;"),
            "{made}"
        );
        assert_eq!(
            (lines[1], lines[4].trim(), lines[5]),
            ("#![allow(unused)]", "pub fn main() {", "assert_eq!(1, 1);")
        );
    }

    #[test]
    fn an_error_is_a_result() {
        let made = prepared("fn main() { fn example() -> Result {\nOk(())\n} example().unwrap() }\n");
        assert!(made.ends_with("\n} example().unwrap_or_else(|e| ::kernel::kunit::errored(::core::format_args!(\"it returned an error: {e:?}\"))) }\n"), "{made}");
    }

    #[test]
    fn a_main_is_found_or_made() {
        assert!(prepared("fn main() {}").ends_with(" pub fn main() {}"));
        assert!(prepared("struct S;").ends_with("struct S;\npub fn main() {}\n"));
        assert!(prepared("").ends_with("pub fn main() {}\n"));
    }
}
