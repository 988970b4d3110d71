// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which C names the code uses: the Rust code says `bindings::NAME`, `kmod_has = "KIND:NAME"`, the C helpers `KMOD_HAS(…)`.
//! Nothing else is bound, so that the bindings are small and nothing has to be listed by hand. Pure but for reading files.
use crate::{Error, Result};
use proc_macro2::{TokenStream, TokenTree};
use regex::Regex;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    str::FromStr,
    sync::LazyLock,
};

/// The C names that some Rust and C sources use.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Uses {
    /// `bindings::NAME` and `uapi::NAME`.
    pub names: BTreeSet<String>,
    /// `kmod_has = "…"`, in Rust.
    pub queries: BTreeSet<String>,
    /// The C helpers: the names they give to Rust, their questions and their text.
    pub helpers: Helpers,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Helpers {
    pub files: Vec<PathBuf>,
    pub names: BTreeSet<String>,
    /// The arguments of `KMOD_HAS(kind, name)` and `KMOD_HAS2(kind, a, b)`.
    pub questions: BTreeSet<Vec<String>>,
    /// Everything in the files, for hashing.
    pub text: String,
}

static IN_STRING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:bindings|uapi)::([A-Za-z_]\w*)").expect("valid"));
static MODULE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?mod (\w+);").expect("valid"));
static HELPER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\brust_helper_(\w+)\s*\(").expect("valid"));
static QUESTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bKMOD_HAS2?\(([^)]*)\)").expect("valid"));

impl Uses {
    /// Adds what the Rust files below `dir` use; `target` folders are skipped.
    pub fn add_rust_dir(&mut self, dir: &Path) -> Result<()> {
        for path in files(dir, "rs")? {
            self.add_rust(&path)?;
        }
        Ok(())
    }

    /// Adds what a crate of one file uses, with the files of modules that lie beside it.
    pub fn add_rust_root(&mut self, root: &Path) -> Result<()> {
        let dir = root.parent().unwrap_or(Path::new("."));
        self.add_modules(root, dir)
    }

    /// Adds what a file uses, with the files of its modules, which lie in `dir`.
    fn add_modules(&mut self, file: &Path, dir: &Path) -> Result<()> {
        self.add_rust(file)?;
        for module in MODULE.captures_iter(&kmod_os::read_to_string(file)?) {
            let inner = dir.join(&module[1]);
            for path in [inner.with_extension("rs"), inner.join("mod.rs")] {
                if kmod_os::exists(&path) {
                    self.add_modules(&path, &inner)?;
                }
            }
        }
        Ok(())
    }

    pub fn add_rust(&mut self, path: &Path) -> Result<()> {
        self.add_rust_text(&kmod_os::read_to_string(path)?).map_err(|why| Error::Lex { path: path.to_owned(), why })
    }

    fn add_rust_text(&mut self, text: &str) -> std::result::Result<(), String> {
        let tokens = TokenStream::from_str(text).map_err(|e| {
            let at = e.span().start();
            format!("line {}, column {}: {e}", at.line, at.column + 1)
        })?;
        self.add_tokens(tokens);
        Ok(())
    }

    fn add_tokens(&mut self, tokens: TokenStream) {
        // The words before the current one: what a path or a `cfg` needs is at most three back.
        let mut before = [const { String::new() }; 3];
        let mut exported = false;
        for token in tokens {
            let word = match &token {
                TokenTree::Group(group) => {
                    exported |= before[2] == "#" && group.stream().to_string() == "export";
                    self.add_tokens(group.stream());
                    String::new()
                }
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    // `#[export]` compares the function with its declaration, where a header has one.
                    if before[2] == "fn" && std::mem::take(&mut exported) {
                        self.names.insert(name.clone());
                        self.queries.insert(format!("fn:{name}"));
                    }
                    if matches!([&*before[0], &*before[1], &*before[2]], ["bindings" | "uapi", ":", ":"])
                        && name != "self"
                    {
                        self.names.insert(name.trim_start_matches("r#").to_owned());
                    }
                    name
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    match (&*before[1], &*before[2]) {
                        ("kmod_has", "=") => drop(self.queries.insert(text.trim_matches('"').to_owned())),
                        ("doc", "=") => {}
                        // Code that a macro writes as text.
                        _ => self.names.extend(IN_STRING.captures_iter(&text).map(|c| c[1].to_owned())),
                    }
                    text
                }
                TokenTree::Punct(punct) => punct.as_char().to_string(),
            };
            before.rotate_left(1);
            before[2] = word;
        }
    }

    /// Reads the C helpers, `*.c` in `dir`.
    pub fn add_helpers(&mut self, dir: &Path) -> Result<()> {
        if kmod_os::exists(dir) {
            for path in files(dir, "c")? {
                self.helpers.add_text(&kmod_os::read_to_string(&path)?);
                self.helpers.files.push(path);
            }
        }
        Ok(())
    }
}

impl Helpers {
    fn add_text(&mut self, text: &str) {
        self.names.extend(HELPER.captures_iter(text).map(|c| c[1].to_owned()));
        let questions = QUESTION.captures_iter(text).map(|c| c[1].split(',').map(|a| a.trim().to_owned()).collect());
        self.questions.extend(questions);
        self.text.push_str(text);
    }
}

/// The words in the inner attributes of a crate's root: `no_std`, and the names in `#![feature(…)]`.
pub fn crate_attributes(root: &Path) -> Result<Vec<String>> {
    let text = kmod_os::read_to_string(root)?;
    let tokens: Vec<TokenTree> = match TokenStream::from_str(&text) {
        Ok(tokens) => tokens.into_iter().collect(),
        // rustc says better what is wrong with the file.
        Err(_) => return Ok(Vec::new()),
    };
    let punct = |token: &TokenTree, c| matches!(token, TokenTree::Punct(p) if p.as_char() == c);
    let mut words = Vec::new();
    for window in tokens.windows(3) {
        if let [hash, bang, TokenTree::Group(group)] = window
            && punct(hash, '#')
            && punct(bang, '!')
        {
            add_words(group.stream(), &mut words);
        }
    }
    Ok(words)
}

fn add_words(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            TokenTree::Group(group) => add_words(group.stream(), words),
            _ => {}
        }
    }
}

/// The files with this extension below `dir`, sorted.
fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in kmod_os::read_dir(dir)? {
        if path.is_dir() {
            let name = path.file_name().unwrap_or_default();
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                found.extend(files(&path, extension)?);
            }
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(text: &str) -> Uses {
        let mut uses = Uses::default();
        uses.add_rust_text(text).unwrap();
        uses
    }

    #[test]
    fn finds_names_in_code_macros_and_generated_text() {
        let uses = uses(
            r##"
            //! bindings::in_docs
            /* bindings::in_comment */
            /// Calls `bindings::in_item_docs`.
            fn f() { unsafe { crate::bindings::kfree(p) }; m!(bindings :: pci_dev, $crate::bindings::$name); }
            use bindings::{self};
            const T: &str = "::kernel::bindings::in_text";
            fn g(x: uapi::nvme_ioctl, u: *const bindings::r#type) {}
            "##,
        );
        assert_eq!(Vec::from_iter(uses.names), ["in_text", "kfree", "nvme_ioctl", "pci_dev", "type"]);
    }

    #[test]
    fn finds_queries_however_nested() {
        let uses = uses(
            r#"#[cfg(all(CONFIG_PCI, not(kmod_has = "field:pci_dev.x/2")))] fn f() { if cfg!(kmod_has="fn:a") {} }"#,
        );
        assert_eq!(Vec::from_iter(uses.queries), ["field:pci_dev.x/2", "fn:a"]);
    }

    #[test]
    fn finds_what_is_exported() {
        let uses = uses("#[no_mangle] fn a() {} #[export] pub unsafe extern \"C\" fn b() {} fn c() {}");
        assert_eq!(Vec::from_iter(uses.names), ["b"]);
        assert_eq!(Vec::from_iter(uses.queries), ["fn:b"]);
    }

    #[test]
    fn says_where_a_file_cannot_be_read_as_rust() {
        let why = Uses::default().add_rust_text("fn f() {\n  (}").unwrap_err();
        assert!(why.starts_with("line 2"), "{why}");
    }

    #[test]
    fn reads_helpers() {
        let mut helpers = Helpers::default();
        helpers.add_text(
            "#if KMOD_HAS(fn, kvmalloc) && !KMOD_HAS2(field, page, x)\n\
             __rust_helper void *rust_helper_kvmalloc(size_t n)\n{\n}\n#endif",
        );
        assert_eq!(Vec::from_iter(helpers.names), ["kvmalloc"]);
        assert_eq!(Vec::from_iter(helpers.questions), [vec!["field", "page", "x"], vec!["fn", "kvmalloc"]]);
    }
}
