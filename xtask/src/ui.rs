// SPDX-License-Identifier: MIT OR Apache-2.0
//! `tests/ui/*.rs`: mistakes that must not compile, and say why.
//!
//! A file's `//~ TEXT` name what its author must be told; without its lines that are marked `//-` it must compile: the
//! mistake, and nothing else, is what is refused.
use crate::{host, root, tally::Tally};
use anyhow::{Context, Result};
use kmod_os::{Cmd, Output};
use std::path::{Path, PathBuf};

pub fn run(tally: &mut Tally, kernel: &str) -> Result<()> {
    tally.heading("mistakes that must not compile");
    let kmod = Kmod { program: host::kmod()?, kernel };
    for case in kmod_os::read_dir(root().join("tests/ui"))? {
        tally.result(&format!("ui {}", case.file_stem().unwrap_or_default().display()), outcome(&kmod, &case)?);
    }
    Ok(())
}

struct Kmod<'a> {
    program: PathBuf,
    kernel: &'a str,
}

impl Kmod<'_> {
    fn run(&self, command: &str, file: &Path) -> kmod_os::Result<Output> {
        Cmd::new(&self.program).dir(root()).args([command, "--kernel", self.kernel]).arg(file).output()
    }
}

fn outcome(kmod: &Kmod, case: &Path) -> Result<Result<(), String>> {
    let text = kmod_os::read_to_string(case)?;
    let expected: Vec<_> = text.lines().filter_map(|line| Some(line.split_once("//~ ")?.1.trim())).collect();
    if expected.is_empty() || !text.contains("//-") {
        return Ok(Err("the file names no error (//~ TEXT) or no mistake (//-)".to_owned()));
    }
    // What the compiler does not see, the linker or the check of the module does.
    let mut command = "check";
    let mut refused = kmod.run(command, case)?;
    if refused.success {
        command = "build";
        refused = kmod.run(command, case)?;
    }
    let unsaid: Vec<_> = expected.into_iter().filter(|text| !refused.stderr.contains(text)).collect();
    if refused.success {
        return Ok(Err("it compiles".to_owned()));
    } else if !unsaid.is_empty() {
        return Ok(Err(format!("not said: {}\n{}", unsaid.join(" | "), refused.stderr)));
    }
    let twin = root().join("target/ui").join(case.file_name().context("a file has a name")?);
    kmod_os::write(
        &twin,
        text.lines().filter(|line| !line.contains("//-")).map(|l| format!("{l}\n")).collect::<String>(),
    )?;
    let taken = kmod.run(command, &twin)?;
    Ok(if taken.success { Ok(()) } else { Err(format!("without the mistake:\n{}", taken.stderr)) })
}
