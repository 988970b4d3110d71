// SPDX-License-Identifier: MIT OR Apache-2.0
//! Running cargo so that every crate is compiled for one kernel.
use crate::{
    Error, Request, Result, Target,
    api::{Answers, Api, Lacking},
    bindings::Generated,
    package::Package,
    scan,
    sysroot::Sysroot,
};
use cargo_metadata::{
    Message,
    diagnostic::{Diagnostic, DiagnosticLevel},
};
use kmod_os::{Cmd, Progress};
use std::{
    collections::BTreeSet,
    io::{BufReader, IsTerminal},
    path::{Path, PathBuf},
    process::Stdio,
};

/// What mainline's build enables for every module; what a crate enables itself is left out, as twice is an error.
const FEATURES: &[&str] = &[
    "arbitrary_self_types",
    "asm_goto",
    "derive_coerce_pointee",
    "generic_arg_infer",
    "offset_of_nested",
    "used_with_arg",
];

/// A cargo command line for one driver and kernel.
pub(crate) struct Cargo<'a> {
    pub request: &'a Request<'a>,
    pub package: &'a Package,
    pub sysroot: &'a Sysroot,
    pub generated: &'a Generated,
}

impl Cargo<'_> {
    pub fn target_dir(&self) -> PathBuf {
        self.package.target_dir.join("kmod")
    }

    /// Builds the module's static library and returns its path.
    pub fn build(&self, progress: &dyn Progress) -> Result<PathBuf> {
        let format = if std::io::stderr().is_terminal() { "json-diagnostic-rendered-ansi" } else { "json" };
        let command = self.command("rustc")?.args(["--lib", "--crate-type", "staticlib", "--message-format", format]);
        let mut child = command.into_std();
        child.stdout(Stdio::piped()).stderr(Stdio::inherit());
        let start = |source| kmod_os::Error::Start { program: "cargo".into(), source };
        let mut child = child.spawn().map_err(start)?;
        let mut library = None;
        let mut without = None;
        let mut hints = BTreeSet::new();
        let mut unresolved = Vec::new();
        let stdout = child.stdout.take().expect("it is piped");
        for message in Message::parse_stream(BufReader::new(stdout)) {
            match message.map_err(start)? {
                Message::CompilerMessage(message) => {
                    if message.message.level == DiagnosticLevel::Error {
                        without = without.or_else(|| Some((needs(&message.message)?, message.target.name.clone())));
                        hints.extend(self.hint(&message.message));
                        unresolved.extend(names_unresolved(&message.message).then(|| message.message.message.clone()));
                    }
                    // A driver's author cannot mend the warnings of the `kernel` crate.
                    let foreign = message.target.src_path.starts_with(&self.package.rust_dir)
                        && !self.package.root.starts_with(&self.package.rust_dir);
                    if foreign && message.message.level == DiagnosticLevel::Warning {
                        continue;
                    }
                    let text = message.message.rendered.as_deref().unwrap_or(&message.message.message);
                    progress.note(text.trim_end());
                }
                Message::CompilerArtifact(artifact) if same_crate(&artifact.target.src_path, &self.package.root) => {
                    library = artifact.filenames.iter().find(|f| f.extension() == Some("a")).cloned().or(library);
                }
                _ => {}
            }
        }
        let status = child.wait().map_err(start)?;
        match (status.success(), library, without) {
            (true, Some(library), _) => Ok(library.into()),
            (_, _, Some((needed, krate))) => Err(Error::NeedsStd { krate, needed }),
            _ => {
                let lacking = self.lacking(&unresolved, progress)?;
                Err(Error::Cargo { package: self.package.name.clone(), status, hints, lacking })
            }
        }
    }

    /// The items of the `kernel` crate that these messages name and this kernel does not offer.
    fn lacking(&self, messages: &[String], progress: &dyn Progress) -> Result<Vec<Lacking>> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let rust_dir = &self.package.rust_dir;
        let answers = Answers::read(self.request.kernel, self.request.cache, rust_dir, progress)?;
        let api = Api::read(rust_dir)?;
        let mut lacking: Vec<Lacking> = Vec::new();
        for message in messages {
            let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
            let found = api.explain(&quoted, &|query| answers.has(query));
            lacking.extend(found.filter(|f| !lacking.contains(f)));
        }
        Ok(lacking)
    }

    /// What rustc cannot know about an error: how the bindings came about.
    fn hint(&self, diagnostic: &Diagnostic) -> Option<String> {
        let release = &self.request.kernel.release;
        let mut quoted = diagnostic.message.split('`').skip(1).step_by(2);
        match diagnostic.code.as_ref()?.code.as_str() {
            "E0412" | "E0425" | "E0432" | "E0433" => {
                let missing = self.generated.missing();
                let name = quoted.find(|name| missing.iter().any(|m| m == name))?;
                Some(format!(
                    "{release} has no `{name}` that can be bound: guard its use with `cfg(kmod_has = \"…\")`, or write a C helper"
                ))
            }
            "E0609" => {
                let record = quoted.nth(1)?.rsplit("::").next()?;
                self.generated.is_opaque(record).then(|| {
                    format!(
                        "bindgen could not see into `{record}`, which is opaque here: write a C helper for its field"
                    )
                })
            }
            _ => None,
        }
    }

    /// Type-checks and returns the errors instead of showing them.
    pub fn errors(&self) -> Result<Vec<Mistake>> {
        let printed = self.command("check")?.args(["--quiet", "--message-format", "json"]).output()?;
        let mut errors = Vec::new();
        for message in Message::parse_stream(printed.stdout.as_bytes()) {
            let Ok(Message::CompilerMessage(message)) = message else { continue };
            if message.message.level == DiagnosticLevel::Error {
                errors.push(Mistake {
                    files: files(&message.message, self.package.manifest.parent().unwrap_or(Path::new("."))),
                    text: message.message.rendered.unwrap_or(message.message.message),
                });
            }
        }
        if errors.is_empty() && !printed.success {
            return Err(Error::Check { package: self.package.name.clone(), stderr: printed.stderr });
        }
        Ok(errors)
    }

    /// Runs `check`, `clippy`, `doc`, … with the terminal as ours.
    pub fn run(&self, subcommand: &str, args: &[String]) -> Result<()> {
        let mut command = self.command(subcommand)?.args(args).into_std();
        let start = |source| kmod_os::Error::Start { program: "cargo".into(), source };
        let status = command.status().map_err(start)?;
        if status.success() {
            return Ok(());
        }
        let (hints, lacking) = (BTreeSet::new(), Vec::new());
        Err(Error::Cargo { package: self.package.name.clone(), status, hints, lacking })
    }

    fn command(&self, subcommand: &str) -> Result<Cmd> {
        let profile = self.request.profile.name();
        let program = std::env::var_os("CARGO").filter(|v| !v.is_empty()).unwrap_or_else(|| "cargo".into());
        // One object a module, optimised as the kernel is; overflow traps, as in mainline's default configuration.
        let mut config: Vec<String> = [
            "lto=\"fat\"",
            "codegen-units=1",
            "opt-level=2",
            "panic=\"abort\"",
            "overflow-checks=true",
            "incremental=false",
        ]
        .map(|setting| format!("profile.{profile}.{setting}"))
        .into();
        let attributes = self.attributes()?;
        config.push(format!("profile.{profile}.package.{:?}.rustflags={attributes:?}", self.package.name));

        let mut command = Cmd::new(program)
            .arg(subcommand)
            .arg("--manifest-path")
            .arg(&self.package.manifest)
            .args(["--package", &self.package.name, "--profile", profile])
            .arg("--target")
            .arg(&self.sysroot.spec)
            .arg("--target-dir")
            .arg(self.target_dir())
            .args(["-Zunstable-options", "-Zprofile-rustflags", "-Zjson-target-spec"])
            .args(config.iter().flat_map(|c| ["--config", c]));
        // The lock file of a single file's package is ours, and cargo adds the package to it.
        let locked = self.request.locked && !matches!(self.request.target, Target::File(_));
        let options = [
            (locked, "--locked"),
            (self.request.offline, "--offline"),
            (self.request.verbose, "--verbose"),
            (self.request.features.all, "--all-features"),
            (self.request.features.no_default, "--no-default-features"),
        ];
        command = command.args(options.iter().filter(|(on, _)| *on).map(|(_, option)| option));
        if !self.request.features.features.is_empty() {
            command = command.arg("--features").arg(self.request.features.features.join(","));
        }
        let flags = self.flags();
        if subcommand == "doc" {
            // rustdoc does not read the profile: its flags are one crate's.
            let flags = [&flags[..], &attributes].concat();
            command = command.arg("--no-deps").env("CARGO_ENCODED_RUSTDOCFLAGS", flags.join("\x1f"));
        }
        Ok(command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
            .env("KMOD_GEN", &self.generated.dir))
    }

    /// For every crate of the module. The kernel's cfgs are too many for a command line: they come from a file.
    fn flags(&self) -> Vec<String> {
        let mut flags = self.sysroot.flags();
        flags.push("--cfg=MODULE".into());
        // Features that became stable since the minimum; symbols of Kconfig, of which cargo does not know.
        flags.extend(["-Astable_features", "-Aunexpected_cfgs"].map(str::to_owned));
        flags.extend(self.request.tests.cfgs().iter().map(|cfg| (*cfg).to_owned()));
        flags.push(format!("@{}", self.generated.config_cfg.display()));
        flags
    }

    /// For the driver's crate alone: what mainline's build gives a module that does not say it itself, and the facts, as
    /// the macros of the `kernel` crate may ask for them where they are expanded.
    fn attributes(&self) -> Result<Vec<String>> {
        let own = scan::crate_attributes(&self.package.root)?;
        let features: Vec<_> = FEATURES.iter().filter(|f| !own.iter().any(|o| o == *f)).copied().collect();
        let facts = self.generated.dir.join("kmod_has_cfg");
        let features = format!("-Zcrate-attr=feature({})", features.join(","));
        let mut flags = vec![features, "-Astable_features".into(), format!("@{}", facts.display())];
        if !own.iter().any(|o| o == "no_std") {
            flags.push("-Zcrate-attr=no_std".into());
        }
        Ok(flags)
    }
}

/// A compiler error: what it says, and every file that it points into, through macros too.
pub(crate) struct Mistake {
    pub files: Vec<PathBuf>,
    pub text: String,
}

fn files(diagnostic: &Diagnostic, dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for span in &diagnostic.spans {
        files.push(dir.join(&span.file_name));
        let mut expansion = span.expansion.as_ref();
        while let Some(e) = expansion {
            files.push(dir.join(&e.span.file_name));
            expansion = e.span.expansion.as_ref();
        }
    }
    files.extend(diagnostic.children.iter().flat_map(|child| self::files(child, dir)));
    files
}

/// Whether the message is about a name that there is not.
fn names_unresolved(diagnostic: &Diagnostic) -> bool {
    const CODES: &[&str] =
        &["E0405", "E0407", "E0412", "E0422", "E0423", "E0425", "E0432", "E0433", "E0437", "E0438", "E0531", "E0599"];
    diagnostic.code.as_ref().is_some_and(|code| CODES.contains(&code.code.as_str()))
}

fn same_crate(path: &cargo_metadata::camino::Utf8Path, root: &Path) -> bool {
    path.as_std_path() == root
}

/// The crate of the standard library that this error says is missing.
fn needs(diagnostic: &Diagnostic) -> Option<&'static str> {
    let code = diagnostic.code.as_ref()?;
    let of = |name: &&str| diagnostic.message == format!("can't find crate for `{name}`");
    if code.code == "E0463" { ["std", "alloc"].into_iter().find(|n| of(n)) } else { None }
}
