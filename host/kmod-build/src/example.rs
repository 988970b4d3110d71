// SPDX-License-Identifier: MIT OR Apache-2.0
//! One doc example, and where it comes from.
use regex::{Captures, Regex};
use std::path::PathBuf;

/// One example: a Rust file with a `fn main()`.
#[derive(Debug, Clone)]
pub struct Example {
    /// An identifier, unique in its suite.
    pub name: String,
    /// The module of the documented crate (`alloc::kbox`), for the table.
    pub module: String,
    /// Compiled, but not run (`no_run`).
    pub compile_only: bool,
    pub text: String,
    /// Where it stands, when it was found in a crate's sources.
    pub origin: Option<Origin>,
}

/// Where an example stands in the sources of its crate.
#[derive(Debug, Clone)]
pub struct Origin {
    pub file: PathBuf,
    /// The line of its first line there.
    pub line: usize,
    /// The line of its first line in [`Example::text`].
    pub at: usize,
}

impl Origin {
    /// The line there of a line of the text.
    pub fn line_of(&self, line: usize) -> usize {
        self.line + line.saturating_sub(self.at)
    }
}

impl Example {
    /// What the compiler or the kernel said of this example, with the places named as the author knows them.
    pub fn relocated(&self, said: &str) -> String {
        let Some(origin) = &self.origin else { return said.to_owned() };
        let place = Regex::new(&format!(r#"[^\s"'`(]*/{}\.rs:(\d+)"#, self.name)).expect("a name is an identifier");
        let there = |place: &Captures| {
            let line = place[1].parse().map_or(origin.line, |line| origin.line_of(line));
            format!("{}:{line}", origin.file.display())
        };
        place.replace_all(said, there).into_owned()
    }
}

/// Two modules cannot be one: an example that is a module of its own is checked, not run.
pub(crate) fn is_module(text: &str) -> bool {
    text.contains("module! {") || text.contains("_driver! {")
}

pub(crate) fn identifier(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
