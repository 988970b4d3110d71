// SPDX-License-Identifier: MIT OR Apache-2.0
//! What counts as a change: data, one file a rule (`rules/*.toml`).
use crate::surface::{Form, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    Gone,
    Form,
    Signature,
    CallbackSignature,
    Field,
    Layout,
    Value,
    Export,
    Config,
    /// The same words of C, with another meaning by its documentation.
    Meaning,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Breaks => "breaks",
            Self::Trap => "trap",
            Self::Rebuild => "rebuild",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The code does not compile, link or load as it is.
    Breaks,
    /// It may compile as before and do something else.
    Trap,
    /// New bindings, made by a build, are all it takes.
    Rebuild,
}

/// What a tool can write to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// A C helper that calls it.
    Helper,
    /// The code that uses it under a `cfg(kmod_has = …)`.
    Cfg,
    /// A C constant of its own, with the value and a type.
    Constant,
    /// The constant cast to the type that it had.
    Cast,
}

/// Of what was and what is, and how it has to differ, for the rule to say something.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: String,
    pub class: Class,
    pub severity: Severity,
    /// `{name}`, `{before.ATTRIBUTE}`, `{after.ATTRIBUTE}` (`form` and `detail` too) are filled in.
    pub message: String,
    pub why: String,
    pub before: Vec<Form>,
    pub after: Vec<Form>,
    /// One of these is known of both and is not the same.
    #[serde(default)]
    pub differs: Vec<String>,
    /// None of these is known to differ.
    #[serde(default)]
    pub same: Vec<String>,
    /// These are known of what was, or not.
    #[serde(default)]
    pub known: BTreeMap<String, bool>,
    /// What is now has these.
    #[serde(default)]
    pub to: BTreeMap<String, String>,
    /// What was has not these.
    #[serde(default)]
    pub unless: BTreeMap<String, String>,
    pub remedy: Option<Remedy>,
}

#[derive(Debug, thiserror::Error)]
#[error("{path} is not a rule: {source}\nnext: compare it with the others in the folder")]
pub struct RuleError {
    pub path: String,
    source: Box<toml::de::Error>,
}

impl Rule {
    pub fn parse(path: &str, text: &str) -> Result<Self, RuleError> {
        toml::from_str(text).map_err(|e| RuleError { path: path.to_owned(), source: Box::new(e) })
    }

    pub fn applies(&self, before: &State, after: &State) -> bool {
        let differs = |attribute: &String| match (before.get(attribute), after.get(attribute)) {
            // Rust, like C, passes a pointer to what may change where one to a constant is wanted.
            (Some(old), Some(new)) if attribute == "takes" => !passes(old, new),
            (Some(old), Some(new)) => blankless(old) != blankless(new),
            _ => false,
        };
        self.before.contains(&before.form)
            && self.after.contains(&after.form)
            && (self.differs.is_empty() || self.differs.iter().any(differs))
            && !self.same.iter().any(differs)
            && self.known.iter().all(|(attribute, known)| before.get(attribute).is_some() == *known)
            && self.unless.iter().all(|(attribute, value)| before.get(attribute) != Some(value))
            && self.to.iter().all(|(attribute, value)| after.get(attribute) == Some(value))
    }

    pub fn message(&self, name: &str, before: &State, after: &State) -> String {
        let mut text = self.message.replace("{name}", name);
        for (side, state) in [("before", before), ("after", after)] {
            text = text.replace(&format!("{{{side}.form}}"), state.form.name());
            text = text.replace(&format!("{{{side}.detail}}"), &state.detail());
            for (attribute, value) in &state.attributes {
                text = text.replace(&format!("{{{side}.{attribute}}}"), value);
            }
        }
        text
    }
}

/// Whether arguments for the parameters `old` fit the parameters `new`.
fn passes(old: &str, new: &str) -> bool {
    let (old, new): (Vec<_>, Vec<_>) = (old.split(", ").collect(), new.split(", ").collect());
    let fits =
        |(o, n): (&&str, &&str)| blankless(o) == blankless(n) || blankless(o) == blankless(&n.replace("const ", ""));
    old.len() == new.len() && old.iter().zip(&new).all(fits)
}

fn blankless(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The rules that the program carries: `rules/*.toml`.
pub fn builtin() -> Result<Vec<Rule>, RuleError> {
    FILES.iter().map(|(path, text)| Rule::parse(path, text)).collect()
}

macro_rules! files {
    ($($id:literal),* $(,)?) => {
        &[$(($id, include_str!(concat!("../../../rules/", $id, ".toml")))),*]
    };
}

/// All files of the folder, sorted; a test compares.
pub const FILES: &[(&str, &str)] = files![
    "array-length",
    "callback-signature",
    "config-changed",
    "constant-form",
    "constant-opaque",
    "constant-type",
    "constant-value",
    "constant-value-uapi",
    "export-gone",
    "extern-to-inline",
    "field-gone",
    "field-moved",
    "field-path",
    "field-type",
    "function-gone",
    "function-result",
    "function-signature",
    "inline-to-extern",
    "macro-params",
    "name-gone",
    "record-size",
    "returns-meaning",
    "type-kind",
    "variable-type",
];
