// SPDX-License-Identifier: MIT OR Apache-2.0
//! Findings → the changes that need no thought: a C helper for what is no extern function any more, a C constant for what
//! bindgen cannot evaluate, a cast for a constant that became wider, a condition for what has gone.
mod guard;

use crate::{
    drift::Finding,
    rules::Remedy,
    surface::{Form, Surface},
    uses::Source,
};
use kmod_kernel::facts::Function;
use proc_macro2::TokenStream;
use std::collections::BTreeMap;

/// The header that bindgen reads, where constants of Rust's own are.
const CONSTANTS: &str = "bindings_helper.h";

/// A file, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    pub path: String,
    /// Empty for a new file.
    pub before: String,
    pub after: String,
}

impl Mend {
    /// As `git apply` takes it.
    pub fn diff(&self) -> String {
        let patch = diffy::create_patch(&self.before, &self.after).to_string();
        let hunks: String = patch.split_inclusive('\n').skip(2).collect();
        let path = &self.path;
        match self.before.is_empty() {
            true => format!("diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n{hunks}"),
            false => format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n{hunks}"),
        }
    }
}

/// What mends the open findings that a tool can mend, a file each. `old` knows the prototypes of what has gone, `new` what
/// may have come in its place.
pub fn mend(findings: &[Finding], [old, new]: [&Surface; 2], sources: &[Source]) -> Vec<Mend> {
    let mut files = Files { sources, changed: BTreeMap::new() };
    for finding in findings.iter().filter(|finding| finding.open()) {
        match finding.remedy {
            Some(Remedy::Helper) => {
                let function = old.facts.functions.get(&finding.name).filter(|function| !function.variadic);
                if let Some(text) = function.and_then(|function| helper(&finding.name, function)) {
                    let path = files.helpers(finding);
                    if files.text(&path).is_empty() {
                        let include = header_of(finding).1;
                        files.append(&path, &format!("// SPDX-License-Identifier: GPL-2.0\n#include {include}\n"));
                    }
                    files.append(&path, &text);
                }
            }
            Some(Remedy::Constant) => {
                let ty = finding.after.get("type").and_then(c_type).unwrap_or("unsigned long");
                let name = &finding.name;
                files.append(&files.named(CONSTANTS), &format!("const {ty} RUST_CONST_HELPER_{name} = {name};\n"));
            }
            Some(Remedy::Cast) => {
                for at in &finding.breaks {
                    files.cast(&at.file, at.line as usize, &finding.name, finding.before.get("type").unwrap_or("u32"));
                }
            }
            // Last: they move the lines that the findings tell.
            Some(Remedy::Cfg) | None => {}
        }
    }
    files.guard(findings.iter().filter(|finding| !replaced(finding, old, new)));
    let before = |path: &str| sources.iter().find(|s| s.path == path).map(|s| s.text.clone()).unwrap_or_default();
    files.changed.into_iter().map(|(path, after)| Mend { before: before(&path), path, after }).collect()
}

struct Files<'a> {
    sources: &'a [Source],
    changed: BTreeMap<String, String>,
}

impl Files<'_> {
    /// The file of that name, or else one beside the others.
    fn named(&self, name: &str) -> String {
        let known = self.sources.iter().find(|source| source.path.rsplit('/').next() == Some(name));
        let beside =
            |path: &str| path.rsplit_once('/').map_or(name.to_owned(), |(folder, _)| format!("{folder}/{name}"));
        match (known, self.sources.iter().find(|source| source.path.ends_with(".c")).or(self.sources.first())) {
            (Some(source), _) => source.path.clone(),
            (None, Some(other)) => beside(&other.path),
            (None, None) => name.to_owned(),
        }
    }

    /// The file of helpers that includes the header which the finding is about.
    fn helpers(&self, finding: &Finding) -> String {
        let (stem, include) = header_of(finding);
        let wanted = format!("#include {include}");
        let mut helpers = self.sources.iter().filter(|source| source.path.ends_with(".c"));
        let found = helpers.find(|source| source.text.lines().any(|line| line.trim() == wanted));
        found.map_or_else(|| self.named(&format!("{stem}.c")), |source| source.path.clone())
    }

    fn text(&mut self, path: &str) -> &mut String {
        let known = self.sources.iter().find(|source| source.path == path);
        self.changed.entry(path.to_owned()).or_insert_with(|| known.map(|s| s.text.clone()).unwrap_or_default())
    }

    fn append(&mut self, path: &str, addition: &str) {
        let text = self.text(path);
        if !text.is_empty() && path.ends_with(".c") {
            text.push('\n');
        }
        text.push_str(addition);
    }

    /// A condition before what uses that which has gone.
    fn guard<'f>(&mut self, findings: impl Iterator<Item = &'f Finding>) {
        let rust = self.sources.iter().filter(|source| source.path.ends_with(".rs"));
        let others: Vec<TokenStream> = rust.filter_map(|source| source.text.parse().ok()).collect();
        let gone = findings.filter(|finding| finding.open() && finding.remedy == Some(Remedy::Cfg));
        let mut places: Vec<_> = gone
            .filter_map(|finding| Some((finding.query()?, finding.before.form == Form::Field, &finding.breaks)))
            .flat_map(|(query, field, places)| places.iter().map(move |at| (at, query.clone(), field)))
            .filter(|(at, ..)| at.file.ends_with(".rs"))
            .collect();
        // From the end of a file on, so that no line moves before its turn.
        places.sort_by(|a, b| b.cmp(a));
        for (at, query, field) in places {
            let attribute = format!("#[cfg(kmod_has = \"{query}\")]");
            let text = self.text(&at.file);
            if let Some(after) = guard::guarded(text, at.line as usize, field, &attribute, &others) {
                *text = after;
            }
        }
        self.changed
            .retain(|path, after| self.sources.iter().all(|source| source.path != *path || source.text != *after));
    }

    /// `bindings::NAME` on that line → `bindings::NAME as TYPE`.
    fn cast(&mut self, path: &str, line: usize, name: &str, ty: &str) {
        let text = self.text(path);
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        if let Some(line) = line.checked_sub(1).and_then(|at| lines.get_mut(at)) {
            *line = casted(line, &format!("bindings::{name}"), ty);
        }
        *text = lines.concat();
    }
}

/// Whether a field has gone from a record that has others now: perhaps they are to be set instead.
fn replaced(finding: &Finding, old: &Surface, new: &Surface) -> bool {
    let record = finding.name.split('.').next().unwrap_or_default();
    let before = old.fields(record);
    finding.before.form == Form::Field && new.fields(record).iter().any(|field| !before.contains(field))
}

fn casted(line: &str, path: &str, ty: &str) -> String {
    let mut done = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(path) {
        let (before, after) = (&rest[..at], &rest[at + path.len()..]);
        let whole = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        // Where an operator or a method would take only a part.
        let tight = before.ends_with(['!', '-']) || after.trim_start().starts_with(['.', '<']);
        let cast = match (whole && !after.trim_start().starts_with("as "), tight) {
            (false, _) => path.to_owned(),
            (true, true) => format!("({path} as {ty})"),
            (true, false) => format!("{path} as {ty}"),
        };
        done += before;
        done += &cast;
        rest = after;
    }
    done + rest
}

/// Of the header that declares it now: its name, and how C includes it.
fn header_of(finding: &Finding) -> (String, String) {
    let at = finding.after.at.as_deref().or(finding.before.at.as_deref()).unwrap_or_default();
    let path = at.rsplit_once(':').map_or(at, |(path, _)| path);
    let file = path.rsplit('/').next().unwrap_or_default();
    let include = match path.split_once("include/") {
        Some((_, rest)) => format!("<{}>", rest.trim_start_matches("uapi/")),
        None => format!("\"{file}\""),
    };
    (file.trim_end_matches(".h").to_owned(), include)
}

/// A function that Rust can link to and that does what `name` does in C; `None` where it cannot be written down so simply.
fn helper(name: &str, function: &Function) -> Option<String> {
    let declare = |(at, param): (usize, &kmod_kernel::facts::Param)| {
        let name = if param.name.is_empty() { format!("arg{at}") } else { param.name.clone() };
        let text = match param.ty.split_once("(*") {
            Some((before, after)) => format!("{before}(*{name}{after}"),
            None => joined(&param.ty, &name),
        };
        (text, name)
    };
    if function.result.contains('(') {
        return None;
    }
    let (params, names): (Vec<_>, Vec<_>) = function.params.iter().enumerate().map(declare).unzip();
    let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
    let head = joined(&format!("__rust_helper {}", function.result), &format!("rust_helper_{name}"));
    let result = if function.result == "void" { "" } else { "return " };
    Some(format!("{head}({params})\n{{\n\t{result}{name}({});\n}}\n", names.join(", ")))
}

/// A type and a name, with the blank that C puts between them.
fn joined(ty: &str, name: &str) -> String {
    if ty.ends_with('*') { format!("{ty}{name}") } else { format!("{ty} {name}") }
}

fn c_type(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "i32" => "int",
        "u32" => "unsigned int",
        "i64" => "long",
        "u64" => "unsigned long",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cast_stands_where_it_binds() {
        for (line, wanted) in [
            ("let x = bindings::A;", "let x = bindings::A as u32;"),
            ("x & !bindings::A", "x & !(bindings::A as u32)"),
            ("bindings::A as u64 | bindings::AB", "bindings::A as u64 | bindings::AB"),
            ("bindings::A < y", "(bindings::A as u32) < y"),
        ] {
            assert_eq!(casted(line, "bindings::A", "u32"), wanted);
        }
    }
}
