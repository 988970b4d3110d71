// SPDX-License-Identifier: MIT OR Apache-2.0
//! What people see: progress and talk on stderr, the answer on stdout.
use crate::exit::Exit;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kmod_os::{Progress, Task};
use kmod_vm::{Finished, Outcome, Verdict};
use std::time::Duration;

/// Draws a bar or a spinner on a terminal; elsewhere one line a step.
pub struct Bars;

struct Bar(ProgressBar);

impl Progress for Bars {
    fn start(&self, what: &str, total: Option<u64>) -> Box<dyn Task> {
        let bar = match total {
            Some(total) => ProgressBar::new(total).with_style(
                ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes}").expect("checked by running"),
            ),
            None => ProgressBar::new_spinner()
                .with_style(ProgressStyle::with_template("{spinner} {msg} {elapsed}").expect("checked by running")),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.set_message(what.to_owned());
        if bar.is_hidden() {
            eprintln!("{what}");
        } else {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Box::new(Bar(bar))
    }

    fn note(&self, line: &str) {
        eprintln!("{line}");
    }
}

impl Task for Bar {
    fn set(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The error, then each cause, one a line.
pub fn error(e: &(dyn std::error::Error + 'static)) {
    let causes = causes(e);
    eprintln!("error: {}", causes[0]);
    causes[1..].iter().for_each(|cause| eprintln!("  because: {cause}"));
}

/// What the error says, then what each cause says.
pub fn causes(e: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = std::iter::successors(Some(e), |e| e.source()).map(ToString::to_string).collect();
    // A transparent wrapper says what its cause says.
    causes.dedup();
    causes
}

/// The results of one boot, one a line, with the diagnostics of what failed; those that passed only if `all`.
pub fn results(finished: &Finished, all: bool) {
    for result in &finished.report.results {
        match &result.outcome {
            Outcome::Passed if !all => {}
            Outcome::Passed => println!("  ok      {}", result.name),
            Outcome::Skipped(why) => println!("  skipped {} ({why})", result.name),
            Outcome::Failed => {
                println!("  FAILED  {}", result.name);
                result.diagnostics.iter().for_each(|line| println!("          {line}"));
            }
        }
    }
}

/// `edu on debian-6.1 (6.1.0-56-cloud-amd64): pass, 14 passed, 0 failed, 3.1 s, emulated, no KVM`
pub fn verdict(name: &str, kernel: &str, release: &str, finished: &Finished) {
    let count = |wanted: fn(&Outcome) -> bool| finished.report.results.iter().filter(|r| wanted(&r.outcome)).count();
    let passed = count(|o| matches!(o, Outcome::Passed));
    let failed = count(|o| matches!(o, Outcome::Failed));
    let emulated = if finished.emulated { ", emulated, no KVM" } else { "" };
    println!(
        "{name} on {kernel} ({release}): {}, {passed} passed, {failed} failed, {:.1} s{emulated}",
        finished.verdict.name(),
        finished.wall.as_secs_f32(),
    );
    trouble(finished).iter().for_each(|line| println!("  {line}"));
}

/// What went wrong with a boot, beyond its tests.
pub fn trouble(finished: &Finished) -> Vec<String> {
    match &finished.verdict {
        Verdict::Oops(trouble) => vec![format!("{}: {}", trouble.kind, trouble.line)],
        Verdict::NoBoot(why) | Verdict::GuestDied(why) => vec![why.clone()],
        Verdict::Timeout(limit) => {
            vec![format!("nothing came of it for {} s: the guest was ended", limit.as_secs())]
        }
        Verdict::Pass | Verdict::TestFailed => Vec::new(),
    }
}

/// How much of the console explains a boot that went wrong.
const TAIL: usize = 60;

pub fn tail(finished: &Finished) {
    if Exit::from(&finished.verdict) == Exit::Ok {
        return;
    }
    let lines = &finished.console;
    eprintln!("--- the end of the console ---");
    lines[lines.len().saturating_sub(TAIL)..].iter().for_each(|line| eprintln!("{line}"));
}
