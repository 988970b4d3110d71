// SPDX-License-Identifier: MIT OR Apache-2.0
//! BTF → facts: functions, records, typedefs and enums, with types spelled as clang spells them. It has no macros, no inline
//! functions and no comments.
use super::{
    KIND_ARRAY, KIND_CONST, KIND_ENUM, KIND_ENUM64, KIND_FUNC, KIND_FUNC_PROTO, KIND_FWD, KIND_INT, KIND_PTR,
    KIND_RESTRICT, KIND_STRUCT, KIND_TYPE_TAG, KIND_TYPEDEF, KIND_UNION, KIND_VAR, KIND_VOLATILE, Raw, Type,
};
use crate::facts::{Enum, Enumerator, Facts, Field, Function, Param, Record, RecordKind, Typedef, Variable};

/// Records contain records so deep at most; a file that goes on is broken.
const DEPTH: u32 = 24;
/// What a type's name refers to; a file that refers to more is broken, and the rest is left out.
const PARTS: u32 = 1000;
/// `kind_flag` of KIND_FWD: of a union.
const UNION: bool = true;

impl Facts {
    /// Of an ELF file with a `.BTF` section, or of that section alone (`/sys/kernel/btf/vmlinux`).
    pub fn of_btf(bytes: &[u8]) -> Result<Self, String> {
        super::section(bytes, |bytes| {
            let raw = Raw::parse(bytes)?;
            let mut facts = Self::default();
            let mut budget = bytes.len();
            for ty in &raw.types {
                raw.add(ty, &mut facts, &mut budget).ok_or("its structs contain each other")?;
            }
            Ok(facts)
        })
    }
}

impl Raw<'_> {
    /// Of several definitions of a name the first counts.
    fn add(&self, ty: &Type, facts: &mut Facts, budget: &mut usize) -> Option<()> {
        let name = self.name(ty.name).to_owned();
        match ty.kind {
            KIND_STRUCT | KIND_UNION if !name.is_empty() => self.record(name, ty, facts, budget)?,
            KIND_ENUM | KIND_ENUM64 => self.enumeration(name, ty, facts),
            KIND_TYPEDEF => {
                match self.get(ty.size_or_type) {
                    Some(target) if self.is_anonymous_record(target) => {
                        self.record(name.clone(), target, facts, budget)?;
                    }
                    Some(target) if target.kind == KIND_ENUM && self.name(target.name).is_empty() => {
                        self.enumeration(name.clone(), target, facts);
                    }
                    _ => {}
                }
                let typedef = Typedef { ty: self.spelled(ty.size_or_type), at: None };
                facts.typedefs.entry(name).or_insert(typedef);
            }
            KIND_FUNC => {
                if let Some(function) = self.function(ty) {
                    facts.functions.entry(name).or_insert(function);
                }
            }
            KIND_VAR => {
                let variable = Variable { ty: self.spelled(ty.size_or_type), at: None };
                facts.variables.entry(name).or_insert(variable);
            }
            _ => {}
        }
        Some(())
    }

    fn record(&self, name: String, ty: &Type, facts: &mut Facts, budget: &mut usize) -> Option<()> {
        if facts.records.contains_key(&name) {
            return Some(());
        }
        let kind = if ty.kind == KIND_UNION { RecordKind::Union } else { RecordKind::Struct };
        let size = Some(ty.size_or_type.into());
        let mut record = Record { kind, size, align: None, fields: Default::default(), at: None, doc: None };
        self.members(ty, (0, String::new(), 0), &mut record, budget)?;
        facts.records.insert(name, record);
        Some(())
    }

    /// Adds the fields of `ty`, which lies `base` bits from the record's start, behind `prefix`, in so many anonymous members.
    fn members(
        &self,
        ty: &Type,
        (base, prefix, depth): (u64, String, u32),
        record: &mut Record,
        budget: &mut usize,
    ) -> Option<()> {
        for [name, member, offset] in ty.members() {
            *budget = budget.checked_sub(1).filter(|_| depth < DEPTH)?;
            let (bits, width) = ty.place(offset);
            let (name, at) = (self.name(name), base + bits);
            let inner = self.unqualified(member);
            let anonymous = inner.filter(|inner| self.is_anonymous_record(inner));
            if name.is_empty() {
                if let Some(inner) = anonymous {
                    self.members(inner, (at, prefix.clone(), depth + 1), record, budget)?;
                }
                continue;
            }
            if let Some(inner) = anonymous {
                self.members(inner, (at, format!("{prefix}{name}."), depth + 1), record, budget)?;
            }
            let field = Field {
                ty: self.spelled(member),
                offset: Some(at),
                size: self.size(member, 0),
                bits: (width > 0).then_some(width),
                params: self.params(member),
                anonymous: depth,
                line: 0,
            };
            record.fields.insert(format!("{prefix}{name}"), field);
        }
        Some(())
    }

    fn enumeration(&self, name: String, ty: &Type, facts: &mut Facts) {
        let tag = (!name.is_empty()).then_some(name);
        let words = if ty.kind == KIND_ENUM64 { 3 } else { 2 };
        let integer = if ty.flag { "int" } else { "unsigned int" };
        let mut found = Enum { ty: integer.to_owned(), enumerators: Vec::new(), at: None };
        for value in ty.body.chunks_exact(words) {
            let enumerator = self.name(value[0]).to_owned();
            let value = match value {
                [_, low, high] => (u64::from(*high) << 32 | u64::from(*low)).cast_signed(),
                _ if ty.flag => value[1].cast_signed().into(),
                _ => value[1].into(),
            };
            found.enumerators.push(enumerator.clone());
            if tag.is_some() || !facts.enumerators.contains_key(&enumerator) {
                facts.enumerators.insert(enumerator, Enumerator { value, of: tag.clone() });
            }
        }
        if let Some(tag) = tag {
            facts.enums.entry(tag).or_insert(found);
        }
    }

    fn function(&self, ty: &Type) -> Option<Function> {
        let prototype = self.get(ty.size_or_type).filter(|target| target.kind == KIND_FUNC_PROTO)?;
        let params = prototype.body.chunks_exact(2).filter(|param| param[1] != 0);
        let param = |param: &[u32]| Param { name: self.name(param[0]).to_owned(), ty: self.spelled(param[1]) };
        Some(Function {
            signature: self.spelled(ty.size_or_type),
            result: self.spelled(prototype.size_or_type),
            params: params.map(param).collect(),
            variadic: is_variadic(prototype),
            is_static: false,
            is_inline: false,
            at: None,
            doc: None,
        })
    }

    fn is_anonymous_record(&self, ty: &Type) -> bool {
        matches!(ty.kind, KIND_STRUCT | KIND_UNION) && self.name(ty.name).is_empty()
    }

    /// How many parameters a pointer to a function takes.
    fn params(&self, id: u32) -> Option<u32> {
        let pointer = self.unqualified(id).filter(|ty| ty.kind == KIND_PTR)?;
        let target = self.unqualified(pointer.size_or_type).filter(|ty| ty.kind == KIND_FUNC_PROTO)?;
        u32::try_from(target.body.chunks_exact(2).filter(|param| param[1] != 0).count()).ok()
    }

    fn size(&self, id: u32, depth: u32) -> Option<u64> {
        let ty = self.unqualified(id).filter(|_| depth < DEPTH)?;
        match ty.kind {
            KIND_PTR => Some(8),
            KIND_TYPEDEF => self.size(ty.size_or_type, depth + 1),
            KIND_ARRAY => self.size(*ty.body.first()?, depth + 1)?.checked_mul(u64::from(*ty.body.get(2)?)),
            KIND_INT | KIND_STRUCT | KIND_UNION | KIND_ENUM | KIND_ENUM64 => Some(ty.size_or_type.into()),
            _ => None,
        }
    }

    fn spelled(&self, id: u32) -> String {
        self.spell(id, String::new(), &mut PARTS.clone())
    }

    /// The type of what is declared as `inner`: `int (*)(struct device *)`.
    fn spell(&self, id: u32, inner: String, left: &mut u32) -> String {
        let plain = |name: &str| match inner.as_str() {
            "" => name.to_owned(),
            inner if inner.starts_with('[') => format!("{name}{inner}"),
            inner => format!("{name} {inner}"),
        };
        let Some(rest) = left.checked_sub(1) else { return plain("…") };
        *left = rest;
        let Some(ty) = self.get(id) else { return plain("void") };
        let tagged = |kind: &str| match self.name(ty.name) {
            "" => plain(&format!("{kind} (unnamed {kind})")),
            name => plain(&format!("{kind} {name}")),
        };
        let mut qualified = |word: &str| match self.get(ty.size_or_type).map(|ty| ty.kind) {
            Some(KIND_PTR) => {
                let inner = if inner.is_empty() { word.to_owned() } else { format!("{word} {inner}") };
                self.spell(ty.size_or_type, inner, left)
            }
            _ => format!("{word} {}", self.spell(ty.size_or_type, inner.clone(), left)),
        };
        match ty.kind {
            KIND_STRUCT => tagged("struct"),
            KIND_UNION => tagged("union"),
            KIND_FWD => tagged(if ty.flag == UNION { "union" } else { "struct" }),
            KIND_ENUM | KIND_ENUM64 => tagged("enum"),
            KIND_INT => plain(integer(self.name(ty.name))),
            KIND_CONST => qualified("const"),
            KIND_VOLATILE => qualified("volatile"),
            KIND_RESTRICT | KIND_TYPE_TAG => self.spell(ty.size_or_type, inner, left),
            KIND_PTR => {
                let target = self.unqualified(ty.size_or_type).map(|ty| ty.kind);
                let inner = match target {
                    Some(KIND_ARRAY | KIND_FUNC_PROTO) => format!("(*{inner})"),
                    _ => format!("*{inner}"),
                };
                self.spell(ty.size_or_type, inner, left)
            }
            KIND_ARRAY => {
                let (element, length) = (ty.body.first().copied(), ty.body.get(2).copied());
                self.spell(element.unwrap_or(0), format!("{inner}[{}]", length.unwrap_or(0)), left)
            }
            KIND_FUNC_PROTO => {
                let named = ty.body.chunks_exact(2).filter(|param| param[1] != 0);
                let mut params: Vec<_> = named.map(|param| self.spell(param[1], String::new(), left)).collect();
                if is_variadic(ty) {
                    params.push("...".to_owned());
                } else if params.is_empty() {
                    params.push("void".to_owned());
                }
                self.spell(ty.size_or_type, format!("{inner}({})", params.join(", ")), left)
            }
            _ => plain(self.name(ty.name)),
        }
    }
}

fn is_variadic(prototype: &Type) -> bool {
    prototype.body.chunks_exact(2).last().is_some_and(|param| param[1] == 0)
}

/// As clang spells what gcc calls `long unsigned int`.
fn integer(name: &str) -> &str {
    match name {
        "long int" => "long",
        "long unsigned int" => "unsigned long",
        "long long int" => "long long",
        "long long unsigned int" => "unsigned long long",
        "short int" => "short",
        "short unsigned int" => "unsigned short",
        "_Bool" => "bool",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_of_a_small_file() {
        let facts = Facts::of_btf(&super::super::tests::sample()).unwrap();
        let s = &facts.records["s"];
        assert_eq!((s.size, s.fields["b"].offset, s.fields["b"].anonymous), (Some(12), Some(32), 1));
        assert_eq!((s.fields["a"].ty.as_str(), s.fields["bits"].bits), ("int", Some(3)));
        assert_eq!(facts.functions["call"].signature, "int (struct s *, int (*)(const int), ...)");
        assert_eq!(facts.functions["call"].params[0].name, "a");
        assert_eq!((facts.enumerators["b"].value, facts.enums["e"].ty.as_str()), (-1, "int"));
        assert_eq!(facts.typedefs["list"].ty, "struct s *[3]");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(at in 0..500usize, byte: u8, cut in 0..500usize) {
            let mut bytes = super::super::tests::sample();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Facts::of_btf(&bytes);
            let _ = Facts::of_btf(&bytes[..cut.min(bytes.len())]);
        }
    }
}
