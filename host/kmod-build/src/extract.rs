// SPDX-License-Identifier: MIT OR Apache-2.0
//! The doc examples in a crate's sources, by rustdoc's rules. Pure: text in, examples out.
use crate::example::{Example, Origin, identifier, is_module};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::path::Path;
use syn::{AttrStyle, Attribute, Expr, ExprLit, Item, ItemMacro, Lit, Meta, MetaNameValue, visit::Visit};

/// The examples in the documentation of one source file. `file` is where it lies in its crate (`alloc/kvec.rs`).
pub fn examples(text: &str, file: &Path) -> syn::Result<Vec<Example>> {
    let mut comments = Comments::default();
    comments.visit_file(&syn::parse_file(text)?);
    Ok(comments.0.iter().flat_map(|comment| in_comment(comment, file)).collect())
}

/// One documentation comment: its lines, and where each lies in the file.
struct Comment {
    inner: bool,
    lines: Vec<(usize, String)>,
}

/// Every documentation comment of a file, in order; one on adjoining lines is one.
#[derive(Default)]
struct Comments(Vec<Comment>);

impl Comments {
    fn add(&mut self, inner: bool, meta: &MetaNameValue) {
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else { return };
        if !meta.path.is_ident("doc") {
            return;
        }
        let first = text.span().start().line;
        let lines = text.value().split('\n').enumerate().map(|(n, line)| (first + n, line.to_owned())).collect();
        match self.0.last_mut() {
            Some(last) if last.inner == inner && last.lines.last().is_some_and(|(n, _)| n + 1 == first) => {
                last.lines.extend(lines);
            }
            _ => self.0.push(Comment { inner, lines }),
        }
    }

    /// What a macro is given may be items with documentation, which it hands on.
    fn add_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            let TokenTree::Group(group) = token else { continue };
            match syn::parse2::<MetaNameValue>(group.stream()) {
                Ok(meta) if group.delimiter() == Delimiter::Bracket => self.add(false, &meta),
                _ => self.add_tokens(group.stream()),
            }
        }
    }
}

impl<'ast> Visit<'ast> for Comments {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::NameValue(meta) = &attribute.meta {
            self.add(matches!(attribute.style, AttrStyle::Inner(_)), meta);
        }
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        // A definition's body is a template, no documentation yet.
        if item.ident.is_none() {
            self.add_tokens(item.mac.tokens.clone());
        }
    }
}

fn in_comment(comment: &Comment, file: &Path) -> Vec<Example> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let filled = comment.lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let common = filled.map(|(_, line)| indent(line)).min().unwrap_or(0);
    let markdown: String =
        comment.lines.iter().map(|(_, line)| format!("{}\n", line.get(common..).unwrap_or(""))).collect();
    let mut examples = Vec::new();
    let line = |at: usize| comment.lines[markdown[..at].matches('\n').count()].0;
    let mut open: Option<Block> = None;
    for (event, range) in Parser::new_ext(&markdown, Options::all()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let tags = match &kind {
                    CodeBlockKind::Fenced(tags) => tags,
                    CodeBlockKind::Indented => "",
                };
                let block = |kind| Block { kind, line: line(range.start), first: None, code: String::new() };
                open = Kind::of(tags).map(block);
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.code.push_str(&text);
                    block.first.get_or_insert(line(range.start));
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                examples.extend(open.take().and_then(|block| example(&block, file)));
            }
            _ => {}
        }
    }
    examples
}

/// A code block: its line, by which rustdoc calls it, the line of its first line of code, and the code.
struct Block {
    kind: Kind,
    line: usize,
    first: Option<usize>,
    code: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Run,
    Compile,
}

impl Kind {
    /// What is done with a block of these tags; None for what is not Rust, is ignored, or must fail.
    fn of(tags: &str) -> Option<Self> {
        let mut kind = Self::Run;
        for tag in tags.split([',', ' ', '\t']).filter(|tag| !tag.is_empty()) {
            match tag {
                "rust" | "standalone_crate" => {}
                "no_run" => kind = Self::Compile,
                tag if tag.starts_with("edition") => {}
                _ => return None,
            }
        }
        Some(kind)
    }
}

/// An example as a file: crate-wide attributes first, then the code, in a `main` unless it brings its own.
fn example(block: &Block, file: &Path) -> Option<Example> {
    let first = block.first?;
    let code: Vec<&str> = block.code.lines().map(shown).collect();
    let attributes = code.iter().take_while(|l| l.trim().is_empty() || l.trim_start().starts_with("#![")).count();
    let (attributes, body) = code.split_at(attributes);
    let text = body.join("\n");
    let mut head = "#![allow(unused)]\n".to_owned();
    head.extend(attributes.iter().map(|line| format!("{line}\n")));
    head += "use ::kernel::prelude::*;\n";
    let has_main = syn::parse_file(&text)
        .is_ok_and(|file| file.items.iter().any(|item| matches!(item, Item::Fn(f) if f.sig.ident == "main")));
    let (open, close) = match has_main {
        true => ("", ""),
        false if text.trim_end().ends_with("(())") => (
            "fn main() { fn example() -> ::core::result::Result<(), impl ::core::fmt::Debug> {\n",
            "\n} example().unwrap() }\n",
        ),
        false => ("fn main() {\n", "\n}\n"),
    };
    head += open;
    let module = file.with_extension("").to_string_lossy().replace('/', "::");
    let module = module.strip_suffix("::mod").unwrap_or(&module).to_owned();
    Some(Example {
        name: identifier(&format!("{}_{}", file.with_extension("").display(), block.line)),
        module,
        compile_only: block.kind == Kind::Compile || is_module(&text),
        // The first line of `body` is the first of the text after the head.
        origin: Some(Origin {
            file: file.to_owned(),
            line: first + attributes.len(),
            at: head.matches('\n').count() + 1,
        }),
        text: format!("{head}{text}{close}"),
    })
}

/// A line as the compiler sees it: what rustdoc hides is unwrapped.
fn shown(line: &str) -> &str {
    let trimmed = line.trim_start();
    match trimmed.strip_prefix('#') {
        Some("") => "",
        Some(rest) if rest.starts_with('#') => rest,
        Some(rest) => rest.strip_prefix(' ').unwrap_or(line),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Example> {
        examples(text, Path::new("sync/arc.rs")).unwrap()
    }

    #[test]
    fn an_example_knows_where_it_comes_from() {
        let found = of("//! Docs.\n//!\n//! ```\n//! let a = 1;\n//! assert_eq!(a, 2);\n//! ```\n");
        let [example] = &found[..] else { panic!("{found:?}") };
        assert_eq!((&*example.name, &*example.module), ("sync_arc_3", "sync::arc"));
        assert!(!example.compile_only);
        assert_eq!(
            example.text,
            "#![allow(unused)]\nuse ::kernel::prelude::*;\nfn main() {\nlet a = 1;\nassert_eq!(a, 2);\n}\n"
        );
        let (ours, theirs) = ("/suite/sync_arc_3.rs:5:1", "rust/kernel/sync/arc.rs:5:1");
        let at = |line| found[0].origin.as_ref().unwrap().line_of(line);
        assert_eq!((at(4), at(5)), (4, 5), "{ours} is {theirs}");
        assert_eq!(at(1), 4, "what is before the example counts as its beginning");
    }

    #[test]
    fn question_marks_need_a_result_and_a_main_stays() {
        let found = of(
            "/// ```\n/// # use kernel::sync::Arc;\n/// Arc::new(1, GFP_KERNEL)?;\n/// # Ok::<(), Error>(())\n/// ```\nfn f() {}\n",
        );
        assert!(
            found[0].text.contains("impl ::core::fmt::Debug> {\nuse kernel::sync::Arc;\nArc::new"),
            "{}",
            found[0].text
        );
        assert!(found[0].text.ends_with("Ok::<(), Error>(())\n} example().unwrap() }\n"));
        let own = "/// ```\n/// #![feature(x)]\n/// fn main() {}\n/// ```\nfn f() {}\n";
        assert_eq!(of(own)[0].text, "#![allow(unused)]\n#![feature(x)]\nuse ::kernel::prelude::*;\nfn main() {}");
        assert_eq!(of(own)[0].origin.as_ref().unwrap().line_of(4), 3);
    }

    #[test]
    fn only_rust_that_can_run_is_taken() {
        let block = |tags: &str| of(&format!("/// ```{tags}\n/// f();\n/// ```\nfn f() {{}}\n"));
        for tags in ["", "rust", "rust,edition2021"] {
            assert!(!block(tags)[0].compile_only, "{tags}");
        }
        assert!(block("no_run")[0].compile_only);
        for tags in ["ignore", "text", "c", "compile_fail", "compile_fail,E0277", "should_panic", "rust,ignore"] {
            assert!(block(tags).is_empty(), "{tags}");
        }
        assert!(
            of("/// ```\n/// module! { type: A }\n/// ```\nfn f() {}\n")[0].compile_only,
            "two modules cannot be one"
        );
    }

    #[test]
    fn every_item_is_looked_at_and_comments_stay_apart() {
        let found = of(
            "struct S {\n    /// ```\n    /// a();\n    /// ```\n    a: u8,\n    /**\n     ```\n     b();\n     ```\n    */\n    b: u8,\n}\n\
             impl S {\n    /// - list:\n    ///   ```\n    ///   c();\n    ///   ```\n    fn c() {}\n}\n\
             /// ```\n/// d();\n/// ```\n#[macro_export]\nmacro_rules! d { () => {} }\n\
             bits! {\n    /// ```\n    /// e();\n    /// ```\n    fn e() {}\n}\n",
        );
        let lines: Vec<_> =
            found.iter().map(|e| (e.origin.as_ref().unwrap().line, e.text.lines().nth(3).unwrap())).collect();
        assert_eq!(lines, [(3, "a();"), (8, "b();"), (16, "c();"), (21, "d();"), (27, "e();")]);
    }

    #[test]
    fn hidden_lines_are_shown_to_the_compiler() {
        assert_eq!(
            ["# use a;", "#", "##[x]", "#[x]", "  # b", "c"].map(shown),
            ["use a;", "", "#[x]", "#[x]", "b", "c"]
        );
    }

    #[test]
    fn what_is_not_rust_is_an_error() {
        assert!(examples("fn", Path::new("a.rs")).is_err());
    }
}
