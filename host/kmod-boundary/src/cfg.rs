// SPDX-License-Identifier: MIT OR Apache-2.0
//! The conditions that code stands under: `#[cfg(…)]`, as an expression that a kernel answers.
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A condition. What is not asked of a kernel (`test`, `target_arch`, …) holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cfg {
    All(Vec<Cfg>),
    Any(Vec<Cfg>),
    Not(Box<Cfg>),
    /// `kmod_has = "KIND:NAME"`
    Has(String),
    /// `CONFIG_X`, or `CONFIG_X = "y"`
    Config(String, Option<String>),
    Other,
}

impl Cfg {
    /// Reads what stands between the parentheses of `cfg(…)`: one condition, or several that must all hold.
    pub fn parse(tokens: TokenStream) -> Self {
        let mut parts = Vec::new();
        let mut current = Vec::new();
        for token in tokens {
            if matches!(&token, TokenTree::Punct(p) if p.as_char() == ',') {
                parts.extend(Self::one(&std::mem::take(&mut current)));
            } else {
                current.push(token);
            }
        }
        parts.extend(Self::one(&current));
        if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) }
    }

    fn one(tokens: &[TokenTree]) -> Option<Self> {
        let text = |literal: &proc_macro2::Literal| literal.to_string().trim_matches('"').to_owned();
        Some(match tokens {
            [] => return None,
            [TokenTree::Ident(word), TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
                let inner = Self::parse(group.stream());
                match (word.to_string().as_str(), inner) {
                    ("not", inner) => Self::Not(Box::new(inner)),
                    ("any", Self::All(parts)) => Self::Any(parts),
                    ("all" | "any", inner) => inner,
                    _ => Self::Other,
                }
            }
            [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(value)] if name == "kmod_has" => {
                Self::Has(text(value))
            }
            [TokenTree::Ident(name), rest @ ..] => {
                let name = name.to_string();
                let value = match rest {
                    [TokenTree::Punct(_), TokenTree::Literal(value)] => Some(text(value)),
                    _ => None,
                };
                name.strip_prefix("CONFIG_").map_or(Self::Other, |symbol| Self::Config(symbol.to_owned(), value))
            }
            _ => Self::Other,
        })
    }

    /// Whether it may hold: `None` where only the compiler knows.
    pub fn holds(&self, has: &dyn Fn(&str) -> bool, config: &dyn Fn(&str, Option<&str>) -> bool) -> Option<bool> {
        match self {
            Self::All(parts) => fold(parts.iter().map(|part| part.holds(has, config)), false),
            Self::Any(parts) => fold(parts.iter().map(|part| part.holds(has, config)), true),
            Self::Not(part) => part.holds(has, config).map(|held| !held),
            Self::Has(query) => Some(has(query)),
            Self::Config(symbol, value) => Some(config(symbol, value.as_deref())),
            Self::Other => None,
        }
    }

    /// The queries and configuration symbols in it.
    pub fn asks(&self) -> Vec<String> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::asks).collect(),
            Self::Not(part) => part.asks(),
            Self::Has(query) => vec![query.clone()],
            Self::Config(symbol, _) => vec![format!("config:{symbol}")],
            Self::Other => Vec::new(),
        }
    }
}

/// `decisive` if any part is; else unknown if any part is; else its opposite.
fn fold(parts: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut unknown = false;
    for part in parts {
        match part {
            Some(held) if held == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!decisive) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> Option<bool> {
        let cfg = Cfg::parse(text.parse().unwrap());
        cfg.holds(&|query| query == "fn:a", &|symbol, value| symbol == "PCI" && value.is_none_or(|v| v == "y"))
    }

    #[test]
    fn conditions_hold_or_not_or_nobody_knows() {
        assert_eq!(holds(r#"all(kmod_has = "fn:a", CONFIG_PCI = "y")"#), Some(true));
        assert_eq!(holds(r#"all(test, not(kmod_has = "fn:a"))"#), Some(false));
        assert_eq!(holds(r#"any(test, CONFIG_PCI = "m")"#), None);
        assert_eq!(holds(r#"any(test, CONFIG_PCI)"#), Some(true));
    }
}
