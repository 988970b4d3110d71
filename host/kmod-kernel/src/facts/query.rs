// SPDX-License-Identifier: MIT OR Apache-2.0
//! Questions to a kernel, as `cfg(kmod_has = "KIND:NAME")` writes them.
use super::Facts;
use crate::{Config, Symvers};
use std::str::FromStr;

/// One question. A struct's field is `STRUCT.FIELD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// A function, declared or inline; with so many parameters.
    Fn {
        name: String,
        params: Option<u32>,
    },
    Macro(String),
    /// A macro or an enumerator.
    Const(String),
    /// A tag of a struct, union or enum, or a typedef.
    Type(String),
    /// A field; one that points to a function with so many parameters.
    Field {
        record: String,
        field: String,
        params: Option<u32>,
    },
    Export(String),
    /// A configuration symbol that is `y` or `m`.
    Config(String),
    /// A function or field of just this type, as clang spells it; blanks do not count.
    Sig {
        subject: String,
        ty: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "kmod_has = \"{query}\": {why}; it is one of fn:NAME, fn:NAME/2, macro:NAME, const:NAME, type:NAME, field:STRUCT.FIELD, \
         field:STRUCT.FIELD/2, export:NAME, config:NAME, sig:NAME=C TYPE, sig:STRUCT.FIELD=C TYPE"
)]
pub struct QueryError {
    pub query: String,
    pub why: String,
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(query: &str) -> Result<Self, QueryError> {
        let error = |why: String| QueryError { query: query.to_owned(), why };
        let identifier = |name: &str| {
            let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            let sound = starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if sound { Ok(name.to_owned()) } else { Err(error(format!("`{name}` is not a C name"))) }
        };
        let counted = |text: &str| match text.split_once('/') {
            None => Ok((text.to_owned(), None)),
            Some((name, count)) => {
                let count = count.parse().map_err(|_| error(format!("`{count}` is not a number of parameters")))?;
                Ok((name.to_owned(), Some(count)))
            }
        };
        let member = |text: &str| {
            let (record, field) = text.split_once('.').ok_or_else(|| error("the field is missing".to_owned()))?;
            field.split('.').try_for_each(|part| identifier(part).map(drop))?;
            Ok((identifier(record)?, field.to_owned()))
        };
        let (kind, name) = query.split_once(':').ok_or_else(|| error("the kind is missing".to_owned()))?;
        Ok(match kind {
            "fn" => {
                let (name, params) = counted(name)?;
                Self::Fn { name: identifier(&name)?, params }
            }
            "macro" => Self::Macro(identifier(name)?),
            "const" => Self::Const(identifier(name)?),
            "type" => Self::Type(identifier(name)?),
            "field" => {
                let (path, params) = counted(name)?;
                let (record, field) = member(&path)?;
                Self::Field { record, field, params }
            }
            "export" => Self::Export(identifier(name)?),
            // Symbols may begin with a digit: CONFIG_64BIT.
            "config" if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                Self::Config(name.to_owned())
            }
            "config" => return Err(error(format!("`{name}` is not a configuration symbol"))),
            "sig" => {
                let (subject, ty) = name.split_once('=').ok_or_else(|| error("`=C TYPE` is missing".to_owned()))?;
                match subject.contains('.') {
                    true => member(subject).map(drop)?,
                    false => identifier(subject).map(drop)?,
                }
                if ty.trim().is_empty() {
                    return Err(error("the type is missing".to_owned()));
                }
                Self::Sig { subject: subject.to_owned(), ty: ty.to_owned() }
            }
            _ => return Err(error(format!("no such kind as `{kind}`"))),
        })
    }
}

impl Facts {
    /// Whether the kernel has what the query asks for.
    pub fn has(&self, query: &str, symvers: &Symvers, config: &Config) -> Result<bool, QueryError> {
        query.parse().map(|query| self.answers(&query, symvers, config))
    }

    pub fn answers(&self, query: &Query, symvers: &Symvers, config: &Config) -> bool {
        match query {
            Query::Fn { name, params } => self
                .functions
                .get(name)
                .is_some_and(|function| params.is_none_or(|count| function.params.len() == count as usize)),
            Query::Macro(name) => self.macros.contains_key(name),
            Query::Const(name) => self.macros.contains_key(name) || self.enumerators.contains_key(name),
            Query::Type(name) => {
                self.records.contains_key(name) || self.typedefs.contains_key(name) || self.enums.contains_key(name)
            }
            Query::Field { record, field, params } => {
                self.field(record, field).is_some_and(|found| params.is_none_or(|count| found.params == Some(count)))
            }
            Query::Export(name) => symvers.get(name).is_some(),
            Query::Config(name) => config.is_on(name),
            Query::Sig { subject, ty } => {
                let found = match subject.split_once('.') {
                    Some((record, field)) => self.field(record, field).map(|field| &field.ty),
                    None => self.functions.get(subject).map(|function| &function.signature),
                };
                found.is_some_and(|found| blankless(found) == blankless(ty))
            }
        }
    }

    fn field(&self, record: &str, field: &str) -> Option<&super::Field> {
        self.record(record)?.fields.get(field)
    }

    /// By tag, or by a typedef of it.
    pub fn record(&self, name: &str) -> Option<&super::Record> {
        let mut name = name;
        // A typedef of a typedef of …: never more than there are typedefs.
        for _ in 0..=self.typedefs.len() {
            match self.records.get(name) {
                Some(record) => return Some(record),
                None => name = self.typedefs.get(name)?.ty.trim_start_matches("struct ").trim_start_matches("union "),
            }
        }
        None
    }
}

fn blankless(text: &str) -> String {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;

    #[test]
    fn a_malformed_query_says_why() {
        for (query, why) in [
            ("fn", "kind is missing"),
            ("func:x", "no such kind as `func`"),
            ("fn:", "`` is not a C name"),
            ("fn:a b", "`a b` is not a C name"),
            ("fn:a/x", "`x` is not a number"),
            ("field:a", "field is missing"),
            ("field:a.", "`` is not a C name"),
            ("sig:a", "`=C TYPE` is missing"),
            ("sig:a= ", "type is missing"),
            ("config:A-B", "not a configuration symbol"),
        ] {
            let error = query.parse::<Query>().unwrap_err().to_string();
            assert!(error.contains(why), "{query}: {error}");
        }
    }

    #[test]
    fn questions_and_answers() {
        let function = Function {
            signature: "int (struct device *, gfp_t)".into(),
            result: "int".into(),
            params: ["a", "b"].map(|name| Param { name: name.into(), ty: "int".into() }).into(),
            variadic: false,
            is_static: false,
            is_inline: false,
            at: None,
            doc: None,
        };
        let remove = Field {
            ty: "void (*)(struct i2c_client *)".into(),
            offset: Some(0),
            size: Some(8),
            bits: None,
            params: Some(1),
            anonymous: 0,
            line: 1,
        };
        let record = Record {
            kind: RecordKind::Struct,
            size: Some(8),
            align: Some(8),
            fields: BTreeMap::from([("remove".to_owned(), remove)]),
            at: None,
            doc: None,
        };
        let facts = Facts {
            functions: BTreeMap::from([("probe".to_owned(), function)]),
            records: BTreeMap::from([("i2c_driver".to_owned(), record)]),
            enumerators: BTreeMap::from([("IRQ_NONE".to_owned(), Enumerator { value: 0, of: None })]),
            ..Facts::default()
        };
        let symvers = Symvers::parse("0x0\tkfree\tvmlinux\tEXPORT_SYMBOL\t").unwrap();
        let config = Config::parse("CONFIG_64BIT=y");
        let has = |query| facts.has(query, &symvers, &config).unwrap();
        for query in [
            "fn:probe",
            "fn:probe/2",
            "const:IRQ_NONE",
            "type:i2c_driver",
            "field:i2c_driver.remove",
            "field:i2c_driver.remove/1",
            "export:kfree",
            "config:64BIT",
            "sig:i2c_driver.remove=void(*)(struct i2c_client*)",
            "sig:probe=int (struct device *, gfp_t)",
        ] {
            assert!(has(query), "{query}");
        }
        for query in
            ["fn:probe/3", "macro:IRQ_NONE", "type:probe", "field:i2c_driver.remove/2", "field:x.y", "sig:probe=int ()"]
        {
            assert!(!has(query), "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_query_is_parsed_or_refused(query in "\\PC*|(fn|field|sig|config|:|\\.|/|=|a|1){0,8}") {
            let _ = query.parse::<Query>();
        }
    }
}
