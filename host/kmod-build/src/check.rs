// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a kernel will take a module, told with the cause before it says EINVAL at load. Pure: bytes in, findings out.
use kmod_kernel::{Arch, ExportKind, Facts, Symvers};
use object::{
    Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, SectionFlags, SectionIndex, SectionKind,
    elf, read::elf::ElfFile64,
};
use std::collections::{BTreeMap, BTreeSet};

/// One reason why the kernel would refuse the module, or why it would misbehave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    #[error(
        "the crate is not a module: it has no `init_module`; add a `module!` (`use kernel::prelude::*; module! {{ … }}`)"
    )]
    NoInit,
    #[error("the module has no licence: add `license: \"GPL\"` to its `module!`")]
    NoLicense,
    #[error(
        "a `build_assert!` could not be proved in {}: give the optimiser the fact it needs (a constant, an `#[inline(always)]` \
             function, a check before it), or use the variant that checks at run time (`try_…`)",
        at(places)
    )]
    BuildAssert { places: Vec<String> },
    #[error(
        "`{symbol}` is called in {}: the kernel has no 128-bit division; divide 64-bit numbers (or use shifts)",
        at(places)
    )]
    Wide { symbol: String, places: Vec<String> },
    #[error(
        "`{symbol}` is called in {}: kernel code must not use floating point; use integers, scaled if need be",
        at(places)
    )]
    Float { symbol: String, places: Vec<String> },
    #[error("the kernel does not export `{symbol}`, which is used in {}: {why}", at(places))]
    Undefined { symbol: String, places: Vec<String>, why: String },
    #[error(
        "`{symbol}` is only for modules under a GPL-compatible licence, and this module says `{license}`: use `license: \"GPL\"` \
             in its `module!` if its code may be under it"
    )]
    Gpl { symbol: String, license: String },
    #[error("`{symbol}` is in the symbol namespace {namespace}: add `imports_ns: [\"{namespace}\"]` to the `module!`")]
    Namespace { symbol: String, namespace: String },
    #[error(
        "the module was built for {found:?}, the kernel is {release:?}: its headers and the kernel are of different versions"
    )]
    Vermagic { found: String, release: String },
    #[error(
        "relocation type {kind} in {section} at {place}: the kernel's module loader does not know it; a flag of rustc is \
             wrong for this kernel (please report it)"
    )]
    Relocation { kind: u32, section: String, place: String },
    #[error("the object cannot be read: {why}")]
    Malformed { why: String },
}

fn at(places: &[String]) -> String {
    match places {
        [] => "a place that the object does not tell".to_owned(),
        [one] => format!("`{one}`"),
        [first, rest @ ..] => format!("`{first}` and {} more", rest.len()),
    }
}

/// What a check compares the object with.
pub struct Against<'a> {
    pub arch: Arch,
    pub release: &'a str,
    pub symvers: &'a Symvers,
    /// The C helpers that there are, which the build adds.
    pub helpers: &'a BTreeSet<String>,
    /// For the causes; asked only when something is wrong.
    pub facts: &'a dyn Fn() -> Option<Facts>,
}

/// What a finished module is made of.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Contents {
    pub text_size: u64,
    pub undefined: BTreeSet<String>,
}

/// Checks the Rust object, before the kernel's build system sees it.
pub fn check_object(bytes: &[u8], against: &Against) -> Vec<Finding> {
    checked(bytes, |elf| {
        if elf.symbol_by_name("init_module").is_none_or(|s| !s.is_definition()) {
            // Nothing holds what it is made of: the rest says nothing.
            return Ok(vec![Finding::NoInit]);
        }
        let mut findings = Vec::new();
        if !modinfo(elf).contains_key("license") {
            findings.push(Finding::NoLicense);
        }
        findings.extend(links(elf, against)?);
        Ok(findings)
    })
}

/// Checks the finished module.
pub fn check_module(bytes: &[u8], against: &Against) -> Vec<Finding> {
    checked(bytes, |elf| {
        let mut findings = links(elf, against)?;
        let vermagic = first(&modinfo(elf), "vermagic");
        if vermagic.split(' ').next() != Some(against.release) {
            findings.push(Finding::Vermagic { found: vermagic, release: against.release.to_owned() });
        }
        Ok(findings)
    })
}

/// What the module is made of; empty if it cannot be read, which [`check_module`] tells.
pub fn contents(bytes: &[u8]) -> Contents {
    let Ok(elf) = Elf::parse(bytes) else { return Contents::default() };
    let sizes = elf.sections().filter(|s| s.kind() == SectionKind::Text).map(|s| s.size());
    let code = sizes.fold(0u64, u64::saturating_add);
    Contents { text_size: code, undefined: undefined_names(&elf) }
}

type Elf<'a> = ElfFile64<'a, object::Endianness>;

fn checked(bytes: &[u8], check: impl FnOnce(&Elf) -> object::Result<Vec<Finding>>) -> Vec<Finding> {
    Elf::parse(bytes).and_then(|elf| check(&elf)).unwrap_or_else(|e| vec![Finding::Malformed { why: e.to_string() }])
}

/// As the kernel's `license_is_gpl_compatible()` has it.
fn is_gpl(license: &str) -> bool {
    const COMPATIBLE: &[&str] =
        &["GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"];
    COMPATIBLE.contains(&license)
}

/// The `key=value` strings of `.modinfo`.
fn modinfo(elf: &Elf) -> BTreeMap<String, Vec<String>> {
    let mut info = BTreeMap::<_, Vec<_>>::new();
    for section in elf.sections().filter(|s| s.name() == Ok(".modinfo")) {
        for entry in section.data().unwrap_or_default().split(|b| *b == 0) {
            if let Some((key, value)) = String::from_utf8_lossy(entry).split_once('=') {
                info.entry(key.to_owned()).or_default().push(value.to_owned());
            }
        }
    }
    info
}

fn undefined_names(elf: &Elf) -> BTreeSet<String> {
    let undefined = elf.symbols().filter(|s| s.is_undefined() && !s.is_weak());
    undefined.filter_map(|s| s.name().ok()).filter(|n| !n.is_empty()).map(str::to_owned).collect()
}

fn first(info: &BTreeMap<String, Vec<String>>, key: &str) -> String {
    info.get(key).and_then(|values| values.first()).cloned().unwrap_or_default()
}

/// Whether the loader can and may link the object with the kernel.
fn links(elf: &Elf, against: &Against) -> object::Result<Vec<Finding>> {
    let mut findings = undefined(elf, against)?;
    findings.extend(relocations(elf, against.arch)?);
    let info = modinfo(elf);
    let license = first(&info, "license");
    let imported = info.get("import_ns").cloned().unwrap_or_default();
    for symbol in undefined_names(elf) {
        let Some(export) = against.symvers.get(&symbol) else { continue };
        if export.kind == ExportKind::Gpl && !license.is_empty() && !is_gpl(&license) {
            findings.push(Finding::Gpl { symbol: symbol.clone(), license: license.clone() });
        }
        if let Some(namespace) = export.namespace.clone().filter(|n| !imported.contains(n)) {
            findings.push(Finding::Namespace { symbol, namespace });
        }
    }
    Ok(findings)
}

fn undefined(elf: &Elf, against: &Against) -> object::Result<Vec<Finding>> {
    let provided = |name: &str| {
        against.symvers.get(name).is_some()
            || name == "__this_module"
            || name.strip_prefix("rust_helper_").is_some_and(|n| against.helpers.contains(n))
    };
    let unknown: Vec<_> = undefined_names(elf).into_iter().filter(|name| !provided(name)).collect();
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let places = places(elf);
    let facts = (against.facts)();
    let explain = |symbol: String| {
        let places = places.get(&symbol).cloned().unwrap_or_default();
        if symbol == "rust_build_error" {
            Finding::BuildAssert { places }
        } else if symbol.starts_with("__") && symbol.ends_with("ti3") {
            Finding::Wide { symbol, places }
        } else if is_float_routine(&symbol) {
            Finding::Float { symbol, places }
        } else {
            Finding::Undefined { why: why_undefined(&symbol, facts.as_ref(), against.symvers), symbol, places }
        }
    };
    Ok(unknown.into_iter().map(explain).collect())
}

/// The compiler's soft-float routines: `__addsf3`, `__floatsidf`, `__fixunsdfti`, `__gedf2`, …; and libm's.
fn is_float_routine(symbol: &str) -> bool {
    let inner = symbol.strip_prefix("__").unwrap_or_default();
    let kind = ["sf", "df", "tf", "hf"].iter().any(|k| inner.contains(k));
    let operation = [
        "add", "sub", "mul", "div", "neg", "pow", "float", "fix", "extend", "trunc", "eq", "ne", "lt", "le", "gt",
        "ge", "unord", "cmp",
    ];
    (kind && operation.iter().any(|o| inner.starts_with(o))) || ["fmod", "fmodf", "fma", "fmaf"].contains(&symbol)
}

fn why_undefined(symbol: &str, facts: Option<&Facts>, symvers: &Symvers) -> String {
    let function = facts.and_then(|f| f.functions.get(symbol));
    if function.is_some_and(|f| f.is_inline || f.is_static) {
        return "it is an inline function there, which Rust cannot call; write a C helper in rust/helpers/".to_owned();
    }
    if facts.is_some_and(|f| f.macros.contains_key(symbol)) {
        return "it is a macro there; write a C helper in rust/helpers/".to_owned();
    }
    let near = symvers
        .iter()
        .map(|(name, _)| (strsim::levenshtein(name, symbol), name))
        .filter(|(distance, _)| *distance <= 1 + symbol.len() / 6)
        .min();
    let near = near.map(|(_, name)| format!("; the nearest that is exported is `{name}`")).unwrap_or_default();
    match function {
        Some(_) => format!("its headers declare it, but modules may not call it{near}"),
        None => format!("its headers do not know it either{near}"),
    }
}

/// Which functions refer to each symbol.
fn places(elf: &Elf) -> BTreeMap<String, Vec<String>> {
    let mut places = BTreeMap::<String, Vec<String>>::new();
    for section in elf.sections() {
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(index) = relocation.target() else { continue };
            let Ok(Ok(name)) = elf.symbol_by_index(index).map(|s| s.name().map(str::to_owned)) else { continue };
            if let Some(place) = function_at(elf, section.index(), offset) {
                let list = places.entry(name).or_default();
                if !list.contains(&place) {
                    list.push(place);
                }
            }
        }
    }
    places
}

fn function_at(elf: &Elf, section: SectionIndex, offset: u64) -> Option<String> {
    let symbol = elf.symbols().find(|s| {
        s.section_index() == Some(section) && offset.checked_sub(s.address()).is_some_and(|into| into < s.size())
    })?;
    Some(format!("{:#}", rustc_demangle::demangle(symbol.name().ok()?)))
}

/// What `apply_relocate_add()` of each architecture knows.
fn is_loadable(arch: Arch, kind: u32) -> bool {
    match arch {
        Arch::X86_64 => matches!(
            kind,
            elf::R_X86_64_NONE
                | elf::R_X86_64_64
                | elf::R_X86_64_32
                | elf::R_X86_64_32S
                | elf::R_X86_64_PC32
                | elf::R_X86_64_PLT32
                | elf::R_X86_64_PC64
        ),
        Arch::Aarch64 => matches!(
            kind,
            elf::R_AARCH64_NONE
                | elf::R_AARCH64_ABS64..=elf::R_AARCH64_PREL16
                | elf::R_AARCH64_MOVW_UABS_G0..=elf::R_AARCH64_MOVW_UABS_G3
                | elf::R_AARCH64_MOVW_SABS_G0..=elf::R_AARCH64_MOVW_SABS_G2
                | elf::R_AARCH64_LD_PREL_LO19..=elf::R_AARCH64_LDST8_ABS_LO12_NC
                | elf::R_AARCH64_TSTBR14..=elf::R_AARCH64_CALL26
                | elf::R_AARCH64_LDST16_ABS_LO12_NC..=elf::R_AARCH64_LDST64_ABS_LO12_NC
                | elf::R_AARCH64_MOVW_PREL_G0..=elf::R_AARCH64_MOVW_PREL_G3
                | elf::R_AARCH64_LDST128_ABS_LO12_NC
        ),
    }
}

fn relocations(elf: &Elf, arch: Arch) -> object::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for section in elf.sections() {
        // The loader looks at what it loads only; debug information may hold anything.
        let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
        if sh_flags & u64::from(elf::SHF_ALLOC) == 0 {
            continue;
        }
        for (offset, relocation) in section.relocations() {
            let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            if !is_loadable(arch, r_type) {
                let place = function_at(elf, section.index(), offset).unwrap_or_else(|| format!("{offset:#x}"));
                findings.push(Finding::Relocation { kind: r_type, section: section.name()?.to_owned(), place });
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::write::{self, Symbol, SymbolSection};
    use proptest::prelude::*;

    /// An object with this `.modinfo` whose function `f` refers to `symbol` by a relocation of type `r_type`.
    fn object(modinfo: &[u8], symbol: &str, r_type: u32) -> Vec<u8> {
        let mut object =
            write::Object::new(object::BinaryFormat::Elf, object::Architecture::X86_64, object::Endianness::Little);
        let info = object.add_section(vec![], b".modinfo".to_vec(), SectionKind::ReadOnlyData);
        object.append_section_data(info, modinfo, 1);
        let text = object.section_id(write::StandardSection::Text);
        object.append_section_data(text, &[0; 16], 16);
        let add = |object: &mut write::Object, name: &str, section, size| {
            object.add_symbol(Symbol {
                name: name.into(),
                value: 0,
                size,
                kind: object::SymbolKind::Text,
                scope: object::SymbolScope::Linkage,
                weak: false,
                section,
                flags: object::SymbolFlags::None,
            })
        };
        add(&mut object, "init_module", SymbolSection::Section(text), 16);
        let symbol = add(&mut object, symbol, SymbolSection::Undefined, 0);
        let flags = RelocationFlags::Elf { r_type };
        object.add_relocation(text, write::Relocation { offset: 4, symbol, addend: 0, flags }).unwrap();
        object.write().unwrap()
    }

    fn check(bytes: &[u8], check: fn(&[u8], &Against) -> Vec<Finding>) -> Vec<Finding> {
        let symvers = Symvers::parse(
            "0x0\tkfree\tvmlinux\tEXPORT_SYMBOL\t\n0x0\tgpl_only\tvmlinux\tEXPORT_SYMBOL_GPL\t\n\
             0x0\tpwm_get\tvmlinux\tEXPORT_SYMBOL_GPL\tPWM\n",
        );
        let against = Against {
            arch: Arch::X86_64,
            release: "6.1.0-56-cloud-amd64",
            symvers: &symvers.unwrap(),
            helpers: &BTreeSet::from(["mutex_lock".to_owned()]),
            facts: &|| None,
        };
        check(bytes, &against)
    }

    #[test]
    fn a_good_object_passes() {
        for symbol in ["kfree", "gpl_only", "rust_helper_mutex_lock", "__this_module"] {
            assert_eq!(check(&object(b"license=GPL\0", symbol, elf::R_X86_64_PLT32), check_object), []);
        }
        let module = object(b"license=GPL\0vermagic=6.1.0-56-cloud-amd64 SMP\0", "kfree", elf::R_X86_64_PC32);
        assert_eq!(check(&module, check_module), []);
    }

    #[test]
    fn each_mistake_is_found() {
        let one = |modinfo: &[u8], symbol, r_type| {
            let mut findings = check(&object(modinfo, symbol, r_type), check_object);
            assert_eq!(findings.len(), 1, "{findings:?}");
            findings.remove(0).to_string()
        };
        let call = elf::R_X86_64_PLT32;
        assert!(one(b"", "kfree", call).contains("no licence"));
        assert!(one(b"license=GPL\0", "rust_helper_nobody", call).contains("does not export"));
        assert!(one(b"license=GPL\0", "kfreee", call).contains("`kfree`"));
        assert!(one(b"license=GPL\0", "__divti3", call).contains("128-bit"));
        assert!(one(b"license=GPL\0", "__floatsidf", call).contains("floating point"));
        assert!(one(b"license=GPL\0", "rust_build_error", call).contains("`init_module`"));
        assert!(one(b"license=MIT\0", "gpl_only", call).contains("GPL-compatible"));
        assert!(one(b"license=GPL\0", "pwm_get", call).contains("imports_ns: [\"PWM\"]"));
        assert!(one(b"license=GPL\0", "kfree", elf::R_X86_64_GOTPCREL).contains("relocation type 9"));
        let other = object(b"license=GPL\0vermagic=6.1.0-55-cloud-amd64 SMP\0", "kfree", call);
        assert!(matches!(&check(&other, check_module)[..], [Finding::Vermagic { .. }]));
    }

    proptest! {
        #[test]
        fn a_damaged_object_is_checked_or_refused(at in 0usize..1200, byte: u8, cut in 0usize..1200) {
            let mut bytes = object(b"license=GPL\0", "kfree", elf::R_X86_64_PLT32);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            check(&bytes, check_object);
            check(&bytes[..cut.min(bytes.len())], check_module);
            contents(&bytes);
        }
    }
}
