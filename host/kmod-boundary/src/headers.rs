// SPDX-License-Identifier: MIT OR Apache-2.0
//! The headers that Rust code means when it says `bindings::`: those that its own `*_helper.h` and its C helpers include.
use crate::uses::Source;
use regex::Regex;
use std::{collections::BTreeSet, sync::LazyLock};

static INCLUDE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^[ \t]*#[ \t]*include[ \t]*<([\w./+-]+)>").expect("valid"));

/// A header that includes all of them that the kernel has, in the order of the code, its lists first; `None` when the
/// code has no list.
pub fn of(sources: &[Source]) -> Option<String> {
    let lists = sources.iter().filter(|source| source.path.ends_with("_helper.h"));
    let helpers = sources.iter().filter(|source| source.path.ends_with(".c"));
    sources.iter().find(|source| source.path.ends_with("bindings_helper.h"))?;
    let mut seen = BTreeSet::new();
    let mut text = String::new();
    for include in lists.chain(helpers).flat_map(|source| INCLUDE.captures_iter(&source.text)) {
        let header = &include[1];
        // What is a list for one kernel names headers that another has not, or has not in its package.
        if seen.insert(header.to_owned()) {
            text += &format!("#if __has_include(<{header}>)\n#include <{header}>\n#endif\n");
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_come_first_and_a_header_comes_once() {
        let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
        let helpers = source("helpers/a.c", "#include <linux/b.h>\n#include <linux/a.h>\n#include \"c.c\"\n");
        assert_eq!(of(std::slice::from_ref(&helpers)), None);
        let list = source("bindings/bindings_helper.h", "/* <no.h> */\n#include <linux/a.h>\n  # include <drm/d.h>\n");
        let text = of(&[helpers, list]).unwrap();
        let order: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("#include ")).collect();
        assert_eq!(order, ["<linux/a.h>", "<drm/d.h>", "<linux/b.h>"]);
    }
}
