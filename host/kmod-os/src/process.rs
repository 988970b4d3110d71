// SPDX-License-Identifier: MIT OR Apache-2.0
//! Child processes whose failure tells the command line and the end of what they printed.
use crate::{Error, Result};
use std::{ffi::OsStr, path::Path, process};

/// A command to run; the builder of `std::process::Command`, with errors that name it.
pub struct Cmd(process::Command);

pub struct Output {
    pub success: bool,
    /// The exit status; none if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Cmd {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = process::Command::new(program);
        command.stdin(process::Stdio::null());
        Self(command)
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.0.args(args);
        self
    }

    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(key, value);
        self
    }

    pub fn envs<'a>(mut self, pairs: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Self {
        self.0.envs(pairs);
        self
    }

    pub fn env_remove(mut self, key: &str) -> Self {
        self.0.env_remove(key);
        self
    }

    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.0.current_dir(dir);
        self
    }

    /// The command line as one could type it.
    pub fn line(&self) -> String {
        let words = std::iter::once(self.0.get_program()).chain(self.0.get_args());
        words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    /// Runs it and captures what it prints, whatever its exit status.
    pub fn output(mut self) -> Result<Output> {
        let program = self.0.get_program().to_string_lossy().into_owned();
        let out = self.0.output().map_err(|source| Error::Start { program, source })?;
        Ok(Output {
            success: out.status.success(),
            code: out.status.code(),
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        })
    }

    /// Runs it; a failure is an error that ends with the last lines it printed. Returns its standard output.
    pub fn run(mut self) -> Result<String> {
        let command = self.line();
        let program = self.0.get_program().to_string_lossy().into_owned();
        let out = self.0.output().map_err(|source| Error::Start { program, source })?;
        let stdout = String::from_utf8_lossy(&out.stdout).into_owned();
        if out.status.success() {
            return Ok(stdout);
        }
        let all = format!("{stdout}{}", String::from_utf8_lossy(&out.stderr));
        let lines: Vec<_> = all.lines().collect();
        let tail = lines[lines.len().saturating_sub(40)..].join("\n");
        Err(Error::Failed { command, status: out.status, tail })
    }

    /// For a child that inherits the terminal or is driven by hand.
    pub fn into_std(self) -> process::Command {
        self.0
    }
}
