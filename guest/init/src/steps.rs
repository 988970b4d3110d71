// SPDX-License-Identifier: MIT OR Apache-2.0
//! The steps of a job, one function each.
use crate::{
    PATH,
    kernel_log::{self, KernelLog},
    leftovers::Snapshot,
    modules,
    report::Report,
    tests,
};
use kmod_job::{Job, Step};
use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, PipeReader},
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

/// What the steps know of each other: the state of the machine before each module was loaded, and which did not load.
#[derive(Default)]
struct State {
    before: HashMap<String, Snapshot>,
    unloadable: HashSet<String>,
}

pub fn run(job: &Job, report: &mut Report) {
    let mut state = State::default();
    for step in &job.steps {
        match step {
            Step::Depend { path } => {
                if let Err(why) = modules::load(path, &[]) {
                    report.failed(&format!("load {}", modules::name_of(path)), &why);
                }
                crate::mount_what_is_there();
            }
            Step::Insmod { path, params } => state.insmod(report, path, params),
            Step::Rmmod { name } => state.rmmod(report, name),
            Step::NewId { bus, driver, id } => {
                let file = format!("/sys/bus/{bus}/drivers/{driver}/new_id");
                let outcome = fs::write(&file, id).map_err(|e| vec![format!("{file}: {e}")]);
                report.result(&format!("bind {id} to {driver}"), outcome);
            }
            Step::Test { name, program, filter } => tests::run(report, name, program, filter.as_deref()),
            Step::KernelTests { path } => kernel_tests(report, path),
            Step::Exec { argv } => {
                report.result(&argv.join(" "), exec(argv));
            }
            Step::Shell { argv } => drop(shell(argv)),
        }
    }
}

impl State {
    fn insmod(&mut self, report: &mut Report, path: &str, params: &[String]) {
        let name = modules::name_of(path);
        self.before.insert(name.clone(), Snapshot::take());
        if !report.result(&format!("load {name}"), modules::load(path, params)) {
            self.unloadable.insert(name);
        }
    }

    fn rmmod(&mut self, report: &mut Report, name: &str) {
        if self.unloadable.contains(name) {
            return report.skipped(&format!("unload {name}"), "it was not loaded");
        }
        if report.result(&format!("unload {name}"), modules::unload(name))
            && let Some(before) = self.before.remove(name)
        {
            // Some of it goes in the kernel's own time: by RCU, or in a work.
            let patience = Instant::now() + Duration::from_secs(10);
            let mut left = Snapshot::take().new_since(&before);
            while !left.is_empty() && Instant::now() < patience {
                thread::sleep(Duration::from_millis(50));
                left = Snapshot::take().new_since(&before);
            }
            let outcome = if left.is_empty() { Ok(()) } else { Err(left) };
            report.result(&format!("{name} leaves nothing behind"), outcome);
        }
    }
}

/// The module's init runs the tests and prints KTAP; result lines become ours, other lines the diagnostics above them.
fn kernel_tests(report: &mut Report, path: &str) {
    let name = modules::name_of(path);
    let mut log = KernelLog::from_now();
    let loaded = modules::load(path, &[]);
    let mut diagnostics = Vec::new();
    let mut planned = None;
    let mut results = 0;
    for line in log.lines() {
        // The prefix `name: ` is the module's; nested suites are indented.
        let line = line.strip_prefix(&format!("{name}: ")).unwrap_or(&line);
        let text = line.trim_start();
        let nested = line.len() > text.len();
        if nested {
            diagnostics.push(text.trim_start_matches("# ").to_owned());
        } else if let Some(number) = text.strip_prefix("1..") {
            planned = number.parse::<usize>().ok();
        } else if let Some((passed, test)) = kunit_result(text, results + 1) {
            results += 1;
            let why = std::mem::take(&mut diagnostics);
            match (passed, test.split_once(" # SKIP")) {
                (true, Some((test, why))) => report.skipped(test, why.trim()),
                (true, None) => report.passed(test),
                (false, _) => report.failed(test, &why),
            }
        } else {
            diagnostics.push(text.trim_start_matches("# ").to_owned());
        }
    }
    match loaded {
        Err(why) => report.failed(&format!("load {name}"), &why),
        Ok(()) => {
            if let Err(why) = modules::unload(&name) {
                report.failed(&format!("unload {name}"), &why);
            }
            if planned != Some(results) {
                let planned = planned.map_or("no number of".to_owned(), |n| n.to_string());
                report.failed(&name, &[format!("{planned} results were announced, {results} came")]);
            }
        }
    }
}

/// `ok 3 suite::test` or `not ok 3 suite::test`, when 3 is the number that is due: a test may print what begins alike.
fn kunit_result(line: &str, due: usize) -> Option<(bool, &str)> {
    let (passed, rest) = match line.strip_prefix("not ") {
        Some(rest) => (false, rest),
        None => (true, line),
    };
    let (number, test) = rest.strip_prefix("ok ")?.split_once(' ')?;
    (number.parse() == Ok(due)).then_some((passed, test))
}

/// Runs a program on the console as it is.
fn shell(argv: &[String]) -> Result<(), Vec<String>> {
    ended(argv, command(argv)?.status())
}

/// Runs a program whose output goes to the kernel log, a record a line: the kernel's own messages would cut it on the console.
fn exec(argv: &[String]) -> Result<(), Vec<String>> {
    let command = command(argv)?;
    let (reader, mut child) = match start(command) {
        Ok(started) => started,
        Err(e) => return ended(argv, Err(e)),
    };
    let copy = thread::spawn(|| kernel_log::write_lines(reader));
    let status = child.wait();
    // What it left running may hold the pipe open: do not wait for that.
    let patience = Instant::now() + Duration::from_secs(5);
    while !copy.is_finished() && Instant::now() < patience {
        thread::sleep(Duration::from_millis(1));
    }
    ended(argv, status)
}

/// The child alone keeps the pipe's other end: the command goes here.
fn start(mut command: Command) -> io::Result<(PipeReader, Child)> {
    let (reader, writer) = io::pipe()?;
    let child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    Ok((reader, child))
}

fn command(argv: &[String]) -> Result<Command, Vec<String>> {
    let (program, args) = argv.split_first().ok_or_else(|| vec!["an empty command".to_owned()])?;
    let mut command = Command::new(program);
    command.args(args).env(PATH.0, PATH.1);
    Ok(command)
}

fn ended(argv: &[String], status: io::Result<ExitStatus>) -> Result<(), Vec<String>> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(vec![format!("{}: {status}", argv[0])]),
        Err(e) => Err(vec![format!("cannot start {}: {e}", argv[0])]),
    }
}

#[cfg(test)]
mod unit {
    use super::kunit_result;

    #[test]
    fn what_a_test_prints_is_no_result() {
        assert_eq!(kunit_result("ok 3 suite::test", 3), Some((true, "suite::test")));
        assert_eq!(kunit_result("not ok 3 suite::test", 3), Some((false, "suite::test")));
        for line in ["not enough capacity", "ok then", "ok 2 suite::test", "okay 3 x", "ok 3"] {
            assert_eq!(kunit_result(line, 3), None, "{line}");
        }
    }
}
