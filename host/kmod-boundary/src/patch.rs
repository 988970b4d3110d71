// SPDX-License-Identifier: MIT OR Apache-2.0
//! A patch series: an mbox, as `git format-patch` and b4 write it, or a diff.
use diffy::{
    Line,
    patch_set::{FileOperation, FilePatch, ParseOptions, PatchKind, PatchSet},
};
use mailparse::{MailHeaderMap, ParsedMail};
use regex::Regex;
use serde::Serialize;
use std::sync::LazyLock;

#[derive(Debug, Clone, Default)]
pub struct Series {
    pub patches: Vec<Patch>,
    /// What could not be read. The rest is there, and partial.
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Message and file.
    pub place: String,
    pub what: String,
}

/// One mail or commit. A cover letter has no changes.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    pub subject: String,
    pub from: String,
    /// What is said, up to the diff.
    pub message: String,
    pub changes: Vec<Change>,
}

/// What a patch does to one file.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub old: Option<String>,
    pub new: Option<String>,
    /// Lines of the new file, with their number.
    pub added: Vec<(usize, String)>,
    pub removed: Vec<(usize, String)>,
    /// The new side of each hunk, context included.
    pub after: Vec<(usize, String)>,
    /// The diff of this file, or None when it is binary.
    diff: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no patch in it: neither a mail nor a diff\nnext: give an mbox of `b4 am` or `git format-patch --stdout`, or a unified diff"
    )]
    Empty,
    #[error("{path}: a binary change; it cannot be read")]
    Binary { path: String },
    #[error(
        "{path}: the patch does not apply: {why}\nnext: give the tree as it is before the series, or after all of it"
    )]
    DoesNotApply { path: String, why: String },
}

impl Series {
    /// Reads an mbox or a diff.
    ///
    /// # Errors
    ///
    /// When nothing in it is a patch.
    pub fn parse(input: &[u8]) -> Result<Self, Error> {
        let mut series = Self::default();
        let mails = split_mbox(input);
        if mails.is_empty() {
            let text = String::from_utf8_lossy(input);
            let patch = series.read("the diff", &text);
            series.patches.push(patch);
        }
        for mail in mails {
            match mailparse::parse_mail(mail) {
                Ok(mail) => series.add(&mail),
                Err(e) => series.problem(&format!("mail {}", series.patches.len() + 1), &e.to_string()),
            }
        }
        if series.changes().next().is_none() && series.problems.is_empty() {
            return Err(Error::Empty);
        }
        Ok(series)
    }

    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.patches.iter().flat_map(|p| &p.changes)
    }

    fn add(&mut self, mail: &ParsedMail<'_>) {
        let header = |name| mail.headers.get_first_value(name).unwrap_or_default();
        let subject = header("Subject");
        let Some(body) = plain_text(mail) else {
            return self.problem(&subject, "no text that can be decoded");
        };
        let mut patch = self.read(&subject, &body.replace("\r\n", "\n"));
        (patch.subject, patch.from) = (subject, header("From"));
        self.patches.push(patch);
    }

    fn read(&mut self, place: &str, text: &str) -> Patch {
        let git = text.starts_with("diff --git ") || text.contains("\ndiff --git ");
        let options = if git { ParseOptions::gitdiff() } else { ParseOptions::unidiff() };
        let start = ["diff --git ", "--- "].into_iter().filter_map(|mark| line_with(text, mark)).min();
        let (message, diff) = text.split_at(start.unwrap_or(text.len()));
        // What git says of a hunk's surroundings is of no use here, and the library gives it back with a line too many.
        static SECTION: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(?m)^(@@ -[0-9,]+ \+[0-9,]+ @@)[^\n]*$").expect("valid"));
        let diff = &*SECTION.replace_all(diff, "$1");
        let mut patch = Patch { message: message.to_owned(), ..Patch::default() };
        if diff.is_empty() {
            return patch;
        }
        for file in PatchSet::parse(diff, options) {
            match file {
                Ok(file) => patch.changes.push(Change::of(&file)),
                Err(e) => self.problem(place, &e.to_string()),
            }
        }
        for change in patch.changes.iter().filter(|c| c.diff.is_none()) {
            self.problem(&format!("{place}: {}", change.path()), "binary: not looked at");
        }
        patch
    }

    fn problem(&mut self, place: &str, what: &str) {
        self.problems.push(Problem { place: place.to_owned(), what: what.to_owned() });
    }
}

impl Patch {
    /// The people of a trailer, as in `Acked-by: A <a@x>`.
    pub fn trailer<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.message.lines().filter_map(move |line| {
            let (k, value) = line.trim().split_once(':')?;
            k.eq_ignore_ascii_case(key).then_some(value.trim())
        })
    }
}

impl Change {
    fn of(file: &FilePatch<'_, str>) -> Self {
        let prefix =
            usize::from(!matches!(file.operation(), FileOperation::Rename { .. } | FileOperation::Copy { .. }));
        let operation = file.operation().strip_prefix(prefix);
        let (old, new) = match &operation {
            FileOperation::Create(new) => (None, Some(new.to_string())),
            FileOperation::Delete(old) => (Some(old.to_string()), None),
            FileOperation::Modify { original, modified } => (Some(original.to_string()), Some(modified.to_string())),
            FileOperation::Rename { from, to } | FileOperation::Copy { from, to } => {
                (Some(from.to_string()), Some(to.to_string()))
            }
        };
        let mut change = Self { old, new, ..Self::default() };
        let PatchKind::Text(text) = file.patch() else { return change };
        for hunk in text.hunks() {
            let (mut old, mut new) = (hunk.old_range().start(), hunk.new_range().start());
            for line in hunk.lines() {
                let (Line::Context(s) | Line::Delete(s) | Line::Insert(s)) = line;
                let s = s.trim_end_matches('\n').to_owned();
                match line {
                    Line::Delete(_) => change.removed.push((old, s)),
                    Line::Insert(_) => {
                        change.added.push((new, s.clone()));
                        change.after.push((new, s));
                    }
                    Line::Context(_) => change.after.push((new, s)),
                }
                old += usize::from(!matches!(line, Line::Insert(_)));
                new += usize::from(!matches!(line, Line::Delete(_)));
            }
        }
        change.diff = Some(text.to_string());
        change
    }

    /// The path after the patch, or before it when the file goes.
    pub fn path(&self) -> &str {
        self.new.as_deref().or(self.old.as_deref()).unwrap_or_default()
    }

    /// The file after this change.
    ///
    /// # Errors
    ///
    /// When the change is binary or does not fit `before`.
    pub fn apply(&self, before: &str) -> Result<String, Error> {
        self.patched(|patch| diffy::apply(before, patch))
    }

    /// The file before this change.
    ///
    /// # Errors
    ///
    /// When the change is binary or does not fit `after`.
    pub fn undo(&self, after: &str) -> Result<String, Error> {
        self.patched(|patch| diffy::apply(after, &patch.reverse()))
    }

    fn patched(
        &self,
        apply: impl FnOnce(&diffy::Patch<'_, str>) -> Result<String, diffy::ApplyError>,
    ) -> Result<String, Error> {
        let path = || self.path().to_owned();
        let diff = self.diff.as_deref().ok_or_else(|| Error::Binary { path: path() })?;
        let fail = |why: String| Error::DoesNotApply { path: path(), why };
        let patch = diffy::Patch::from_str(diff).map_err(|e| fail(e.to_string()))?;
        apply(&patch).map_err(|e| fail(e.to_string()))
    }
}

/// Where the first line that begins with `mark` begins.
fn line_with(text: &str, mark: &str) -> Option<usize> {
    if text.starts_with(mark) {
        return Some(0);
    }
    text.match_indices(mark).map(|(at, _)| at).find(|at| text.as_bytes()[at - 1] == b'\n')
}

/// The mails of an mbox; none when it is none.
fn split_mbox(input: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let (mut at, mut blank) = (0, true);
    for line in input.split_inclusive(|b| *b == b'\n') {
        if blank && line.starts_with(b"From ") {
            starts.push((at, at + line.len()));
        }
        blank = line.iter().all(u8::is_ascii_whitespace);
        at += line.len();
    }
    if starts.is_empty() && ["From: ", "Subject: "].iter().any(|h| input.starts_with(h.as_bytes())) {
        return vec![input];
    }
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([input.len()]);
    starts.iter().zip(ends).map(|((_, from), to)| &input[*from..to]).collect()
}

fn plain_text(mail: &ParsedMail<'_>) -> Option<String> {
    if mail.subparts.is_empty() {
        return mail.ctype.mimetype.starts_with("text/").then(|| mail.get_body().ok()).flatten();
    }
    let parts: Vec<_> = mail.subparts.iter().filter_map(plain_text).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "diff --git a/x.h b/x.h\n--- a/x.h\n+++ b/x.h\n@@ -1,2 +1,2 @@ struct s {\n a\n-b\n+c\n";

    #[test]
    fn mails_and_diffs_are_read() {
        let mail = format!(
            "From abc Mon Sep 17 00:00:00 2001\nFrom: A <a@x>\nSubject: [PATCH] x\n\nSay.\n\nAcked-by: B <b@x>\n---\n x.h | 2 +-\n\n{DIFF}-- \n2.43.0\n\n"
        );
        let series = Series::parse(mail.as_bytes()).expect("a series");
        assert_eq!(series.problems, []);
        assert_eq!(series.patches[0].trailer("acked-by").collect::<Vec<_>>(), ["B <b@x>"]);
        for series in [series, Series::parse(DIFF.as_bytes()).expect("a diff")] {
            let change = series.changes().next().expect("a change");
            assert_eq!((change.path(), &change.added[..]), ("x.h", &[(2, "c".to_owned())][..]));
            assert_eq!(change.apply("a\nb\n").expect("applies"), "a\nc\n");
            assert!(matches!(change.apply("z\n"), Err(Error::DoesNotApply { .. })));
        }
    }

    #[test]
    fn bad_input_is_named() {
        assert!(matches!(Series::parse(b"nothing"), Err(Error::Empty)));
        let binary = "diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n";
        let series = Series::parse(format!("{binary}{DIFF}").as_bytes()).expect("the rest");
        assert_eq!(series.problems.len(), 1, "{:?}", series.problems);
        assert_eq!(series.changes().count(), 2);
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(junk in proptest::collection::vec(proptest::num::u8::ANY, 0..300), cut in 0..DIFF.len()) {
            let _ = Series::parse(&junk);
            let mut mixed = DIFF.as_bytes()[..cut].to_vec();
            mixed.extend(junk);
            if let Ok(series) = Series::parse(&mixed) {
                series.changes().for_each(|c| drop(c.apply("a\nb\n")));
            }
        }
    }
}
