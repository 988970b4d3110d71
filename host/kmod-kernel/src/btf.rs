// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's own record of its types (BTF): where each field of each struct and union lies, as the kernel was compiled.
//!
//! A reader of our own: the crates either are LGPL or look types up by name with a map of all strings, and none promises
//! not to panic on a cut file.
mod types;

use crate::facts::Facts;
use object::{Object, ObjectSection};
use std::collections::BTreeMap;

const MAGIC: u16 = 0xeb9f;
const KIND_INT: u32 = 1;
const KIND_PTR: u32 = 2;
const KIND_ARRAY: u32 = 3;
const KIND_STRUCT: u32 = 4;
const KIND_UNION: u32 = 5;
const KIND_ENUM: u32 = 6;
const KIND_FWD: u32 = 7;
const KIND_TYPEDEF: u32 = 8;
const KIND_VOLATILE: u32 = 9;
const KIND_CONST: u32 = 10;
const KIND_RESTRICT: u32 = 11;
const KIND_FUNC: u32 = 12;
const KIND_FUNC_PROTO: u32 = 13;
const KIND_VAR: u32 = 14;
const KIND_DATASEC: u32 = 15;
const KIND_DECL_TAG: u32 = 17;
const KIND_TYPE_TAG: u32 = 18;
const KIND_ENUM64: u32 = 19;

/// Qualifiers are at most so many; a file that goes on is broken.
const QUALIFIERS: u32 = 32;

/// A struct or union.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    pub size: u64,
    /// Offset in bytes of each field, those of anonymous members included; bit-fields are left out.
    pub fields: BTreeMap<String, u64>,
}

/// The structs and unions of a kernel, by name. One name can have several definitions in the kernel's C files.
#[derive(Debug, Clone, Default)]
pub struct Btf(BTreeMap<String, Vec<Layout>>);

/// A field, or a whole record, that lies elsewhere in the kernel than in what we read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// `struct` or `struct.field`
    pub what: String,
    /// The size of a record, or the offset of a field, in bytes.
    pub ours: u64,
    pub kernel: u64,
}

impl Btf {
    /// Of an ELF file with a `.BTF` section, or of that section alone.
    pub fn of_file(bytes: &[u8]) -> Result<Self, String> {
        section(bytes, Self::parse)
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let raw = Raw::parse(bytes)?;
        let mut layouts: BTreeMap<String, Vec<Layout>> = BTreeMap::new();
        // A broken file can hold anonymous structs that contain each other; a sound one has no more members than bytes.
        let mut budget = bytes.len();
        for ty in &raw.types {
            let Some(record) = raw.named_record(ty) else { continue };
            let mut layout = Layout { size: record.size_or_type.into(), ..Layout::default() };
            raw.fields(record, 0, &mut layout.fields, &mut budget, 0).ok_or("its structs contain each other")?;
            layouts.entry(raw.name(ty.name).to_owned()).or_default().push(layout);
        }
        Ok(Self(layouts))
    }

    /// Every definition of this name.
    pub fn get(&self, name: &str) -> &[Layout] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Layout])> {
        self.0.iter().map(|(name, layouts)| (name.as_str(), layouts.as_slice()))
    }
}

/// Hands on the `.BTF` section of an ELF file, or what is that section already.
fn section<T>(bytes: &[u8], read: impl FnOnce(&[u8]) -> Result<T, String>) -> Result<T, String> {
    if !bytes.starts_with(b"\x7fELF") {
        return read(bytes);
    }
    let elf = object::File::parse(bytes).map_err(|error| error.to_string())?;
    let section = elf.section_by_name(".BTF").ok_or("it has no .BTF section")?;
    read(&section.uncompressed_data().map_err(|error| error.to_string())?)
}

/// Where facts and the kernel disagree; records and fields that only one of them knows are not compared.
pub fn check_layouts(facts: &Facts, btf: &Btf) -> Vec<Mismatch> {
    let mut all = Vec::new();
    for (name, record) in &facts.records {
        let Some(size) = record.size else { continue };
        let ours = Layout {
            size,
            fields: record
                .fields
                .iter()
                .filter(|(_, field)| field.bits.is_none())
                .filter_map(|(name, field)| Some((name.clone(), field.offset? / 8)))
                .collect(),
        };
        all.extend(check_layout(name, &ours, btf));
    }
    all
}

/// The same for one record. With several definitions of the name, the one that fits best counts.
pub fn check_layout(name: &str, ours: &Layout, btf: &Btf) -> Vec<Mismatch> {
    let differences = |kernel: &Layout| {
        let size = Mismatch { what: name.to_owned(), ours: ours.size, kernel: kernel.size };
        let fields = ours.fields.iter().filter_map(|(field, &offset)| {
            let theirs = *kernel.fields.get(field)?;
            (theirs != offset).then(|| Mismatch { what: format!("{name}.{field}"), ours: offset, kernel: theirs })
        });
        (ours.size != kernel.size).then_some(size).into_iter().chain(fields).collect::<Vec<_>>()
    };
    btf.get(name).iter().map(differences).min_by_key(Vec::len).unwrap_or_default()
}

struct Type {
    name: u32,
    kind: u32,
    /// `kind_flag`: members carry the width of a bit-field in their offset's upper byte; the values of an enum have a sign.
    flag: bool,
    size_or_type: u32,
    /// What follows the type's first three words.
    body: Vec<u32>,
}

impl Type {
    /// Of a record: name, type, and where it lies.
    fn members(&self) -> impl Iterator<Item = [u32; 3]> {
        self.body.chunks_exact(3).map(|words| [words[0], words[1], words[2]])
    }

    /// In bits: where a member lies, and how wide it is if it is a bit-field.
    fn place(&self, offset: u32) -> (u64, u32) {
        if self.flag { ((offset & 0xff_ffff).into(), offset >> 24) } else { (offset.into(), 0) }
    }
}

struct Raw<'a> {
    strings: &'a [u8],
    types: Vec<Type>,
}

impl<'a> Raw<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let magic = bytes.get(..2).is_some_and(|magic| magic == MAGIC.to_le_bytes());
        let header =
            bytes.get(4..24).filter(|_| magic).map(words).ok_or("it is not BTF: it does not begin with its header")?;
        let section = |name: &str, offset: u32, length: u32| {
            let start = (header[0] as usize).checked_add(offset as usize);
            let end = start.and_then(|start| start.checked_add(length as usize));
            let found = start.zip(end).and_then(|(start, end)| bytes.get(start..end));
            found.ok_or_else(|| {
                format!("it is cut short: its {name} should end at {end:?}, and it has {} bytes", bytes.len())
            })
        };
        let (all, strings) = (section("types", header[1], header[2])?, section("strings", header[3], header[4])?);
        let mut rest = all;
        let mut types = Vec::new();
        while !rest.is_empty() {
            let broken = || {
                format!("its type {} is cut short, {} bytes into the types", types.len() + 1, all.len() - rest.len())
            };
            let [name, info, size_or_type] = words(rest.get(..12).ok_or_else(broken)?)[..] else {
                return Err(broken());
            };
            let (count, kind) = ((info & 0xffff) as usize, info >> 24 & 0x1f);
            let extra = match kind {
                KIND_INT | KIND_VAR | KIND_DECL_TAG => 4,
                KIND_ARRAY => 12,
                KIND_STRUCT | KIND_UNION | KIND_DATASEC | KIND_ENUM64 => 12 * count,
                KIND_ENUM | KIND_FUNC_PROTO => 8 * count,
                _ => 0,
            };
            let body = words(rest.get(12..12 + extra).ok_or_else(broken)?);
            types.push(Type { name, kind, flag: info >> 31 == 1, size_or_type, body });
            rest = &rest[12 + extra..];
        }
        Ok(Self { strings, types })
    }

    fn name(&self, at: u32) -> &'a str {
        let tail = self.strings.get(at as usize..).unwrap_or_default();
        let end = tail.iter().position(|&byte| byte == 0).unwrap_or(0);
        std::str::from_utf8(&tail[..end]).unwrap_or_default()
    }

    /// Types count from 1; 0 is `void`.
    fn get(&self, id: u32) -> Option<&Type> {
        self.types.get((id as usize).checked_sub(1)?)
    }

    /// Behind `const`, `volatile`, `restrict` and tags.
    fn unqualified(&self, mut id: u32) -> Option<&Type> {
        for _ in 0..QUALIFIERS {
            let ty = self.get(id)?;
            match ty.kind {
                KIND_CONST | KIND_VOLATILE | KIND_RESTRICT | KIND_TYPE_TAG => id = ty.size_or_type,
                _ => return Some(ty),
            }
        }
        None
    }

    /// The record that this type names: itself, or the anonymous one that it is a typedef of.
    fn named_record<'t>(&'t self, ty: &'t Type) -> Option<&'t Type> {
        let is_record = |ty: &Type| matches!(ty.kind, KIND_STRUCT | KIND_UNION);
        if self.name(ty.name).is_empty() {
            return None;
        }
        match ty.kind {
            KIND_TYPEDEF => {
                self.get(ty.size_or_type).filter(|target| is_record(target) && self.name(target.name).is_empty())
            }
            _ => Some(ty).filter(|ty| is_record(ty)),
        }
    }

    /// `None` when the budget of members, or of the stack, is used up.
    fn fields(
        &self,
        ty: &Type,
        base: u64,
        fields: &mut BTreeMap<String, u64>,
        budget: &mut usize,
        depth: u32,
    ) -> Option<()> {
        for [name, member, offset] in ty.members() {
            *budget = budget.checked_sub(1).filter(|_| depth < 64)?;
            let (bits, width) = ty.place(offset);
            let at = base + bits / 8;
            match (self.name(name), self.unqualified(member)) {
                ("", Some(inner)) if matches!(inner.kind, KIND_STRUCT | KIND_UNION) => {
                    self.fields(inner, at, fields, budget, depth + 1)?;
                }
                ("", _) => {}
                (name, _) if width == 0 => {
                    fields.insert(name.to_owned(), at);
                }
                _ => {}
            }
        }
        Some(())
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `struct s { int a; struct { int b; }; int bits:3; };` with the anonymous struct at 4 and the bit-field at 8,
    /// `enum e { b = -1 };`, `typedef struct s *list[3];`, `int call(struct s *a, int (*b)(const int), ...)`.
    pub(super) fn sample() -> Vec<u8> {
        let strings = b"\0s\0a\0b\0bits\0int\0e\0list\0call\0";
        let types: [&[u32]; 12] = [
            &[12, KIND_INT << 24, 4, 32],                                                     // 1: int
            &[0, KIND_STRUCT << 24 | 1, 4, 5, 1, 0],                                          // 2: struct { int b; }
            &[1, 1 << 31 | KIND_STRUCT << 24 | 3, 12, 3, 1, 0, 0, 2, 32, 7, 1, 3 << 24 | 64], // 3: struct s
            &[1, KIND_CONST << 24, 1],                                                        // 4: const int
            &[0, KIND_PTR << 24, 3],                                                          // 5: struct s *
            &[0, KIND_ARRAY << 24, 0, 5, 1, 3],                                               // 6: struct s *[3]
            &[18, KIND_TYPEDEF << 24, 6],                                                     // 7: list
            &[16, 1 << 31 | KIND_ENUM << 24 | 1, 4, 5, u32::MAX],                             // 8: enum e
            &[0, KIND_FUNC_PROTO << 24 | 1, 1, 0, 4],                                         // 9: int (const int)
            &[0, KIND_PTR << 24, 9],                                                          // 10
            &[0, KIND_FUNC_PROTO << 24 | 3, 1, 3, 5, 5, 10, 0, 0],                            // 11
            &[23, KIND_FUNC << 24, 11],                                                       // 12: call
        ];
        let types: Vec<u8> = types.concat().iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        for word in [24, 0, types.len() as u32, types.len() as u32, strings.len() as u32] {
            bytes.extend(u32::to_le_bytes(word));
        }
        [&bytes[..], &types, strings].concat()
    }

    #[test]
    fn fields_of_anonymous_members_count_and_bit_fields_do_not() {
        let btf = Btf::parse(&sample()).unwrap();
        let fields = BTreeMap::from([("a".to_owned(), 0), ("b".to_owned(), 4)]);
        assert_eq!(btf.get("s"), [Layout { size: 12, fields }]);
        assert!(btf.get("t").is_empty());
    }

    #[test]
    fn a_difference_is_named() {
        let btf = Btf::parse(&sample()).unwrap();
        let ours = Layout { size: 12, fields: BTreeMap::from([("b".to_owned(), 8), ("only_ours".to_owned(), 0)]) };
        assert_eq!(check_layout("s", &ours, &btf), [Mismatch { what: "s.b".into(), ours: 8, kernel: 4 }]);
        assert!(check_layout("only_ours", &ours, &btf).is_empty());
    }

    #[test]
    fn cut_anywhere_it_is_refused() {
        let bytes = sample();
        for length in 0..bytes.len() {
            assert!(Btf::of_file(&bytes[..length]).is_err(), "{length}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(at in 0..400usize, byte: u8, rest: Vec<u8>) {
            let mut bytes = sample();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Btf::of_file(&bytes);
            let _ = Btf::of_file(&rest);
        }
    }
}
