// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counting what passed and what failed, and the closing line that CI reads.
use std::process::ExitCode;

#[derive(Default)]
pub struct Tally {
    passed: usize,
    failed: Vec<String>,
}

impl Tally {
    pub fn heading(&self, suite: &str) {
        println!("\n== {suite}");
    }

    pub fn passed(&mut self, count: usize) {
        self.passed += count;
    }

    /// One result; `why` is shown when it failed.
    pub fn result(&mut self, name: &str, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.passed += 1;
                println!("ok      {name}");
            }
            Err(why) => {
                println!("FAILED  {name}");
                why.lines().for_each(|line| println!("        {line}"));
                self.failed.push(name.to_owned());
            }
        }
    }

    /// What cannot be, and is no success either.
    pub fn absent(&self, name: &str, why: &str) {
        println!("absent  {name}: {why}");
    }

    pub fn close(self) -> ExitCode {
        if !self.failed.is_empty() {
            println!("\nfailed:");
            self.failed.iter().for_each(|name| println!("  {name}"));
        }
        println!("\n{} passed, {} failed", self.passed, self.failed.len());
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
