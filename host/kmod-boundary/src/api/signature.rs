// SPDX-License-Identifier: MIT OR Apache-2.0
//! A function's declaration, taken apart again to see what of it has changed.
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub is_unsafe: bool,
    pub is_const: bool,
    /// `&self`, `self`, `self:Arc<Self>`
    pub receiver: Option<String>,
    /// Without the receiver.
    pub parameters: Vec<String>,
    pub result: Option<String>,
    pub bounds: BTreeSet<String>,
}

impl Signature {
    /// Of what [`super::declaration::function`] wrote.
    pub fn of(text: &str) -> Option<Self> {
        let (words, rest) = text.split_once("fn(")?;
        let parts = split(rest);
        let (inputs, rest) = (&parts.0, parts.1);
        let (result, bounds) = rest.split_once(" where ").unwrap_or((rest, ""));
        let mut parameters = inputs.clone();
        let is_receiver = |input: &String| {
            let input = input.trim_start_matches('&').trim_start();
            let input =
                if input.starts_with('\'') { input.trim_start_matches(|c: char| c != ' ').trim() } else { input };
            let input = input.trim_start_matches("mut ");
            input == "self" || input.starts_with("self:")
        };
        let receiver = parameters.first().is_some_and(is_receiver).then(|| parameters.remove(0));
        Some(Self {
            is_unsafe: words.contains("unsafe"),
            is_const: words.contains("const"),
            receiver,
            parameters,
            result: result.trim().strip_prefix("->").map(|result| result.trim().to_owned()),
            bounds: bounds.split(", ").filter(|bound| !bound.is_empty()).map(str::to_owned).collect(),
        })
    }

    /// What a caller sees, but for lifetimes.
    pub fn shape(&self) -> (Option<String>, Vec<String>, Option<String>) {
        let result = self.result.as_deref().map(without_lifetimes);
        let parameters = self.parameters.iter().map(|ty| without_lifetimes(ty)).collect();
        (self.receiver.as_deref().map(without_lifetimes), parameters, result)
    }

    /// Whether the lifetimes differ.
    pub fn generics_differ(&self, other: &Self) -> bool {
        (&self.receiver, &self.parameters, &self.result) != (&other.receiver, &other.parameters, &other.result)
    }
}

/// `a,b<c,d>)rest` → `[a, b<c,d>]` and `rest`.
fn split(text: &str) -> (Vec<String>, &str) {
    let (mut depth, mut parts, mut before) = (0, vec![String::new()], ' ');
    for (at, c) in text.char_indices() {
        match c {
            ')' if depth == 0 => {
                parts.retain(|part| !part.is_empty());
                return (parts, &text[at + 1..]);
            }
            ',' if depth == 0 => parts.push(String::new()),
            _ => {
                depth += i32::from(matches!(c, '(' | '<' | '[' | '{'));
                depth -= i32::from(matches!(c, ')' | ']' | '}') || c == '>' && before != '-');
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
        before = c;
    }
    (parts, "")
}

fn without_lifetimes(ty: &str) -> String {
    let (mut text, mut chars) = (String::new(), ty.chars().peekable());
    while let Some(c) = chars.next() {
        if c != '\'' {
            text.push(c);
            continue;
        }
        while chars.next_if(|c| c.is_alphanumeric() || *c == '_').is_some() {}
        chars.next_if(|c| matches!(c, ' ' | ','));
    }
    text.replace("<>", "").replace(",>", ">")
}

#[cfg(test)]
mod tests {
    use super::Signature;

    #[test]
    fn a_signature_is_taken_apart() {
        let of = |text: &str| Signature::of(text).expect("a function");
        let found = of("const unsafe fn(&'a self,fn(u8,A)->u8,(A,[u8;2])) -> Result<A,Error> where A:Copy, A:Send");
        assert_eq!((found.is_const, found.is_unsafe, found.receiver.as_deref()), (true, true, Some("&'a self")));
        assert_eq!(found.parameters, ["fn(u8,A)->u8", "(A,[u8;2])"]);
        assert_eq!((found.result.as_deref(), found.bounds.len()), (Some("Result<A,Error>"), 2));
        assert_eq!(of("fn(&'a Device<'b>) -> Guard<'a,A>").shape(), of("fn(&Device) -> Guard<A>").shape());
        assert_ne!(of("fn(self)").shape(), of("fn(&self)").shape());
        assert_eq!(Signature::of("struct<A>"), None);
    }
}
