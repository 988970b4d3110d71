// SPDX-License-Identifier: MIT OR Apache-2.0
//! MAINTAINERS: who owns a file, by its patterns (F:, X:, N:) and by what a patch says (K:).
use glob::{MatchOptions, Pattern};
use regex::Regex;
use serde::Serialize;

/// A `*` of F: and X: stays within one component of a path.
const GLOB: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// One section: its title and its lines, by letter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Section {
    pub title: String,
    /// `M:` lines.
    pub maintainers: Vec<String>,
    /// `R:` lines.
    pub reviewers: Vec<String>,
    /// `L:` lines, without the remark in brackets.
    pub lists: Vec<String>,
    pub status: Option<String>,
    /// `T:` lines.
    pub trees: Vec<String>,
    #[serde(skip)]
    files: Vec<String>,
    #[serde(skip)]
    excluded: Vec<String>,
    #[serde(skip)]
    names: Vec<String>,
    #[serde(skip)]
    keywords: Vec<String>,
}

/// A line that could not be used; the rest still is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub line: usize,
    pub what: String,
}

#[derive(Debug, Clone, Default)]
pub struct Maintainers {
    pub sections: Vec<Section>,
    pub problems: Vec<Problem>,
    keywords: Vec<(usize, Regex)>,
    names: Vec<(usize, Regex)>,
}

impl Maintainers {
    /// Reads the file. A line of a letter that nobody here needs (W:, B:, C:, P:) is passed over.
    pub fn parse(text: &str) -> Self {
        let mut all = Self::default();
        let mut title = String::new();
        for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim_end())) {
            let Some((letter, value)) = field(line) else {
                title = if line.starts_with(char::is_whitespace) { String::new() } else { line.to_owned() };
                continue;
            };
            if !title.is_empty() {
                all.sections.push(Section { title: std::mem::take(&mut title), ..Section::default() });
            }
            let index = all.sections.len();
            let Some(section) = all.sections.last_mut() else { continue };
            match letter {
                'M' => section.maintainers.push(value.to_owned()),
                'R' => section.reviewers.push(value.to_owned()),
                'L' => section.lists.push(value.split(" (").next().unwrap_or(value).trim().to_owned()),
                'S' => section.status = Some(value.to_owned()),
                'T' => section.trees.push(value.to_owned()),
                'F' => section.files.push(value.to_owned()),
                'X' => section.excluded.push(value.to_owned()),
                'N' | 'K' => match Regex::new(value) {
                    Ok(regex) if letter == 'N' => {
                        section.names.push(value.to_owned());
                        all.names.push((index - 1, regex));
                    }
                    Ok(regex) => {
                        section.keywords.push(value.to_owned());
                        all.keywords.push((index - 1, regex));
                    }
                    Err(_) => all.problems.push(Problem {
                        line: number,
                        what: format!("{letter}: {value}: not an expression that can be used"),
                    }),
                },
                _ => {}
            }
        }
        all
    }

    pub fn section(&self, title: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.title == title)
    }

    /// The sections that own a path, the most specific pattern first; "THE REST" only when there is no other.
    pub fn of_path(&self, path: &str) -> Vec<&Section> {
        let mut found: Vec<(usize, &Section)> = Vec::new();
        for (i, section) in self.sections.iter().enumerate() {
            if section.excluded.iter().any(|pattern| matches(pattern, path)) {
                continue;
            }
            let by_file = section.files.iter().filter(|p| matches(p, path)).map(|p| specificity(p)).max();
            let by_name = self.names.iter().any(|(of, regex)| *of == i && regex.is_match(path)).then_some(1);
            if let Some(weight) = by_file.max(by_name) {
                found.push((weight, section));
            }
        }
        if found.len() > 1 {
            found.retain(|(_, section)| section.title != "THE REST");
        }
        found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        found.into_iter().map(|(_, section)| section).collect()
    }

    /// The section that owns a path most specifically.
    pub fn owner(&self, path: &str) -> Option<&Section> {
        self.of_path(path).into_iter().next()
    }

    /// The sections whose K: finds something in `text`, which is what a patch adds or removes.
    pub fn of_text(&self, text: &str) -> Vec<&Section> {
        let mut found: Vec<_> = self.keywords.iter().filter(|(_, k)| k.is_match(text)).map(|(i, _)| *i).collect();
        found.dedup();
        found.into_iter().map(|i| &self.sections[i]).collect()
    }
}

/// `M:\tSomeone` → `('M', "Someone")`.
fn field(line: &str) -> Option<(char, &str)> {
    let mut chars = line.chars();
    let letter = chars.next().filter(char::is_ascii_uppercase)?;
    let value = chars.as_str().strip_prefix(':')?;
    value.starts_with(char::is_whitespace).then(|| (letter, value.trim()))
}

fn matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains(['*', '?', '[']) {
        let under = path.strip_prefix(pattern.trim_end_matches('/'));
        return under.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    }
    let Some(folder) = pattern.strip_suffix('/') else {
        return Pattern::new(pattern).is_ok_and(|p| p.matches_with(path, GLOB));
    };
    // A folder owns what is below it, at any depth.
    let depth = folder.split('/').count();
    let mut parts = path.splitn(depth + 1, '/');
    let head: Vec<_> = parts.by_ref().take(depth).collect();
    parts.next().is_some() && Pattern::new(folder).is_ok_and(|p| p.matches_with(&head.join("/"), GLOB))
}

/// Longer patterns say more; a `*` says nothing.
fn specificity(pattern: &str) -> usize {
    2 + pattern.trim_end_matches('/').chars().filter(|c| *c != '*').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "List of maintainers\n\n\
DMA MAPPING HELPERS\nM:\tA <a@x>\nL:\tiommu@lists.linux.dev (moderated)\nF:\tkernel/dma/\nX:\tkernel/dma/bench.c\n\n\
PINS\nM:\tB <b@x>\nF:\tdrivers/*/pins/\nF:\tscripts/*rust*\nN:\tpinctrl\nK:\t\\bpin_init\\b\nK:\t(?=no)\n\n\
THE REST\nM:\tL <l@x>\nF:\t*\nF:\t*/\n";

    fn titles(sections: Vec<&Section>) -> Vec<&str> {
        sections.into_iter().map(|s| s.title.as_str()).collect()
    }

    #[test]
    fn patterns_own_paths() {
        let all = Maintainers::parse(FILE);
        for (path, owners) in [
            ("kernel/dma/mapping.c", "DMA MAPPING HELPERS"),
            ("kernel/dma/bench.c", "THE REST"),
            ("drivers/gpio/pins/deep/a.c", "PINS"),
            ("drivers/gpio/a.c", "THE REST"),
            ("scripts/rust_is_available.sh", "PINS"),
            ("scripts/x/rust.sh", "THE REST"),
            ("arch/pinctrl.c", "PINS"),
            ("kernel/dmaengine.c", "THE REST"),
        ] {
            assert_eq!(titles(all.of_path(path)), [owners], "{path}");
        }
        assert_eq!(titles(all.of_text("+ pin_init!()")), ["PINS"]);
        assert_eq!(
            all.section("DMA MAPPING HELPERS").map(|s| s.lists.clone()),
            Some(vec!["iommu@lists.linux.dev".into()])
        );
        assert_eq!(all.problems.len(), 1, "{:?}", all.problems);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(?s).{0,400}", path in ".{0,40}") {
            let all = Maintainers::parse(&text);
            all.of_path(&path);
            all.of_text(&text);
        }
    }
}
