// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a `#[cfg(…)]` takes a line out of what is compiled: before the item, or the field of a literal, that holds it.
use proc_macro2::{LineColumn, TokenStream, TokenTree};
use syn::{ItemImpl, ItemTrait, spanned::Spanned, visit::Visit};

/// `text` with `attribute` before the innermost of its items that holds the line; for a field, before the innermost field
/// of a literal. `None` if there is none, or `others` (all Rust files) name the item elsewhere: these would have to follow.
pub(super) fn guarded(text: &str, line: usize, field: bool, attribute: &str, others: &[TokenStream]) -> Option<String> {
    let file = syn::parse_file(text).ok()?;
    let mut search = Search { line, field, innermost: None };
    search.visit_file(&file);
    let (start, name) = search.innermost?;
    if let Some(name) = name
        && others.iter().map(|tokens| mentions(tokens.clone(), &name)).sum::<usize>() > 1
    {
        return None;
    }
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let first = lines.get_mut(start.line.checked_sub(1)?)?;
    let at = first.char_indices().nth(start.column).map(|(at, _)| at)?;
    let before = &first[..at];
    let above = start.line.checked_sub(2).and_then(|at| text.lines().nth(at)).unwrap_or_default();
    if above.trim() == attribute || before.trim_end().ends_with(attribute) {
        return None;
    }
    let between = if before.trim().is_empty() { format!("\n{before}") } else { " ".to_owned() };
    first.insert_str(at, &format!("{attribute}{between}"));
    Some(lines.concat())
}

/// How often a name stands there.
fn mentions(tokens: TokenStream, name: &str) -> usize {
    let count = |token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(ident) => usize::from(ident == name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
    };
    tokens.into_iter().map(count).sum()
}

struct Search {
    line: usize,
    field: bool,
    /// Where it starts, after its documentation and attributes; and its name, if others may know it.
    innermost: Option<(LineColumn, Option<String>)>,
}

impl Search {
    fn holds(&self, node: &impl Spanned) -> bool {
        let span = node.span();
        (span.start().line..=span.end().line).contains(&self.line)
    }

    fn take(&mut self, node: &impl Spanned, vis: &syn::Visibility, keyword: proc_macro2::Span, name: &syn::Ident) {
        if self.holds(node) && !self.field {
            let start = if matches!(vis, syn::Visibility::Inherited) { keyword } else { vis.span() };
            self.innermost = Some((start.start(), Some(name.to_string())));
        }
    }
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.take(item, &item.vis, item.sig.span(), &item.sig.ident);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.take(item, &item.vis, item.const_token.span, &item.ident);
        syn::visit::visit_item_const(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.take(item, &item.vis, item.type_token.span, &item.ident);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.take(item, &item.vis, item.sig.span(), &item.sig.ident);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.take(item, &item.vis, item.const_token.span, &item.ident);
        syn::visit::visit_impl_item_const(self, item);
    }

    fn visit_field_value(&mut self, value: &'ast syn::FieldValue) {
        if self.field && self.holds(value) {
            self.innermost = Some((value.member.span().start(), None));
        }
        syn::visit::visit_field_value(self, value);
    }

    // What a trait asks for cannot go by itself, but a field in it can.
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if item.trait_.is_none() || self.field {
            syn::visit::visit_item_impl(self, item);
        } else if self.holds(item) {
            self.innermost = None;
        }
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        if self.field {
            syn::visit::visit_item_trait(self, item);
        } else if self.holds(item) {
            self.innermost = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(text: &str, line: usize, field: bool) -> Option<String> {
        guarded(text, line, field, "#[cfg(x)]", &[text.parse().unwrap()])
    }

    #[test]
    fn the_innermost_item_goes() {
        let text = "/// A.\n#[inline]\npub fn a() {\n    gone()\n}\n";
        assert_eq!(done(text, 4, false).unwrap(), "/// A.\n#[inline]\n#[cfg(x)]\npub fn a() {\n    gone()\n}\n");
        let once = done(text, 4, false).unwrap();
        assert_eq!(done(&once, 5, false), None);
        let text = "impl A {\n    const B: u32 = 1;\n}\n";
        assert_eq!(done(text, 2, false).unwrap(), "impl A {\n    #[cfg(x)]\n    const B: u32 = 1;\n}\n");
        let text = "fn a() -> A {\n    A { b: 1, c: 2 }\n}\n";
        assert_eq!(done(text, 2, true).unwrap(), "fn a() -> A {\n    A { b: 1, #[cfg(x)] c: 2 }\n}\n");
    }

    #[test]
    fn what_others_need_stays() {
        for text in [
            "fn a() {\n    gone()\n}\nfn b() { a() }\n",
            "impl T for A {\n    fn a() { gone() }\n}\n",
            "a!(\ngone\n);\n",
        ] {
            assert_eq!(done(text, 2, false), None, "{text}");
        }
    }
}
