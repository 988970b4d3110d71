// SPDX-License-Identifier: MIT OR Apache-2.0
//! The report: KTAP lines on the second serial port, and the one verdict.
use kmod_job::{REPORT_DEVICE, VERDICT_PREFIX};
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
};

pub struct Report {
    port: File,
    count: usize,
    failures: usize,
}

impl Report {
    pub fn open() -> io::Result<Self> {
        let port = OpenOptions::new().write(true).open(REPORT_DEVICE)?;
        raw_mode(&port);
        let mut report = Self { port, count: 0, failures: 0 };
        report.line("KTAP version 1");
        Ok(report)
    }

    pub fn passed(&mut self, name: &str) {
        self.count += 1;
        self.line(&format!("ok {} {name}", self.count));
    }

    /// `why` is printed above the result, as KTAP's diagnostics are.
    pub fn failed(&mut self, name: &str, why: &[String]) {
        self.count += 1;
        self.failures += 1;
        for line in why.iter().flat_map(|w| w.lines()) {
            self.line(&format!("# {line}"));
        }
        self.line(&format!("not ok {} {name}", self.count));
    }

    pub fn skipped(&mut self, name: &str, why: &str) {
        self.count += 1;
        self.line(&format!("ok {} {name} # SKIP {why}", self.count));
    }

    pub fn result(&mut self, name: &str, result: Result<(), Vec<String>>) -> bool {
        match &result {
            Ok(()) => self.passed(name),
            Err(why) => self.failed(name, why),
        }
        result.is_ok()
    }

    /// The plan may come last in KTAP; then the verdict, once.
    pub fn verdict(&mut self) {
        self.line(&format!("1..{}", self.count));
        let word = if self.failures == 0 { "pass" } else { "fail" };
        self.line(&format!("{VERDICT_PREFIX}{word}"));
        let _ = rustix::termios::tcdrain(&self.port);
    }

    fn line(&mut self, line: &str) {
        // The host misses a line that cannot be written and says so: there is nobody else to tell.
        let _ = self.port.write_all(format!("{line}\n").as_bytes());
    }
}

/// A serial port turns "\n" into "\r\n" unless told not to.
fn raw_mode(port: &File) {
    if let Ok(mut mode) = rustix::termios::tcgetattr(port) {
        mode.make_raw();
        let _ = rustix::termios::tcsetattr(port, rustix::termios::OptionalActions::Now, &mode);
    }
}
