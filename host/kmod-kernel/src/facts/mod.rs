// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a kernel's headers say, as data: functions, variables, records, typedefs, enums and macros.
mod query;
mod read;

pub use query::{Query, QueryError};
pub(crate) use read::read;

use crate::Result;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// Changes when what is stored of a header does.
pub(crate) const FORMAT: &[u8] = b"4";

/// Where something is declared: an index into [`Facts::files`], and a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub file: u32,
    pub line: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The headers, as the compiler found them.
    pub files: Vec<String>,
    pub functions: BTreeMap<String, Function>,
    pub variables: BTreeMap<String, Variable>,
    /// By tag, or by the typedef's name for a record without a tag.
    pub records: BTreeMap<String, Record>,
    pub typedefs: BTreeMap<String, Typedef>,
    /// By tag, or by the typedef's name for an enum without a tag.
    pub enums: BTreeMap<String, Enum>,
    /// Of all enums, with a tag or without.
    pub enumerators: BTreeMap<String, Enumerator>,
    pub macros: BTreeMap<String, Macro>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// The type as clang spells it: `int (struct device *, gfp_t)`.
    pub signature: String,
    pub result: String,
    pub params: Vec<Param>,
    pub variadic: bool,
    pub is_static: bool,
    pub is_inline: bool,
    pub at: Option<Location>,
    pub doc: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// Empty when the prototype does not name it.
    pub name: String,
    pub ty: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    pub ty: String,
    pub at: Option<Location>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordKind {
    Struct,
    Union,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub kind: RecordKind,
    /// In bytes; `None` for a record that is only declared.
    pub size: Option<u64>,
    pub align: Option<u64>,
    /// With the fields of anonymous members; those of a named member without a type name are `member.field`.
    pub fields: BTreeMap<String, Field>,
    pub at: Option<Location>,
    pub doc: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub ty: String,
    /// In bits, from the start of the record.
    pub offset: Option<u64>,
    /// In bytes.
    pub size: Option<u64>,
    /// The width of a bit-field.
    pub bits: Option<u32>,
    /// How many parameters it takes, when it points to a function.
    pub params: Option<u32>,
    /// How many anonymous members it lies in: bindgen names each on the way.
    pub anonymous: u32,
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typedef {
    pub ty: String,
    pub at: Option<Location>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// The integer type that holds it.
    pub ty: String,
    /// In the order of the source.
    pub enumerators: Vec<String>,
    pub at: Option<Location>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enumerator {
    pub value: i64,
    /// The name of its enum, when it has one.
    pub of: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Macro {
    /// The names of the parameters of a function-like macro, as written.
    pub params: Option<String>,
    /// What it stands for, comments left out and blanks made one.
    pub body: String,
    pub at: Option<Location>,
}

impl Facts {
    /// What one header says by itself, without a kernel.
    pub fn of_header(header: &Path) -> Result<Self> {
        read(header, &[], "no kernel")
    }

    /// `header:line`
    pub fn place(&self, at: Location) -> Option<String> {
        self.files.get(at.file as usize).map(|file| format!("{file}:{}", at.line))
    }
}
