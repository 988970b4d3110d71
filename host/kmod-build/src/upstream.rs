// SPDX-License-Identifier: MIT OR Apache-2.0
//! A driver's source against a mainline tree's own `kernel` crate: type-checked as mainline's build would, not linked.
//!
//! The tree need not be configured: what a build of it generates comes from here (bindings, and what the C preprocessor makes of
//! `*.rs.S`), by the configuration and the generated headers of the request's kernel, which should be of nearly its age.
mod crates;
mod generated;

use crate::{
    Error, Request, Result,
    api::Api,
    package::Package,
    scan,
    sysroot::Sysroot,
    toolchain::{Toolchain, Version, rustc},
};
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use kmod_os::{Cmd, Progress};
use regex::Regex;
use std::path::{Path, PathBuf};

/// Something of the driver that mainline would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub file: PathBuf,
    pub line: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An item of our `kernel` crate that is documented as "Beyond mainline".
    Beyond(String),
    /// An error of the compiler, as it is shown.
    Error { message: String, rendered: String },
}

/// What came of a check.
#[derive(Debug)]
pub struct Report {
    /// The tree's version: `7.3.4`.
    pub version: String,
    pub differences: Vec<Difference>,
}

/// Checks the request's driver against the tree. Its `kernel` crate is built once and kept in the cache.
pub fn upstream(request: &Request, tree: &Path, progress: &dyn Progress) -> Result<Report> {
    let tree = Tree::open(tree)?;
    let package = Package::of(request)?;
    let toolchain = Toolchain::find(package.manifest.parent().unwrap_or(Path::new(".")))?;
    let sysroot = Sysroot::for_kernel(request.kernel, &toolchain, request.cache, progress)?;
    let key = crate::hash([FORMAT, &tree.identity()?, &request.kernel.identity()?, &sysroot.dir.to_string_lossy()]);
    let built = request.cache.entry(format!("upstream/{}-{key}", tree.version), |dir| -> Result<()> {
        let config = tree.config(request.kernel, toolchain.version)?;
        kmod_os::write(dir.join("rustc_cfg"), config)?;
        generated::write(dir, &tree, request, progress)?;
        let _task = progress.start(&format!("compile the kernel crate of {}", tree.version), None);
        crates::build(dir, &tree, &sysroot)
    })?;
    let differences = check(&package, &tree, &built, &sysroot)?;
    Ok(Report { version: tree.version, differences })
}

/// Changes when the same input gives another output.
const FORMAT: &str = "1";

/// A tree of the kernel's source.
struct Tree {
    dir: PathBuf,
    version: String,
    /// What its build passes to every `rustc`, lints of clippy left out.
    flags: Vec<String>,
    /// The features that its build allows in a driver.
    features: String,
}

impl Tree {
    fn open(dir: &Path) -> Result<Self> {
        let bad = |what| Error::NoTree { path: dir.to_owned(), what };
        let dir = dir.canonicalize().map_err(|_| bad("it is not there"))?;
        let read = |file: &str, what| kmod_os::read_to_string(dir.join(file)).map_err(|_| bad(what));
        read("rust/kernel/lib.rs", "it has no rust/kernel/lib.rs")?;
        let makefile = read("Makefile", "it has no Makefile")?;
        let build = read("scripts/Makefile.build", "it has no scripts/Makefile.build")?;
        let number = |name: &str| variable(&makefile, name).and_then(|words| words.into_iter().next());
        let version = ["VERSION", "PATCHLEVEL", "SUBLEVEL"].into_iter().filter_map(number).collect::<Vec<_>>();
        let flags =
            variable(&makefile, "rust_common_flags").ok_or_else(|| bad("its Makefile has no rust_common_flags"))?;
        let features = variable(&build, "rust_allowed_features");
        let features = features.ok_or_else(|| bad("its scripts/Makefile.build has no rust_allowed_features"))?;
        Ok(Self {
            version: version.join("."),
            flags: flags.into_iter().filter(|flag| !flag.contains("clippy::")).collect(),
            features: features.concat(),
            dir,
        })
    }

    /// Names what is in it, as far as it counts here.
    fn identity(&self) -> Result<String> {
        let mut parts = vec![self.dir.display().to_string()];
        for part in ["rust", "include", "arch/x86/include", "init/Kconfig", "Makefile"] {
            add_identity(&self.dir.join(part), &mut parts)?;
        }
        Ok(crate::hash(parts.iter().map(String::as_str)))
    }

    /// Arguments for rustc: the kernel's configuration, and of Rust what the tree's Kconfig says of this compiler.
    fn config(&self, kernel: &kmod_kernel::Kernel, rustc: Version) -> Result<String> {
        /// Symbols for Rust alone, which a kernel built without it lacks, and what each depends on.
        const OF_RUST: &[(&str, &str)] = &[
            ("RUST", "MODULES"),
            ("RUST_FW_LOADER_ABSTRACTIONS", "FW_LOADER"),
            ("RUST_PHYLIB_ABSTRACTIONS", "PHYLIB"),
        ];
        let config = kernel.config()?;
        let known = config.iter().filter(|(name, _)| !name.starts_with("RUST"));
        let mut values: Vec<(String, String)> = known.map(|(name, value)| (name.into(), value.into())).collect();
        let on = OF_RUST.iter().filter(|(_, needs)| config.is_on(needs)).map(|(name, _)| (*name).to_owned());
        let kconfig = kmod_os::read_to_string(self.dir.join("init/Kconfig"))?;
        let since = Regex::new(r"config (RUSTC_HAS_\w+)\s+def_bool RUSTC_VERSION >= (\d+)").expect("valid");
        let has = since.captures_iter(&kconfig).filter(|found| {
            found[2].parse::<u32>().is_ok_and(|number| (rustc.major * 1000 + rustc.minor) * 100 >= number)
        });
        values.extend(on.chain(has.map(|found| found[1].to_owned())).map(|name| (name, "y".to_owned())));
        let line = |(name, value): &(String, String)| match value.as_str() {
            "n" => String::new(),
            value => format!("--cfg=CONFIG_{name}\n--cfg=CONFIG_{name}=\"{}\"\n", value.trim_matches('"')),
        };
        Ok(values.iter().map(line).collect())
    }
}

fn add_identity(path: &Path, parts: &mut Vec<String>) -> Result<()> {
    if path.is_dir() {
        return kmod_os::read_dir(path)?.iter().try_for_each(|entry| add_identity(entry, parts));
    }
    let meta = std::fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
    parts.push(format!("{} {meta:?}", path.display()));
    Ok(())
}

/// The words of a variable that a makefile sets, over lines that end in a backslash.
fn variable(makefile: &str, name: &str) -> Option<Vec<String>> {
    let set = Regex::new(&format!(r"(?m)^(?:export )?{name}\s*:?=((?:.*\\\n)*.*)$"))
        .expect("a name has no special characters");
    let value = &set.captures(makefile)?[1];
    Some(value.split_whitespace().filter(|word| *word != "\\").map(str::to_owned).collect())
}

/// Compiles the driver as a module of the tree, and collects what the compiler has against it.
fn check(package: &Package, tree: &Tree, built: &Path, sysroot: &Sysroot) -> Result<Vec<Difference>> {
    let out = kmod_os::temp_dir()?;
    let own = scan::crate_attributes(&package.root)?;
    let features: Vec<_> = tree.features.split(',').filter(|f| !own.iter().any(|o| o == f)).collect();
    let mut command = crates::for_kernel(built, tree, sysroot)
        .args(["--crate-type", "rlib", "--crate-name", &package.module, "--error-format", "json"])
        .args(["--cfg", "MODULE", "--emit=metadata", "--cap-lints=warn", "--out-dir"])
        .arg(out.path())
        .args([format!("-Zallow-features={}", tree.features), format!("-Zcrate-attr=feature({})", features.join(","))])
        .args(["pin_init", "kernel", "zerocopy", "zerocopy_derive"].iter().flat_map(|name| ["--extern", name]))
        .env("RUST_MODFILE", &package.module);
    if !own.iter().any(|o| o == "no_std") {
        command = command.arg("-Zcrate-attr=no_std");
    }
    let printed = command.arg(&package.root).output()?;
    let api = Api::read(&package.rust_dir)?;
    let mut differences = Vec::new();
    let (json, other): (Vec<_>, Vec<_>) = printed.stderr.lines().partition(|line| line.starts_with('{'));
    for line in json {
        let diagnostic: Diagnostic =
            serde_json::from_str(line).map_err(|e| Error::CargoMessage { why: e.to_string() })?;
        differences.extend(Difference::of(&diagnostic, &api));
    }
    if differences.is_empty() && !printed.success {
        return Err(Error::Check { package: package.name.clone(), stderr: other.join("\n") });
    }
    Ok(differences)
}

impl Difference {
    fn of(diagnostic: &Diagnostic, api: &Api) -> Option<Self> {
        // The last error only counts the others; it has no place.
        let span = diagnostic.spans.iter().find(|span| span.is_primary)?;
        if diagnostic.level != DiagnosticLevel::Error {
            return None;
        }
        // Of a macro of the `kernel` crate, the place where the driver calls it.
        let mut outermost = span;
        while let Some(expansion) = &outermost.expansion {
            outermost = &expansion.span;
        }
        let quoted: Vec<&str> = diagnostic.message.split('`').skip(1).step_by(2).collect();
        let kind = match api.beyond(&quoted) {
            Some(item) => Kind::Beyond(item.to_owned()),
            None => Kind::Error {
                message: diagnostic.message.clone(),
                rendered: diagnostic.rendered.clone().unwrap_or_default(),
            },
        };
        Some(Self { file: PathBuf::from(&outermost.file_name), line: outermost.line_start, kind })
    }
}

/// The C flags of `kernel` with the tree's headers in place of its own; what was generated stays.
fn cflags(request: &Request, tree: &Tree) -> Result<Vec<String>> {
    const FOLDERS: [&str; 4] = ["arch/x86/include/uapi", "arch/x86/include", "include/uapi", "include"];
    let kernel = request.kernel;
    let mut flags = Vec::new();
    let mut given = kernel.cflags(request.cache)?.into_iter();
    while let Some(flag) = given.next() {
        let value = match flag.as_str() {
            "-I" | "-include" => given.next().unwrap_or_default(),
            _ => {
                flags.push(flag);
                continue;
            }
        };
        let ours = |folder: &&&str| Path::new(&value).ends_with(folder);
        let replaced = match flag.as_str() {
            "-include" => value.rsplit_once("/include/").map(|(_, rest)| tree.dir.join("include").join(rest)),
            _ => FOLDERS.iter().find(ours).map(|folder| tree.dir.join(folder)),
        };
        flags.extend(replaced.iter().flat_map(|path| [flag.clone(), path.display().to_string()]));
        if replaced.is_none() || (flag == "-I" && Path::new(&value).starts_with(&kernel.build_dir)) {
            flags.extend([flag, value]);
        }
    }
    Ok(flags)
}
