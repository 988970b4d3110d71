// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a constant macro is worth, and of which C type: integer expressions, names, casts and the `BIT()` family.
use regex::Regex;
use std::sync::LazyLock;

/// An integer of C (LP64).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    pub value: i128,
    pub bits: u32,
    pub signed: bool,
    /// Made of numbers and operators alone, with no cast and no macro with parameters: bindgen can tell it.
    pub plain: bool,
}

/// What a name stands for.
pub struct Definition {
    /// Of a macro with parameters, as written.
    pub params: Option<String>,
    pub body: String,
}

/// What the headers say of a name.
pub trait Names {
    fn definition(&self, name: &str) -> Option<Definition>;
    fn enumerator(&self, name: &str) -> Option<i64>;
    /// How C spells the integer type that a typedef stands for.
    fn integer(&self, name: &str) -> Option<String>;
}

/// Names refer to names so deep at most; what goes on refers to itself.
const DEPTH: u32 = 16;

static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"0[xX][0-9a-fA-F]+\w*|[0-9]\w*|[A-Za-z_]\w*|<<|>>|[-+*/%&|^~(),]|\S").expect("valid"));

/// Evaluates `text`.
pub fn evaluate(text: &str, names: &dyn Names) -> Option<Value> {
    at_depth(text, names, 0)
}

fn at_depth(text: &str, names: &dyn Names, depth: u32) -> Option<Value> {
    if depth >= DEPTH || text.len() > 1000 {
        return None;
    }
    let tokens = TOKEN.find_iter(text).map(|token| token.as_str()).collect();
    let mut parser = Parser { tokens, at: 0, names, depth, nested: 0 };
    let value = parser.binary(0)?;
    (parser.at == parser.tokens.len()).then_some(value)
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    names: &'a dyn Names,
    depth: u32,
    nested: u32,
}

impl Value {
    fn new(value: i128, bits: u32, signed: bool) -> Self {
        let mask = (1i128 << bits) - 1;
        let low = value & mask;
        let value = if signed && low >> (bits - 1) & 1 == 1 { low - (1i128 << bits) } else { low };
        Self { value, bits, signed, plain: true }
    }

    fn opaque(self) -> Self {
        Self { plain: false, ..self }
    }

    /// `unsigned long`, as Rust's width names it.
    pub fn ty(self) -> String {
        format!("{}{}", if self.signed { 'i' } else { 'u' }, self.bits)
    }
}

impl Parser<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).copied().unwrap_or_default()
    }

    fn expect(&mut self, token: &str) -> Option<()> {
        (self.peek() == token).then(|| self.at += 1)
    }

    fn binary(&mut self, least: u32) -> Option<Value> {
        self.nested += 1;
        if self.nested > 64 {
            return None;
        }
        let mut left = self.unary()?;
        loop {
            let precedence = match self.peek() {
                "|" => 1,
                "^" => 2,
                "&" => 3,
                "<<" | ">>" => 4,
                "+" | "-" => 5,
                "*" | "/" | "%" => 6,
                _ => 0,
            };
            if precedence == 0 || precedence <= least {
                self.nested -= 1;
                return Some(left);
            }
            let operator = self.peek().to_owned();
            self.at += 1;
            let right = self.binary(precedence)?;
            let (a, b) = (left.value, right.value);
            let shift = u32::try_from(b).ok().filter(|by| *by < left.bits);
            let value = match operator.as_str() {
                "|" => a | b,
                "^" => a ^ b,
                "&" => a & b,
                "<<" => a.checked_shl(shift?)?,
                ">>" => a.checked_shr(shift?)?,
                "+" => a + b,
                "-" => a - b,
                "*" => a.checked_mul(b)?,
                "/" => a.checked_div(b)?,
                _ => a.checked_rem(b)?,
            };
            let (bits, signed) = match (precedence, left.bits.cmp(&right.bits)) {
                (4, _) | (_, std::cmp::Ordering::Greater) => (left.bits, left.signed),
                (_, std::cmp::Ordering::Less) => (right.bits, right.signed),
                _ => (left.bits, left.signed && right.signed),
            };
            left = Value { plain: left.plain && right.plain, ..Value::new(value, bits, signed) };
        }
    }

    fn unary(&mut self) -> Option<Value> {
        self.nested += 1;
        if self.nested > 64 {
            return None;
        }
        let token = self.peek().to_owned();
        self.at += 1;
        let value = match token.as_str() {
            "-" | "~" | "+" => {
                let v = self.unary()?;
                let value = match token.as_str() {
                    "-" => -v.value,
                    "~" => !v.value,
                    _ => v.value,
                };
                Value { plain: v.plain, ..Value::new(value, v.bits, v.signed) }
            }
            "(" => match self.cast() {
                Some((bits, signed)) => {
                    let v = self.unary()?;
                    Value::new(v.value, bits, signed).opaque()
                }
                None => {
                    let v = self.binary(0)?;
                    self.expect(")")?;
                    v
                }
            },
            _ if token.starts_with(|c: char| c.is_ascii_digit()) => literal(&token)?,
            _ if token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => self.name(&token)?,
            _ => return None,
        };
        self.nested -= 1;
        Some(value)
    }

    /// The type of a cast, when the parenthesis just read begins one.
    fn cast(&mut self) -> Option<(u32, bool)> {
        let length = self.tokens[self.at..].iter().position(|token| *token == ")")?;
        let words: Vec<&str> =
            self.tokens[self.at..self.at + length].iter().filter(|word| **word != "__force").copied().collect();
        let spelled = words.join(" ");
        let found = integer(&spelled).or_else(|| integer(&self.names.integer(&spelled)?))?;
        self.at += length + 1;
        Some(found)
    }

    fn name(&mut self, name: &str) -> Option<Value> {
        if self.peek() == "(" {
            return self.call(name).map(Value::opaque);
        }
        if let Some(value) = self.names.enumerator(name) {
            let bits = if i32::try_from(value).is_ok() { 32 } else { 64 };
            return Some(Value::new(value.into(), bits, true));
        }
        let definition = self.names.definition(name).filter(|definition| definition.params.is_none())?;
        at_depth(&definition.body, self.names, self.depth + 1)
    }

    /// A macro with parameters: of the `BIT()` family, or one of a single parameter, which may be pasted into a name.
    fn call(&mut self, name: &str) -> Option<Value> {
        let definition =
            self.names.definition(name).filter(|_| !matches!(name, "_AC" | "BIT" | "BIT_ULL" | "UL" | "ULL"));
        if let Some(Definition { params: Some(param), body }) = definition {
            let [argument, ")"] = self.tokens.get(self.at + 1..self.at + 3)? else { return None };
            let word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let tokens = TOKEN.find_iter(&body).map(|token| token.as_str());
            let filled = tokens.map(|token| if token == param.trim() && word(&param) { *argument } else { token });
            let text = filled.collect::<Vec<_>>().join(" ").replace(" # # ", "");
            self.at += 3;
            return at_depth(&text, self.names, self.depth + 1);
        }
        self.at += 1;
        let argument = self.binary(0)?;
        if name == "_AC" {
            self.expect(",")?;
            let suffix = self.peek().to_owned();
            self.at += 1;
            self.expect(")")?;
            return literal(&format!("{}{suffix}", argument.value));
        }
        self.expect(")")?;
        let bit = |n: i128| u32::try_from(n).ok().filter(|n| *n < 64).map(|n| Value::new(1 << n, 64, false));
        match name {
            "BIT" | "BIT_ULL" | "_BITUL" | "_BITULL" => bit(argument.value),
            "UL" | "ULL" | "_UL" | "_ULL" => Some(Value::new(argument.value, 64, false)),
            _ => None,
        }
    }
}

/// The width and sign of an integer type of C itself.
fn integer(spelled: &str) -> Option<(u32, bool)> {
    Some(match spelled {
        "unsigned char" => (8, false),
        "unsigned short" => (16, false),
        "unsigned" | "unsigned int" => (32, false),
        "unsigned long" | "unsigned long long" => (64, false),
        "int" => (32, true),
        "long" | "long long" => (64, true),
        _ => return None,
    })
}

/// As C types it: the first that holds it of `int`, (`unsigned int` if not decimal), `long`, `unsigned long`.
fn literal(token: &str) -> Option<Value> {
    let lower = token.to_ascii_lowercase();
    let digits = lower.trim_end_matches(['u', 'l']);
    let suffix = &lower[digits.len()..];
    let (digits, radix) = match digits.strip_prefix("0x") {
        Some(hex) => (hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let unsigned = suffix.contains('u');
    let types = [(32, true), (32, false), (64, true), (64, false)];
    let fits = |(bits, signed): &(u32, bool)| {
        let decimal = radix == 10 && !unsigned;
        !(suffix.contains('l') && *bits == 32 || unsigned && *signed)
            && !(decimal && !signed && *bits == 32)
            && value < 1i128 << (bits - u32::from(*signed))
    };
    let (bits, signed) = types.into_iter().find(fits)?;
    Some(Value::new(value, bits, signed))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    impl Names for Known {
        fn definition(&self, name: &str) -> Option<Definition> {
            let (params, body) = match name {
                "A" => (None, "(1 << 3)"),
                "B" => (None, "B"),
                "FLAG" => (Some("name"), "BIT((__force int) BIT_ ## name)"),
                "BIT_A" => (None, "4"),
                "MARK" => (Some("mark"), "((__force gfp_t)((1U << E) << (__force unsigned)(mark)))"),
                _ => return None,
            };
            Some(Definition { params: params.map(str::to_owned), body: body.to_owned() })
        }

        fn enumerator(&self, name: &str) -> Option<i64> {
            (name == "E").then_some(7)
        }

        fn integer(&self, name: &str) -> Option<String> {
            (name == "gfp_t").then(|| "unsigned int".to_owned())
        }
    }

    fn of(text: &str) -> Option<(i128, String)> {
        evaluate(text, &Known).map(|v| (v.value, v.ty()))
    }

    #[test]
    fn values_and_types() {
        let is = |value, ty: &str| Some((value, ty.to_owned()));
        assert_eq!(of("0x80000000"), is(0x8000_0000, "u32"));
        assert_eq!(of("BIT(31)"), is(0x8000_0000, "u64"));
        assert_eq!(of("((__force gfp_t)A | E)"), is(15, "u32"));
        assert_eq!(of("-1"), is(-1, "i32"));
        assert_eq!(of("~0UL"), is(i128::from(u64::MAX), "u64"));
        assert_eq!(of("2 + 3 * 4 - 1"), is(13, "i32"));
        assert_eq!(of("010"), is(8, "i32"));
        assert_eq!(of("_AC(1, UL) << 12"), is(4096, "u64"));
        assert_eq!(of("FLAG(A)"), is(16, "u64"));
        assert_eq!(of("(((gfp_t)4U) | MARK(1))"), is(260, "u32"));
        for unknown in ["B", "1 <<", "1 << 99", "f(1)", "", "1/0", "\"text\"", "{ 0 }"] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_evaluated_or_not(text in "\\PC*|(\\(|\\)|<<|-|~|1|0x|9{1,20}|A|BIT|\\*|/| |,){0,30}") {
            of(&text);
        }
    }
}
