// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's report: KTAP lines and the verdict line, read as values.
use kmod_job::VERDICT_PREFIX;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
    Skipped(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    pub name: String,
    pub outcome: Outcome,
    /// The `# …` lines above the result.
    pub diagnostics: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub results: Vec<TestResult>,
    /// How many results the plan (`1..N`) announced.
    pub planned: Option<usize>,
    /// What each verdict line said.
    pub verdicts: Vec<bool>,
}

impl Report {
    pub fn parse(text: &str) -> Self {
        let mut report = Self::default();
        let mut diagnostics = Vec::new();
        for line in text.lines() {
            if let Some(verdict) = line.strip_prefix(VERDICT_PREFIX) {
                report.verdicts.push(verdict.trim() == "pass");
            } else if let Some(text) = line.strip_prefix("# ") {
                diagnostics.push(text.to_owned());
            } else if let Some(number) = line.strip_prefix("1..") {
                report.planned = number.trim().parse().ok();
            } else if let Some((passed, rest)) =
                line.strip_prefix("ok ").map(|r| (true, r)).or_else(|| Some((false, line.strip_prefix("not ok ")?)))
            {
                let text = rest.split_once(' ').map_or("", |(_number, text)| text);
                let (name, skipped) = match text.split_once(" # SKIP") {
                    Some((name, why)) => (name, Some(why.trim().to_owned())),
                    None => (text, None),
                };
                let outcome = match skipped {
                    Some(why) => Outcome::Skipped(why),
                    None if passed => Outcome::Passed,
                    None => Outcome::Failed,
                };
                let diagnostics = std::mem::take(&mut diagnostics);
                report.results.push(TestResult { name: name.to_owned(), outcome, diagnostics });
            }
        }
        report
    }

    /// The guest's own word, when it gave exactly one and it agrees with the results; else what is wrong with it.
    pub fn verdict(&self) -> Result<bool, String> {
        let failed = self.results.iter().any(|r| r.outcome == Outcome::Failed);
        match self.verdicts[..] {
            [] => Err("the guest ended without a verdict".to_owned()),
            [pass] if pass && failed => Err("the guest said pass although a test failed".to_owned()),
            [_] if self.planned != Some(self.results.len()) => {
                Err(format!("the report is cut: {:?} results announced, {} came", self.planned, self.results.len()))
            }
            [pass] => Ok(pass),
            _ => Err(format!("the guest gave {} verdicts", self.verdicts.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Report};

    #[test]
    fn one_verdict_or_none() {
        let report = Report::parse(
            "KTAP version 1\nok 1 load edu\n# why\nnot ok 2 a::b\nok 3 c # SKIP no KVM\n1..3\nkmod-verdict: fail\n",
        );
        assert_eq!(report.results[1].diagnostics, ["why"]);
        assert_eq!(report.results[2].outcome, Outcome::Skipped("no KVM".into()));
        assert_eq!(report.verdict(), Ok(false));
        assert!(Report::parse("ok 1 a\n1..1\n").verdict().is_err());
        assert!(Report::parse("ok 1 a\n1..1\nkmod-verdict: pass\nkmod-verdict: pass\n").verdict().is_err());
        assert!(Report::parse("not ok 1 a\n1..1\nkmod-verdict: pass\n").verdict().is_err());
        assert!(Report::parse("ok 1 a\n1..2\nkmod-verdict: pass\n").verdict().is_err());
    }
}
