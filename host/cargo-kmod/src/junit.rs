// SPDX-License-Identifier: MIT OR Apache-2.0
//! The results of cells as JUnit's XML, which CI engines read: a suite a cell.
use crate::{
    cmd::cells::{Became, Cell},
    show,
};
use kmod_vm::{Outcome, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The case that stands for the cell itself.
const BOOT: &str = "boot";

pub fn suite(cell: &Cell, became: &Became) -> TestSuite {
    let mut suite = TestSuite::new(cell.name());
    let failed = |kind, message: &str, text: &[String]| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(message).set_description(text.join("\n"));
        status
    };
    let skipped = |why: &str| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(why);
        status
    };
    let status = match became {
        Became::Absent(why) => skipped(why),
        Became::Failed(e) => failed(NonSuccessKind::Error, became.verdict(), &show::causes(e)),
        Became::Ran { finished, .. } => {
            for result in &finished.report.results {
                let status = match &result.outcome {
                    Outcome::Passed => TestCaseStatus::success(),
                    Outcome::Skipped(why) => skipped(why),
                    Outcome::Failed => failed(NonSuccessKind::Failure, "failed", &result.diagnostics),
                };
                suite.add_test_case(TestCase::new(result.name.as_str(), status));
            }
            suite.set_time(finished.wall);
            match &finished.verdict {
                // Of a failed test its own case tells.
                Verdict::Pass | Verdict::TestFailed => TestCaseStatus::success(),
                verdict => failed(NonSuccessKind::Error, verdict.name(), &show::trouble(finished)),
            }
        }
    };
    suite.add_test_case(TestCase::new(BOOT, status));
    suite
}

pub fn report(suites: Vec<TestSuite>) -> String {
    let mut report = Report::new("cargo kmod test");
    report.add_test_suites(suites);
    report.to_string().expect("what was put in is text")
}
