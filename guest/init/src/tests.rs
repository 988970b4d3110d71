// SPDX-License-Identifier: MIT OR Apache-2.0
//! Running a program built by `cargo test`: each of its tests in a process of its own, so that one cannot take others along.
use crate::{PATH, report::Report};
use std::{
    io::Read,
    process::{Command, Stdio},
};

pub fn run(report: &mut Report, name: &str, program: &str, filter: Option<&str>) {
    let tests = match list(program, filter) {
        Ok(tests) => tests,
        Err(why) => return report.failed(name, &[why]),
    };
    if tests.is_empty() && filter.is_none() {
        report.failed(name, &["the program holds no test".to_owned()]);
    }
    for test in tests {
        let outcome = run_one(program, &test);
        report.result(&format!("{name}::{test}"), outcome);
    }
}

fn list(program: &str, filter: Option<&str>) -> Result<Vec<String>, String> {
    let output = Command::new(program).args(["--list", "--format", "terse"]).args(filter).output();
    let output = output.map_err(|e| format!("cannot start {program}: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

fn run_one(program: &str, test: &str) -> Result<(), Vec<String>> {
    let (mut reader, writer) = std::io::pipe().map_err(|e| vec![format!("cannot make a pipe: {e}")])?;
    let clone = writer.try_clone().map_err(|e| vec![format!("cannot make a pipe: {e}")])?;
    let child = Command::new(program)
        .args(["--exact", test, "--nocapture", "--include-ignored", "--test-threads=1", "--quiet"])
        .env("RUST_BACKTRACE", "0")
        .env(PATH.0, PATH.1)
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(clone)
        .spawn();
    // The command, and with it this process's ends of the pipe, is gone by here: the reader sees the end with the child's.
    let mut child = child.map_err(|e| vec![format!("cannot start {program}: {e}")])?;
    let mut text = Vec::new();
    let _ = reader.read_to_end(&mut text);
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            let text = String::from_utf8_lossy(&text);
            let noise = |l: &&str| l.is_empty() || l.starts_with("running ") || l.starts_with("test result:");
            let mut why: Vec<_> = text.lines().filter(|l| !noise(l)).map(str::to_owned).collect();
            why.push(status.to_string());
            Err(why)
        }
        Err(e) => Err(vec![format!("cannot wait for {program}: {e}")]),
    }
}
