// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sources → which C names they use, where, and under which condition.
use crate::cfg::Cfg;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use regex::Regex;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
    sync::LazyLock,
};

/// A file, by a path that people know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub path: String,
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub file: String,
    pub line: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub at: Place,
    /// All of these have to hold for the line to be compiled.
    pub under: Vec<Cfg>,
    /// A call whose result is thrown away: any type of result will do.
    pub ignored: bool,
    /// `as` stands behind it: any number will do.
    pub cast: bool,
    /// Of a field: the record is surely one of C, for the code derefers a pointer or names the type.
    sure: bool,
}

/// What some sources use of C.
#[derive(Debug, Default, Clone)]
pub struct Uses {
    /// By C name.
    pub names: BTreeMap<String, Vec<Use>>,
    /// By file, the words behind a dot or before a colon: perhaps fields of the types that the file names.
    words: BTreeMap<String, BTreeMap<String, Vec<Use>>>,
    /// By file, the names that it uses.
    named: BTreeMap<String, BTreeSet<String>>,
    /// By file, the fields of the structs that it defines.
    own: BTreeMap<String, BTreeSet<String>>,
    /// `CONFIG_X` in conditions, without the prefix.
    pub configs: BTreeMap<String, Vec<Use>>,
    /// `kmod_has = "KIND:NAME"`, and `KMOD_HAS(kind, name)` in helpers, by the query.
    pub queries: BTreeMap<String, Vec<Place>>,
    /// The C helpers, by the name that they give to Rust.
    pub helpers: BTreeMap<String, Place>,
    /// The names that helpers call, and whether each call ignores the result.
    pub called_in_c: BTreeMap<String, bool>,
    /// Whether the build evaluates every constant, as this project's does; bindgen by itself does not.
    pub evaluated: bool,
    /// The constants that a header of the code's own gives to bindgen, as `RUST_CONST_HELPER_NAME`.
    pub constants: BTreeSet<String>,
    /// Comments `// drift: NAME: why any change will do`, by the name, or by `START*`.
    accepted: BTreeMap<String, Place>,
    /// The sources that are not Rust, with the reason.
    pub unread: Vec<String>,
}

static IN_STRING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:bindings|uapi)::([A-Za-z_]\w*)").expect("valid"));
static HELPER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\brust_helper_(\w+)\s*\(").expect("valid"));
static CONSTANT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bRUST_CONST_HELPER_(\w+)").expect("valid"));
static ACCEPTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"// drift: ([\w.]+\*?): \S").expect("valid"));
static STATEMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*(\w+)\(.*;\s*$").expect("valid"));
static CALL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(\w+)\(").expect("valid"));
static QUESTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bKMOD_HAS2?\(([^)]*)\)").expect("valid"));

impl Uses {
    /// Of Rust files (`.rs`) and C helpers (`.c`).
    pub fn of(sources: &[Source]) -> Self {
        let mut uses = Self::default();
        let whole_files = guarded_files(sources);
        for source in sources {
            uses.add_accepted(source);
            if source.path.ends_with(".c") {
                uses.add_helpers(source);
                continue;
            }
            if !source.path.ends_with(".rs") {
                uses.constants.extend(CONSTANT.captures_iter(&source.text).map(|found| found[1].to_owned()));
                continue;
            }
            match TokenStream::from_str(&source.text) {
                Ok(tokens) => {
                    let mut under = whole_files.get(&source.path).cloned().unwrap_or_default();
                    uses.walk(&source.path, tokens, Inside::Other, &mut under);
                }
                Err(e) => uses.unread.push(format!("{}:{}: {e}", source.path, e.span().start().line)),
            }
        }
        uses
    }

    /// The uses of a record's field: in the files that name the record, and where a query names it.
    pub fn of_field(&self, record: &str, field: &str) -> Vec<Use> {
        let word = field.rsplit('.').next().unwrap_or(field);
        let files = self.named.iter().filter(|(_, names)| names.contains(record)).map(|(file, _)| file);
        let in_file = |file: &String| {
            let own = self.own.get(file).is_some_and(|own| own.contains(word));
            Some(self.words.get(file)?.get(word)?.iter().filter(move |found| found.sure || !own))
        };
        files.filter_map(in_file).flatten().cloned().collect()
    }

    /// Where the code says that it takes any change of this name.
    pub fn accepted(&self, name: &str) -> Option<&Place> {
        let covers =
            |given: &str| given == name || given.strip_suffix('*').is_some_and(|start| name.starts_with(start));
        self.accepted.iter().find(|(given, _)| covers(given)).map(|(_, at)| at)
    }

    fn add_accepted(&mut self, source: &Source) {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(found) = ACCEPTED.captures(line) {
                let at = Place { file: source.path.clone(), line: number as u32 + 1 };
                self.accepted.insert(found[1].to_owned(), at);
            }
        }
    }

    fn add_helpers(&mut self, source: &Source) {
        for (number, line) in source.text.lines().enumerate() {
            let at = Place { file: source.path.clone(), line: number as u32 + 1 };
            for found in HELPER.captures_iter(line) {
                self.helpers.entry(found[1].to_owned()).or_insert_with(|| at.clone());
            }
            for call in CALL.captures_iter(line) {
                let ignored = STATEMENT.captures(line).is_some_and(|statement| statement[1] == call[1]);
                *self.called_in_c.entry(call[1].to_owned()).or_insert(true) &= ignored;
            }
            for found in QUESTION.captures_iter(line) {
                let words: Vec<_> = found[1].split(',').map(str::trim).collect();
                let query = match words[..] {
                    ["field", record, field] => format!("field:{record}.{field}"),
                    [kind, name, count] => format!("{kind}:{name}/{count}"),
                    [kind, name] => format!("{kind}:{name}"),
                    _ => continue,
                };
                self.queries.entry(query).or_default().push(at.clone());
            }
        }
    }

    fn walk(&mut self, file: &str, tokens: TokenStream, inside: Inside, under: &mut Vec<Cfg>) {
        let outer = under.len();
        let mut before = [const { String::new() }; 5];
        let mut in_struct = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let at = || Place { file: file.to_owned(), line: token.span().start().line as u32 };
            let here =
                |under: &[Cfg]| Use { at: at(), under: under.to_vec(), ignored: false, cast: false, sure: false };
            let word = match &token {
                TokenTree::Group(group) => {
                    let attribute = group.delimiter() == Delimiter::Bracket && matches!(&*before[4], "#" | "!");
                    if let Some(cfg) = attribute.then(|| condition(group.stream())).flatten() {
                        for ask in cfg.asks() {
                            match ask.strip_prefix("config:") {
                                Some(symbol) => self.configs.entry(symbol.to_owned()).or_default().push(here(under)),
                                None => self.queries.entry(ask).or_default().push(at()),
                            }
                        }
                        under.push(cfg);
                    } else {
                        let condition =
                            (group.delimiter() == Delimiter::Parenthesis && before[3] == "cfg" && before[4] == "!")
                                .then(|| Cfg::parse(group.stream()));
                        for ask in condition.iter().flat_map(Cfg::asks) {
                            self.queries.entry(ask).or_default().push(at());
                        }
                        let within = match group.delimiter() {
                            Delimiter::Brace if in_struct => Inside::Definition,
                            Delimiter::Brace if is_binding(&before[1..4]) => Inside::Literal,
                            Delimiter::Brace if before[4] == "unsafe" && begins(&before[3]) && ends(tokens.peek()) => {
                                Inside::Ignored
                            }
                            Delimiter::Brace => Inside::Braces,
                            _ => Inside::Other,
                        };
                        self.walk(file, group.stream(), within, under);
                        if group.delimiter() == Delimiter::Brace {
                            under.truncate(outer);
                            in_struct = false;
                        }
                    }
                    String::from(match group.delimiter() {
                        _ if attribute => "",
                        Delimiter::Brace => "}",
                        _ if starts_with_star(group.stream()) => "(*)",
                        _ => ")",
                    })
                }
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    let name = name.trim_start_matches("r#").to_owned();
                    in_struct |= name == "struct";
                    if is_binding(&before[2..]) && name != "self" {
                        self.named.entry(file.to_owned()).or_default().insert(name.clone());
                        let mut rest = tokens.clone();
                        let called = matches!(rest.next(), Some(TokenTree::Group(_)));
                        let last = rest.next();
                        let ignored = called
                            && begins(&before[1])
                            && (last.is_some() && ends(last.as_ref()) || last.is_none() && inside == Inside::Ignored);
                        let cast = matches!(tokens.peek(), Some(TokenTree::Ident(word)) if word == "as");
                        self.names.entry(name.clone()).or_default().push(Use { ignored, cast, ..here(under) });
                    } else if is_field(&before[4], inside, tokens.peek()) {
                        if inside == Inside::Definition {
                            self.own.entry(file.to_owned()).or_default().insert(name.clone());
                        } else {
                            // A function's body after `-> bindings::record` looks like a literal, but initialises nothing.
                            let sure =
                                inside == Inside::Literal && before[4] != "." || before[3] == "(*)" && before[4] == ".";
                            let words = self.words.entry(file.to_owned()).or_default();
                            words.entry(name.clone()).or_default().push(Use { sure, ..here(under) });
                        }
                    }
                    name
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if !(before[3] == "doc" && before[4] == "=") && before[3] != "kmod_has" {
                        for found in IN_STRING.captures_iter(&text) {
                            self.names.entry(found[1].to_owned()).or_default().push(here(under));
                        }
                    }
                    text
                }
                TokenTree::Punct(punct) => {
                    if matches!(punct.as_char(), ';' | ',') {
                        under.truncate(outer);
                        in_struct = false;
                    }
                    punct.as_char().to_string()
                }
            };
            before.rotate_left(1);
            before[4] = word;
        }
        under.truncate(outer);
    }
}

/// What the tokens at hand are within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// A struct's definition in Rust.
    Definition,
    /// The literal of a record of C.
    Literal,
    /// An unsafe block whose value is thrown away.
    Ignored,
    Braces,
    Other,
}

/// `bindings::`, or `uapi::`.
fn is_binding(before: &[String]) -> bool {
    matches!(before, [name, a, b] if matches!(&**name, "bindings" | "uapi") && a == ":" && b == ":")
}

/// Whether a statement begins after this word.
fn begins(before: &str) -> bool {
    matches!(before, "" | ";" | "}")
}

fn ends(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Punct(punct)) if punct.as_char() == ';')
}

fn starts_with_star(group: TokenStream) -> bool {
    matches!(group.into_iter().next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '*')
}

/// Whether a word may name a field: behind a dot, if it is no call, or before the colon of a struct's literal.
fn is_field(before: &str, inside: Inside, next: Option<&TokenTree>) -> bool {
    let in_braces = !matches!(inside, Inside::Other);
    match next {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => false,
        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' => {
            in_braces && matches!(before, "" | "," | ")" | "pub") && punct.spacing() == proc_macro2::Spacing::Alone
        }
        _ => before == ".",
    }
}

/// The condition of the attribute `cfg(…)`.
fn condition(attribute: TokenStream) -> Option<Cfg> {
    let mut tokens = attribute.into_iter();
    match (tokens.next()?, tokens.next()?) {
        (TokenTree::Ident(word), TokenTree::Group(group)) if word == "cfg" => Some(Cfg::parse(group.stream())),
        _ => None,
    }
}

/// The files that are compiled only under the condition of their `mod` line.
fn guarded_files(sources: &[Source]) -> BTreeMap<String, Vec<Cfg>> {
    let known: BTreeSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let mut of_file: BTreeMap<String, Vec<Cfg>> = BTreeMap::new();
    // Parents first: `a.rs` before `a/b.rs`, `lib.rs` before all.
    let mut order: Vec<_> = sources.iter().filter(|source| source.path.ends_with(".rs")).collect();
    order.sort_by_key(|s| (s.path.matches('/').count(), !s.path.ends_with("/lib.rs"), s.path.clone()));
    for source in order {
        let Ok(tokens) = TokenStream::from_str(&source.text) else { continue };
        let parent = of_file.get(&source.path).cloned().unwrap_or_default();
        let (dir, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
        let dir = match file {
            "lib.rs" | "mod.rs" | "main.rs" => dir.to_owned(),
            _ => format!("{dir}/{}", file.trim_end_matches(".rs")),
        };
        let mut pending = Vec::new();
        let mut last = String::new();
        for token in tokens {
            match &token {
                TokenTree::Group(group) if last == "#" => pending.extend(condition(group.stream())),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => pending.clear(),
                TokenTree::Punct(punct) if punct.as_char() == ';' => pending.clear(),
                TokenTree::Ident(name) if last == "mod" => {
                    let conditions = [parent.clone(), pending.clone()].concat();
                    for path in [format!("{dir}/{name}.rs"), format!("{dir}/{name}/mod.rs")] {
                        if known.contains(path.as_str()) && !conditions.is_empty() {
                            of_file.insert(path, conditions.clone());
                        }
                    }
                }
                _ => {}
            }
            last = match &token {
                TokenTree::Ident(ident) => ident.to_string(),
                TokenTree::Punct(punct) => punct.as_char().to_string(),
                _ => String::new(),
            };
        }
    }
    of_file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into() }
    }

    #[test]
    fn names_with_their_lines_and_conditions() {
        let uses = Uses::of(&[
            source("k/lib.rs", "#[cfg(CONFIG_PCI)]\npub mod pci;\npub mod mm;"),
            source("k/pci.rs", "fn f() {\n#[cfg(kmod_has = \"fn:a\")]\nbindings::a();\nbindings::b();\n(*p).vendor }"),
            source(
                "k/mm.rs",
                "#[cfg(not(kmod_has = \"fn:a\"))] fn g() { bindings::c() }\nfn h() { bindings::pci_dev }",
            ),
        ]);
        let under = |name: &str| uses.names[name].iter().map(|u| (u.at.line, u.under.len())).collect::<Vec<_>>();
        assert_eq!((under("a"), under("b")), (vec![(3, 2)], vec![(4, 1)]));
        assert_eq!((under("c"), under("pci_dev")), (vec![(1, 1)], vec![(2, 0)]));
        assert!(uses.of_field("pci_dev", "vendor").is_empty());
    }

    #[test]
    fn fields_are_sought_where_the_type_is_named() {
        let uses = Uses::of(&[source("a.rs", "fn f(d: *mut bindings::pci_dev) -> u16 { unsafe { (*d).vendor } }")]);
        assert_eq!(uses.of_field("pci_dev", "vendor").len(), 1);
        assert!(uses.of_field("pci_dev", "device").is_empty());
        let own = "struct Mine { next: u8, pub(crate) prev: u8 }\nfn f(p: *mut bindings::page) { mine.next; (*p).next;\n\
                   bindings::page { next: p }; Mine { next: 1 }; (*p).prev }";
        let uses = Uses::of(&[source("a.rs", own)]);
        let lines = |field: &str| uses.of_field("page", field).iter().map(|found| found.at.line).collect::<Vec<_>>();
        assert_eq!((lines("next"), lines("prev")), (vec![2, 3], vec![3]));
    }

    #[test]
    fn a_result_is_taken_or_ignored() {
        let text = "fn f() { unsafe { bindings::a(1) }; unsafe { bindings::b(2); bindings::c() }\
                    let x = if y { unsafe { bindings::d() } }; }";
        let uses = Uses::of(&[source("a.rs", text)]);
        let ignored = |name: &str| uses.names[name][0].ignored;
        assert_eq!(["a", "b", "c", "d"].map(ignored), [true, true, false, false]);
    }

    proptest::proptest! {
        #[test]
        fn any_source_is_read(text in "\\PC*|(#|\\[|\\]|cfg|\\(|\\)|mod|bindings|::|a|;|,|\\{|\\}| ){0,20}") {
            Uses::of(&[source("a/lib.rs", &text), source("a/b.c", &text)]);
        }
    }
}
