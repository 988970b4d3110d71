// SPDX-License-Identifier: MIT OR Apache-2.0
//! One kernel as Rust sees it: of each C name, its form and what can be told of it.
use crate::value;
use kmod_kernel::{
    Config, ExportKind, Facts, Symvers,
    facts::{Function, Location},
};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::LazyLock};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    Function,
    Inline,
    /// A macro with parameters.
    Macro,
    /// A macro without, or an enumerator.
    Constant,
    Type,
    Field,
    Config,
    Variable,
    /// Not in the headers.
    Absent,
}

impl Form {
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "extern function",
            Self::Inline => "inline function",
            Self::Macro => "macro",
            Self::Constant => "constant",
            Self::Type => "type",
            Self::Field => "field",
            Self::Config => "configuration symbol",
            Self::Variable => "variable",
            Self::Absent => "absent",
        }
    }
}

/// What a kernel says of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    pub form: Form,
    /// `type`, `value`, `size`, … : what rules compare.
    pub attributes: BTreeMap<&'static str, String>,
    /// `include/linux/pci.h:12`
    pub at: Option<String>,
}

impl State {
    pub fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    /// What a person wants to see of it: the signature, the value, the layout.
    pub fn detail(&self) -> String {
        let get = |name| self.get(name).unwrap_or_default();
        match self.form {
            Form::Function | Form::Inline | Form::Field | Form::Variable => get("type").to_owned(),
            Form::Macro => format!("({})", get("params")),
            Form::Constant => self.get("value").unwrap_or(get("text")).to_owned(),
            Form::Type => match self.get("size") {
                Some(size) => format!("{}, {size} bytes", get("kind")),
                None => get("kind").to_owned(),
            },
            Form::Config => get("value").to_owned(),
            Form::Absent => String::new(),
        }
    }
}

/// A kernel's headers, exports and configuration. Headers alone tell nothing of the other two.
#[derive(Debug, Clone, Default)]
pub struct Surface {
    pub label: String,
    pub facts: Facts,
    pub symvers: Option<Symvers>,
    pub config: Option<Config>,
    /// What the headers were built from, if it is known: the same source differs by configuration alone.
    pub source: Option<String>,
}

impl Surface {
    /// Of a name as Rust writes it behind `bindings::`, of `STRUCT.FIELD`, or of `CONFIG_X`.
    pub fn state(&self, name: &str) -> State {
        let absent = || State { form: Form::Absent, attributes: BTreeMap::new(), at: None };
        self.config_symbol(name)
            .or_else(|| self.field(name))
            .or_else(|| self.plain(name))
            .or_else(|| self.enumerator(name))
            // bindgen adds an underscore to a name that is a keyword in Rust.
            .or_else(|| self.plain(name.strip_suffix('_')?))
            .unwrap_or_else(absent)
    }

    /// The record that a name stands for, with its fields.
    pub fn fields(&self, record: &str) -> Vec<&str> {
        self.facts.record(record).map(|found| found.fields.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    pub fn has(&self, query: &str) -> bool {
        let (no_symvers, no_config) = (Symvers::default(), Config::default());
        let symvers = self.symvers.as_ref().unwrap_or(&no_symvers);
        self.facts.has(query, symvers, self.config.as_ref().unwrap_or(&no_config)).unwrap_or(false)
    }

    pub fn configured(&self, symbol: &str, value: Option<&str>) -> bool {
        let Some(config) = &self.config else { return true };
        value.map_or(config.is_on(symbol), |value| config.get(symbol) == Some(value))
    }

    fn config_symbol(&self, name: &str) -> Option<State> {
        let (symbol, config) = (name.strip_prefix("CONFIG_")?, self.config.as_ref()?);
        let attributes = BTreeMap::from([("value", config.get(symbol).unwrap_or("n").to_owned())]);
        Some(State { form: Form::Config, attributes, at: None })
    }

    fn field(&self, name: &str) -> Option<State> {
        let (record, field) = name.split_once('.')?;
        let record = self.facts.record(record)?;
        let found = record.fields.get(field)?;
        let mut attributes = BTreeMap::from([("type", found.ty.clone()), ("anonymous", found.anonymous.to_string())]);
        attributes.insert("canonical", self.canonical(&found.ty));
        attributes.insert("element", element(&self.canonical(&found.ty)));
        attributes.extend(found.params.map(|count| ("params", count.to_string())));
        attributes.extend(found.offset.map(|bits| ("offset", bits.to_string())));
        attributes.extend(found.size.map(|bytes| ("size", bytes.to_string())));
        let at = record.at.map(|at| Location { line: found.line, ..at });
        Some(State { form: Form::Field, attributes, at: self.place(at) })
    }

    fn plain(&self, name: &str) -> Option<State> {
        let facts = &self.facts;
        if let Some(function) = facts.functions.get(name) {
            return Some(self.function(name, function));
        }
        if let Some(found) = facts.variables.get(name) {
            let mut attributes = BTreeMap::from([("type", found.ty.clone()), ("canonical", self.canonical(&found.ty))]);
            attributes.extend(self.exported(name));
            return Some(State { form: Form::Variable, attributes, at: self.place(found.at) });
        }
        if let Some(record) = facts.record(name) {
            let kind = format!("{:?}", record.kind).to_lowercase();
            let mut attributes = BTreeMap::from([("canonical", kind.clone()), ("kind", kind)]);
            attributes.extend(record.size.map(|bytes| ("size", bytes.to_string())));
            attributes.extend(record.align.map(|bytes| ("align", bytes.to_string())));
            return Some(State { form: Form::Type, attributes, at: self.place(record.at) });
        }
        if let Some(found) = facts.enums.get(name) {
            let kind = format!("enum: {}", found.ty);
            let attributes = BTreeMap::from([("canonical", kind.clone()), ("kind", kind)]);
            return Some(State { form: Form::Type, attributes, at: self.place(found.at) });
        }
        if let Some(found) = facts.typedefs.get(name) {
            let attributes = BTreeMap::from([("kind", found.ty.clone()), ("canonical", self.canonical(&found.ty))]);
            return Some(State { form: Form::Type, attributes, at: self.place(found.at) });
        }
        if let Some(found) = facts.macros.get(name) {
            let (form, mut attributes) = match &found.params {
                Some(params) => (Form::Macro, BTreeMap::from([("params", params.clone())])),
                None => (Form::Constant, BTreeMap::from([("of", "macro".to_owned())])),
            };
            attributes.insert("text", found.body.clone());
            let value = value::evaluate(&found.body, self);
            if let Some(value) = value.filter(|_| form == Form::Constant) {
                attributes.extend([("value", value.value.to_string()), ("type", value.ty())]);
                attributes.insert("plain", if value.plain { "yes" } else { "no" }.to_owned());
            }
            // A macro that only renames a function.
            if form == Form::Constant
                && let Some(function) = facts.functions.get(&found.body).filter(|_| found.body != name)
            {
                return Some(State { form: Form::Macro, ..self.function(name, function) });
            }
            let place = self.place(found.at);
            if form == Form::Constant && place.as_ref().is_some_and(|at| at.contains("include/uapi/")) {
                attributes.insert("api", "uapi".to_owned());
            }
            return Some(State { form, attributes, at: place });
        }
        facts.enumerators.contains_key(name).then(|| self.constant(name)).flatten()
    }

    /// bindgen names an enumerator `TAG_ENUMERATOR`.
    fn enumerator(&self, name: &str) -> Option<State> {
        name.match_indices('_').find_map(|(at, _)| {
            let (tag, enumerator) = (&name[..at], &name[at + 1..]);
            let found = self.facts.enumerators.get(enumerator)?;
            if found.of.as_deref() == Some(tag) { self.constant(enumerator) } else { None }
        })
    }

    fn constant(&self, enumerator: &str) -> Option<State> {
        let found = self.facts.enumerators.get(enumerator)?;
        let tag = found.of.as_ref().and_then(|tag| self.facts.enums.get(tag));
        let mut attributes = BTreeMap::from([("of", "enum".to_owned()), ("value", found.value.to_string())]);
        attributes.extend(tag.map(|tag| ("text", format!("enumerator of {}", tag.ty))));
        let place = self.place(tag.and_then(|tag| tag.at));
        if place.as_ref().is_some_and(|at| at.contains("include/uapi/")) {
            attributes.insert("api", "uapi".to_owned());
        }
        Some(State { form: Form::Constant, attributes, at: place })
    }

    fn function(&self, name: &str, function: &Function) -> State {
        let form = if function.is_inline || function.is_static { Form::Inline } else { Form::Function };
        let mut attributes =
            BTreeMap::from([("type", function.signature.clone()), ("params", function.params.len().to_string())]);
        attributes.insert("canonical", self.canonical(&function.signature));
        attributes.insert("result", self.canonical(&function.result));
        let params = function.params.iter().map(|param| self.canonical(&param.ty));
        attributes.insert("takes", params.collect::<Vec<_>>().join(", "));
        attributes.extend(function.doc.as_deref().and_then(returns).map(|text| ("returns", text)));
        attributes.extend(self.exported(name).filter(|_| form == Form::Function));
        State { form, attributes, at: self.place(function.at) }
    }

    /// Whether modules may link to it, where that is known.
    fn exported(&self, name: &str) -> Option<(&'static str, String)> {
        let exported = self.symvers.as_ref()?.get(name).map_or("no", |export| match export.kind {
            ExportKind::Any => "yes",
            ExportKind::Gpl => "to GPL modules",
        });
        Some(("exported", exported.to_owned()))
    }

    /// A type with its typedefs of integers and pointers resolved, so that `u8` is `unsigned char`.
    fn canonical(&self, ty: &str) -> String {
        let mut text = ty.to_owned();
        for _ in 0..TYPEDEFS {
            let resolved =
                WORD.replace_all(&text, |word: &regex::Captures<'_>| match self.facts.typedefs.get(&word[0]) {
                    Some(typedef) if !typedef.ty.contains(['(', '[']) && !OF_RUST.contains(&&word[0]) => {
                        typedef.ty.clone()
                    }
                    _ => word[0].to_owned(),
                });
            if resolved == text {
                break;
            }
            text = resolved.into_owned();
        }
        // Where a type without a name stands is no part of it.
        UNNAMED.replace_all(&text, "$1)").replace("_Bool", "bool")
    }

    /// `include/linux/pci.h:12`: from the tree's root.
    fn place(&self, at: Option<Location>) -> Option<String> {
        let place = self.facts.place(at?)?;
        let start = place.find("/arch/").or_else(|| place.find("/include/")).map_or(0, |at| at + 1);
        Some(place[start..].to_owned())
    }
}

impl value::Names for Surface {
    fn definition(&self, name: &str) -> Option<value::Definition> {
        let found = self.facts.macros.get(name)?;
        Some(value::Definition { params: found.params.clone(), body: found.body.clone() })
    }

    fn enumerator(&self, name: &str) -> Option<i64> {
        self.facts.enumerators.get(name).map(|found| found.value)
    }

    fn integer(&self, name: &str) -> Option<String> {
        let mut ty = &self.facts.typedefs.get(name)?.ty;
        for _ in 0..TYPEDEFS {
            match self.facts.typedefs.get(ty) {
                Some(typedef) => ty = &typedef.ty,
                None => break,
            }
        }
        Some(ty.clone())
    }
}

/// What bindgen makes `usize` and `isize`, which are types of their own in Rust.
const OF_RUST: [&str; 2] = ["size_t", "ssize_t"];

/// Typedefs of typedefs go so deep at most.
const TYPEDEFS: usize = 8;

static UNNAMED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\(unnamed \w+) at [^)]*\)").expect("valid"));
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z_]\w*").expect("valid"));

/// `char[32]` → `char[]`
fn element(ty: &str) -> String {
    static LENGTH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[\d+\]").expect("valid"));
    LENGTH.replace_all(ty, "[]").into_owned()
}

/// What a kernel-doc comment says a function returns, on one line.
fn returns(doc: &str) -> Option<String> {
    let lines = doc.lines().map(|line| line.trim().trim_start_matches(['/', '*']).trim().trim_end_matches("*/").trim());
    let mut text = Vec::new();
    for line in lines {
        let lower = line.to_ascii_lowercase();
        let start =
            ["return:", "returns:", "return value:", "returns ", "return "].iter().find(|s| lower.starts_with(**s));
        match (start, text.is_empty()) {
            (Some(start), true) => text.push(line[start.len()..].trim().to_owned()),
            (None, false) if line.is_empty() || line.ends_with(':') => break,
            (_, false) => text.push(line.to_owned()),
            (None, true) => {}
        }
    }
    let joined = text.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    (!joined.is_empty()).then_some(joined)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_returns_section_of_a_kernel_doc() {
        let doc = "/**\n * f - does\n * @a: it\n *\n * Return: 0 on success,\n *   an error otherwise.\n */";
        assert_eq!(super::returns(doc).as_deref(), Some("0 on success, an error otherwise."));
        assert_eq!(super::returns("/** f - does */"), None);
    }
}
