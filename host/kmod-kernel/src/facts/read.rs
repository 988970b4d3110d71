// SPDX-License-Identifier: MIT OR Apache-2.0
//! Headers → facts, through libclang.
use super::{Enum, Enumerator, Facts, Field, Function, Location, Macro, Param, Record, RecordKind, Typedef, Variable};
use crate::{Error, Result, libclang};
use clang::{Entity, EntityKind, EntityVisitResult, Index, StorageClass, Type, TypeKind, diagnostic::Severity};
use std::{collections::HashMap, path::Path};

/// How many errors of clang a failure shows.
const SHOWN: usize = 10;

/// Parses `header` as the only file of a translation unit.
pub(crate) fn read(header: &Path, cflags: &[String], release: &str) -> Result<Facts> {
    let loaded = libclang::load()?;
    let index = Index::new(&loaded.clang, false, false);
    // __BINDGEN__: what bindgen defines too, so that facts and bindings are of the same text.
    let mut arguments = cflags.to_vec();
    arguments.extend(["-xc", "-D__BINDGEN__", "-Wno-everything", "-fno-builtin"].map(str::to_owned));
    let unreadable =
        |diagnostics: String| Error::Header { header: header.to_owned(), release: release.to_owned(), diagnostics };
    let mut parser = index.parser(header);
    parser.arguments(&arguments).detailed_preprocessing_record(true);
    let unit = parser.parse().map_err(|error| unreadable(error.to_string()))?;
    let errors: Vec<_> = unit.get_diagnostics().into_iter().filter(|d| d.get_severity() >= Severity::Error).collect();
    if !errors.is_empty() {
        return Err(unreadable(errors.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    }
    let mut reader = Reader::default();
    unit.get_entity().visit_children(|entity, _| {
        reader.declaration(entity);
        EntityVisitResult::Continue
    });
    Ok(reader.facts)
}

#[derive(Default)]
struct Reader {
    facts: Facts,
    /// Of each header, its place in `facts.files` and its text.
    files: HashMap<std::path::PathBuf, (u32, Vec<u8>)>,
}

impl Reader {
    fn declaration(&mut self, entity: Entity) {
        // What only the preprocessor knows has a name too, builtin macros included.
        let Some(name) = entity.get_name() else { return self.anonymous(entity) };
        match entity.get_kind() {
            EntityKind::FunctionDecl => self.function(name, entity),
            EntityKind::StructDecl | EntityKind::UnionDecl if is_anonymous(&entity) => {}
            EntityKind::StructDecl | EntityKind::UnionDecl => self.record(name, entity),
            EntityKind::EnumDecl if is_anonymous(&entity) => self.anonymous(entity),
            EntityKind::EnumDecl => self.enumeration(Some(name), entity),
            EntityKind::TypedefDecl => self.typedef(name, entity),
            EntityKind::VarDecl => self.variable(name, entity),
            EntityKind::MacroDefinition => self.macro_definition(name, entity),
            _ => {}
        }
    }

    /// A record without a name counts only through its typedef; the enumerators of an enum without one count anyway.
    fn anonymous(&mut self, entity: Entity) {
        if entity.get_kind() == EntityKind::EnumDecl {
            self.enumeration(None, entity);
        }
    }

    fn function(&mut self, name: String, entity: Entity) {
        let known = self.facts.functions.get(&name);
        let doc = entity.get_comment().or_else(|| known.and_then(|function| function.doc.clone()));
        if known.is_some() && !entity.is_definition() {
            if let Some(function) = self.facts.functions.get_mut(&name) {
                function.doc = doc;
            }
            return;
        }
        let Some(ty) = entity.get_type() else { return };
        let param = |param: Entity| Param {
            name: param.get_name().unwrap_or_default(),
            ty: param.get_type().map(|ty| ty.get_display_name()).unwrap_or_default(),
        };
        let function = Function {
            signature: ty.get_display_name(),
            result: ty.get_result_type().map(|ty| ty.get_display_name()).unwrap_or_default(),
            params: entity.get_arguments().unwrap_or_default().into_iter().map(param).collect(),
            variadic: entity.is_variadic(),
            is_static: entity.get_storage_class() == Some(StorageClass::Static),
            is_inline: entity.is_inline_function(),
            at: self.location(&entity),
            doc,
        };
        self.facts.functions.insert(name, function);
    }

    fn variable(&mut self, name: String, entity: Entity) {
        let Some(ty) = entity.get_type() else { return };
        let variable = Variable { ty: ty.get_display_name(), at: self.location(&entity) };
        self.facts.variables.entry(name).or_insert(variable);
    }

    fn record(&mut self, name: String, entity: Entity) {
        let complete = self.facts.records.get(&name).is_some_and(|record| record.size.is_some());
        if complete || (!entity.is_definition() && self.facts.records.contains_key(&name)) {
            return;
        }
        let kind = match entity.get_kind() {
            EntityKind::UnionDecl => RecordKind::Union,
            _ => RecordKind::Struct,
        };
        let ty = entity.get_type().filter(|_| entity.is_definition());
        let mut record = Record {
            kind,
            size: ty.and_then(|ty| ty.get_sizeof().ok()).map(|size| size as u64),
            align: ty.and_then(|ty| ty.get_alignof().ok()).map(|align| align as u64),
            fields: Default::default(),
            at: self.location(&entity),
            doc: entity.get_comment(),
        };
        if let Some(ty) = ty {
            fields(ty, ty, (0, "", 0), &mut record);
        }
        self.facts.records.insert(name, record);
    }

    fn typedef(&mut self, name: String, entity: Entity) {
        let Some(ty) = entity.get_typedef_underlying_type() else { return };
        if let Some(target) = ty.get_declaration().filter(is_anonymous) {
            match target.get_kind() {
                EntityKind::StructDecl | EntityKind::UnionDecl => self.record(name.clone(), target),
                EntityKind::EnumDecl => self.enumeration(Some(name.clone()), target),
                _ => {}
            }
        }
        let typedef = Typedef { ty: ty.get_display_name(), at: self.location(&entity) };
        self.facts.typedefs.insert(name, typedef);
    }

    fn enumeration(&mut self, name: Option<String>, entity: Entity) {
        let ty = entity.get_enum_underlying_type().map(|ty| ty.get_display_name()).unwrap_or_default();
        let mut found = Enum { ty, enumerators: Vec::new(), at: self.location(&entity) };
        for child in entity.get_children() {
            let (Some(enumerator), Some((value, _))) = (child.get_name(), child.get_enum_constant_value()) else {
                continue;
            };
            found.enumerators.push(enumerator.clone());
            self.facts.enumerators.insert(enumerator, Enumerator { value, of: name.clone() });
        }
        if let Some(name) = name
            && (entity.is_definition() || !self.facts.enums.contains_key(&name))
        {
            self.facts.enums.insert(name, found);
        }
    }

    fn macro_definition(&mut self, name: String, entity: Entity) {
        let at = self.location(&entity);
        let text = entity.get_range().and_then(|range| {
            let (start, end) = (range.get_start().get_spelling_location(), range.get_end().get_spelling_location());
            let (_, bytes) = self.files.get(&start.file?.get_path())?;
            bytes.get(start.offset as usize + name.len()..end.offset as usize)
        });
        let (params, body) = split_macro(&String::from_utf8_lossy(text.unwrap_or_default()));
        self.facts.macros.insert(name, Macro { params, body, at });
    }

    fn location(&mut self, entity: &Entity) -> Option<Location> {
        let location = entity.get_location()?.get_expansion_location();
        let path = location.file?.get_path();
        if let Some((file, _)) = self.files.get(&path) {
            return Some(Location { file: *file, line: location.line });
        }
        let file = u32::try_from(self.facts.files.len()).ok()?;
        self.facts.files.push(path.display().to_string());
        // A file that libclang has read can be read; if not, its macros have no text.
        let text = kmod_os::read(&path).unwrap_or_default();
        self.files.insert(path, (file, text));
        Some(Location { file, line: location.line })
    }
}

/// Whether a record or enum has no tag; newer libclangs spell such a name as `struct (unnamed at …)`.
fn is_anonymous(entity: &Entity) -> bool {
    let record = matches!(entity.get_kind(), EntityKind::StructDecl | EntityKind::UnionDecl | EntityKind::EnumDecl);
    record && entity.get_name().is_none_or(|name| name.is_empty() || name.contains(['(', ' ']))
}

/// Adds the fields that `outer` offers: those of the record `inner`, an anonymous member of it or itself. `outer` lies
/// `base` bits from the record's start, behind `prefix`, in so many anonymous members.
fn fields(outer: Type, inner: Type, (base, prefix, depth): (u64, &str, u32), record: &mut Record) {
    for entity in inner.get_canonical_type().get_fields().unwrap_or_default() {
        let Some(ty) = entity.get_type() else { continue };
        match entity.get_name().filter(|name| !name.is_empty() && !name.contains(['(', ' '])) {
            Some(name) => field(outer, &entity, &name, ty, (base, prefix, depth), record),
            // Anonymous, with a tag or without.
            None => fields(outer, ty, (base, prefix, depth + 1), record),
        }
    }
}

fn field(
    outer: Type,
    entity: &Entity,
    name: &str,
    ty: Type,
    (base, prefix, depth): (u64, &str, u32),
    record: &mut Record,
) {
    let offset = outer.get_offsetof(name).ok().map(|bits| base + bits as u64);
    let path = format!("{prefix}{name}");
    if let (Some(offset), Some(_)) = (offset, ty.get_declaration().filter(is_anonymous)) {
        fields(ty, ty, (offset, &format!("{path}."), depth), record);
    }
    let found = Field {
        ty: ty.get_display_name(),
        offset,
        size: ty.get_sizeof().ok().map(|size| size as u64),
        bits: entity.get_bit_field_width().and_then(|width| u32::try_from(width).ok()),
        params: params(ty),
        anonymous: depth,
        line: entity.get_location().map_or(0, |location| location.get_expansion_location().line),
    };
    record.fields.insert(path, found);
}

/// How many parameters a function type, or a pointer to one, takes.
fn params(ty: Type) -> Option<u32> {
    let canonical = ty.get_canonical_type();
    let target = canonical.get_pointee_type().unwrap_or(canonical);
    let function = matches!(target.get_kind(), TypeKind::FunctionPrototype | TypeKind::FunctionNoPrototype);
    function.then(|| target.get_argument_types().map_or(0, |types| types.len() as u32))
}

/// Splits what follows a macro's name into its parameters and its body.
fn split_macro(text: &str) -> (Option<String>, String) {
    let (params, body) = match text.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((params, body)) => (Some(params.split_whitespace().collect()), body),
        None => (None, text),
    };
    (params, without_comments(body).replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" "))
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("/*") {
        out.push_str(head);
        out.push(' ');
        rest = tail.split_once("*/").map_or("", |(_, tail)| tail);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Facts {
        let dir = tempfile::tempdir().unwrap();
        let header = dir.path().join("x.h");
        kmod_os::write(&header, text).unwrap();
        read(&header, &["--target=x86_64-linux-gnu".to_owned(), "-fms-extensions".to_owned()], "a test").unwrap()
    }

    #[test]
    fn fields_through_anonymous_members() {
        let facts = facts(
            "struct tagged { int t; }; struct ms { int u; struct tagged; };\n\
             struct s { int a; union { long b; struct { char c, d; }; }; struct { int x, y; } named; unsigned bits:3;\n\
             struct { int q; } many[2]; int (*call)(int, void *); };\nstruct later; typedef struct { int z; } t;",
        );
        let s = &facts.records["s"];
        let offsets: Vec<_> = s.fields.iter().map(|(name, field)| (name.as_str(), field.offset.unwrap())).collect();
        let expected = [
            ("a", 0),
            ("b", 64),
            ("bits", 192),
            ("c", 64),
            ("call", 320),
            ("d", 72),
            ("many", 224),
            ("named", 128),
            ("named.x", 128),
            ("named.y", 160),
        ];
        assert_eq!(offsets, expected);
        assert_eq!((s.fields["bits"].bits, s.fields["call"].params, s.size), (Some(3), Some(2), Some(48)));
        assert_eq!(facts.records["ms"].fields["t"].offset, Some(32));
        assert_eq!((facts.records["later"].size, facts.records["t"].size), (None, Some(4)));
    }

    #[test]
    fn functions_macros_and_enums() {
        let facts = facts(
            "/** Says. */\nint say(const char *fmt, ...);\nstatic inline int two(int a, int) { return 2; }\n\
             #define ONE 1 /* one */\n#define MAX(a, b) \\\n\t((a) > (b) ? (a) : (b))\n#define GONE 1\n#undef GONE\n\
             extern struct s *all[2];\nenum e { A = 3, B };\nenum { C = -1 };\ntypedef enum { D } d;",
        );
        let say = &facts.functions["say"];
        assert_eq!((say.signature.as_str(), say.variadic, say.is_static), ("int (const char *, ...)", true, false));
        assert!(say.doc.as_ref().unwrap().contains("Says."));
        let two = &facts.functions["two"];
        assert_eq!((two.params.len(), two.is_static, two.is_inline), (2, true, true));
        assert_eq!((facts.macros["ONE"].params.as_ref(), facts.macros["ONE"].body.as_str()), (None, "1"));
        assert_eq!(facts.macros["MAX"].params.as_deref(), Some("a,b"));
        assert_eq!(facts.macros["MAX"].body, "((a) > (b) ? (a) : (b))");
        assert_eq!(facts.enums["e"].enumerators, ["A", "B"]);
        let values = ["A", "B", "C", "D"].map(|name| facts.enumerators[name].value);
        assert_eq!(values, [3, 4, -1, 0]);
        assert_eq!(facts.enumerators["D"].of.as_deref(), Some("d"));
        assert_eq!(facts.place(two.at.unwrap()).unwrap().rsplit_once(':').unwrap().1, "3");
    }

    #[test]
    fn a_header_that_does_not_parse_says_where() {
        let dir = tempfile::tempdir().unwrap();
        let header = dir.path().join("bad.h");
        kmod_os::write(&header, "#include <absent.h>\nint f(;\n").unwrap();
        let error = read(&header, &[], "6.1").unwrap_err().to_string();
        assert!(error.contains("absent.h") && error.contains("6.1"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn any_macro_text_is_split(text in "\\PC*|(\\(|\\)|/\\*|\\*/|x| ){0,12}") {
            split_macro(&text);
        }
    }
}
