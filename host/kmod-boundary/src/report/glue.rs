// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much glue there is, how much of it is unsafe, and who owns it.
use crate::{Source, Uses, contract::Owners};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

/// A module of the `kernel` crate, with those within it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Module {
    pub name: String,
    pub lines: usize,
    pub unsafe_blocks: usize,
    /// How many names of C it uses.
    pub names: usize,
    /// Who maintains mainline's files of these names.
    pub maintainers: BTreeSet<String>,
    /// The files that mainline's MAINTAINERS gives to nobody.
    pub unowned: usize,
    pub files: usize,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Driver {
    pub name: String,
    pub lines: usize,
    pub unsafe_blocks: usize,
}

/// Of the crate's sources, by their paths from the tree's root (`rust/kernel/sync/arc.rs`).
pub fn modules(sources: &[Source], uses: &Uses, owners: &Owners) -> Vec<Module> {
    let name_of = |path: &str| {
        let first = path.strip_prefix("rust/kernel/")?.split('/').next().filter(|name| *name != "build.rs")?;
        Some(first.trim_end_matches(".rs").to_owned())
    };
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    for source in sources {
        let Some(name) = name_of(&source.path).filter(|_| source.path.ends_with(".rs")) else { continue };
        let module = modules.entry(name.clone()).or_insert(Module { name, ..Module::default() });
        module.lines += lines(&source.text);
        module.unsafe_blocks += unsafe_blocks(&source.text);
        module.files += 1;
        match owners.of(&source.path).filter(|owner| !owner.maintainers.is_empty()) {
            Some(owner) => module.maintainers.extend(owner.maintainers.iter().map(|who| super::name(who))),
            None => module.unowned += 1,
        }
    }
    for places in uses.names.values() {
        let users: BTreeSet<_> = places.iter().filter_map(|found| name_of(&found.at.file)).collect();
        for user in users {
            if let Some(module) = modules.get_mut(&user) {
                module.names += 1;
            }
        }
    }
    let mut found: Vec<_> = modules.into_values().collect();
    found.sort_by(|a, b| (b.unsafe_blocks, &a.name).cmp(&(a.unsafe_blocks, &b.name)));
    found
}

/// Of the sources of one driver.
pub fn driver(name: &str, sources: &[Source]) -> Driver {
    let rust = || sources.iter().filter(|source| source.path.ends_with(".rs"));
    Driver {
        name: name.to_owned(),
        lines: rust().map(|source| lines(&source.text)).sum(),
        unsafe_blocks: rust().map(|source| unsafe_blocks(&source.text)).sum(),
    }
}

/// Lines that are neither blank nor only a comment.
fn lines(text: &str) -> usize {
    text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// Blocks, also those inside of macros; what is no Rust has none.
fn unsafe_blocks(text: &str) -> usize {
    fn count(tokens: TokenStream) -> usize {
        let (mut found, mut after) = (0, false);
        for tree in tokens {
            if let TokenTree::Group(group) = &tree {
                found += usize::from(after && group.delimiter() == Delimiter::Brace) + count(group.stream());
            }
            after = matches!(&tree, TokenTree::Ident(word) if word == "unsafe");
        }
        found
    }
    TokenStream::from_str(text).map_or(0, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_unsafe_blocks_are_counted() {
        let text = "// a\n\nfn f() {\n    unsafe { g() };\n    m!(unsafe { g() }, \"unsafe { }\");\n}\nunsafe fn g() {}\nunsafe impl A for B {}\n";
        assert_eq!((lines(text), unsafe_blocks(text)), (6, 2));
        assert_eq!(unsafe_blocks("fn {{{"), 0);
    }

    #[test]
    fn a_module_is_its_files() {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        let sources = [
            source("rust/kernel/dma.rs", "fn f() { unsafe { bindings::a(); bindings::b() } }"),
            source("rust/kernel/dma/map.rs", "fn f() { unsafe { bindings::a() } }"),
            source("rust/helpers/dma.c", "int a;"),
        ];
        let owners = Owners::parse("rust/kernel/dma.rs\tDMA\tA <a@x>; B <b@x>\nrust/kernel/x.rs\tX\t").unwrap();
        let found = modules(&sources, &Uses::of(&sources), &owners);
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].name, found[0].unsafe_blocks, found[0].names, found[0].unowned), ("dma", 2, 2, 1));
        assert_eq!(found[0].maintainers, ["A".to_owned(), "B".to_owned()].into());
    }
}
