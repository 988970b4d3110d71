// SPDX-License-Identifier: MIT OR Apache-2.0
//! From cargo's static library to one relocatable object of what the module uses.
use crate::{Error, Result};
use kmod_kernel::Arch;
use kmod_os::Cmd;
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, build::elf::Builder, elf, read::archive::ArchiveFile};
use std::{collections::BTreeSet, path::Path};

/// Where a module's code and data begin to be reachable from.
const ENTRIES: &[&str] = &["init_module", "cleanup_module"];
/// modpost finds a driver's device tables by this.
const TABLE: &str = "__mod_";
/// rustc gives each function and object a section of its own; modpost and the loader want few.
const MERGED: &[&str] = &[".text", ".rodata", ".data", ".bss"];
/// What `build_assert!` calls where its condition is not proven. If a call is left, the check of the object refuses it.
const BUILD_ERROR: &str = "rust_build_error";

/// What of the archive must stay.
#[derive(Debug, Default, PartialEq, Eq)]
struct Contents {
    /// Global symbols that the kernel or modpost looks for.
    roots: BTreeSet<String>,
    /// Sections with a meaning of their own (`.modinfo`, `__param`, `__bug_table`, `.init.text`, …).
    kept: BTreeSet<String>,
}

/// Links `archive` into one object, whose content it returns; `dir` is for intermediate files.
pub(crate) fn link(arch: Arch, archive: &Path, dir: &Path) -> Result<Vec<u8>> {
    let malformed = |why: object::Error| Error::Object { path: archive.to_owned(), why: why.to_string() };
    let contents = contents(&kmod_os::read(archive)?).map_err(malformed)?;
    let script = dir.join("rust.lds");
    kmod_os::write_if_changed(&script, linker_script(&contents.kept))?;
    let roots = contents.roots.iter().flat_map(|root| ["-u", root]);
    let linked = dir.join("rust.linked");
    let native = arch.name() == std::env::consts::ARCH;
    Cmd::new(if native { "ld".to_owned() } else { format!("{}-linux-gnu-ld", arch.name()) })
        // Without a root all is kept, for the check to say what is missing.
        .args(contents.roots.first().map(|_| "--gc-sections"))
        .args(["-r", "--discard-locals", "--build-id=none", "-T"])
        .arg(&script)
        .args(roots)
        .arg("-o")
        .arg(&linked)
        .arg("--whole-archive")
        .arg(archive)
        .run()?;
    finish(&kmod_os::read(&linked)?, &contents.roots)
        .map_err(|why| Error::Object { path: linked, why: why.to_string() })
}

/// Makes Rust's own symbols local, as neither another module nor the kernel's own Rust code may see them, and forgets that
/// `#[used]` retains a section: sections of one name that differ in it are not joined, and modpost reads one `.modinfo`.
fn finish(object: &[u8], roots: &BTreeSet<String>) -> object::build::Result<Vec<u8>> {
    let mut elf = Builder::read(object)?;
    for section in &mut elf.sections {
        section.sh_flags &= !u64::from(elf::SHF_GNU_RETAIN);
    }
    for symbol in &mut elf.symbols {
        if symbol.name.as_slice() == BUILD_ERROR.as_bytes() {
            // The function is there because something calls it: in constants it has to have a body.
            symbol.section = None;
            (symbol.st_shndx, symbol.st_value, symbol.st_size) = (elf::SHN_UNDEF, 0, 0);
            symbol.set_st_info(elf::STB_GLOBAL, elf::STT_NOTYPE);
            continue;
        }
        let defined = symbol.st_shndx != elf::SHN_UNDEF || symbol.section.is_some();
        if defined && !roots.contains(&symbol.name.to_string()) {
            symbol.set_st_info(elf::STB_LOCAL, symbol.st_type());
        }
    }
    let mut bytes = Vec::new();
    elf.write(&mut bytes)?;
    Ok(bytes)
}

fn members(archive: &[u8]) -> object::Result<Vec<object::File<'_>>> {
    let parsed = ArchiveFile::parse(archive)?;
    let files = parsed.members().map(|member| member?.data(archive)).collect::<object::Result<Vec<_>>>()?;
    // rustc's own metadata is a member too.
    files.into_iter().filter(|data| data.starts_with(b"\x7fELF")).map(object::File::parse).collect()
}

fn contents(archive: &[u8]) -> object::Result<Contents> {
    let mut contents = Contents::default();
    for file in members(archive)? {
        let globals = file.symbols().filter(|s| s.is_global() && s.is_definition());
        let names = globals.filter_map(|s| s.name().ok());
        let roots = names.filter(|n| ENTRIES.contains(n) || n.starts_with(TABLE));
        contents.roots.extend(roots.map(str::to_owned));
        for section in file.sections() {
            let name = section.name()?;
            let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
            // A section in link order (patchable entries) lives and dies with the function that it is about.
            let own = sh_flags & u64::from(elf::SHF_ALLOC) != 0 && sh_flags & u64::from(elf::SHF_LINK_ORDER) == 0;
            if own && !is_merged(name) {
                contents.kept.insert(name.to_owned());
            }
        }
    }
    Ok(contents)
}

/// `.text.function` or `.rodata..Lanon` is; `.data..ro_after_init` has a meaning of its own.
fn is_merged(section: &str) -> bool {
    let merged =
        |rest: &str| rest.is_empty() || rest.starts_with("..L") || (rest.starts_with('.') && !rest.starts_with(".."));
    MERGED.iter().any(|name| section.strip_prefix(name).is_some_and(merged))
}

fn linker_script(kept: &BTreeSet<String>) -> String {
    let mut text = String::from("SECTIONS {\n");
    for name in kept {
        // As in a full link, symbols stand around a section whose name is an identifier, if they are asked for.
        let bound = |edge| match name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
            true => format!("PROVIDE(__{edge}_{name} = .); "),
            false => String::new(),
        };
        text += &format!("\t\"{name}\" 0 : {{ {}KEEP(*(\"{name}\")) {}}}\n", bound("start"), bound("stop"));
    }
    for name in MERGED {
        text += &format!("\t{name} 0 : {{ *({name} {name}.[!.]* {name}..L*) }}\n");
    }
    // The kernel does not read the list of patchable entries on x86_64, and there is none elsewhere.
    text + "\t/DISCARD/ : { *(.eh_frame .comment .note.GNU-stack .llvmbc .llvmcmd __patchable_function_entries) }\n}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_with_a_meaning_stay_apart() {
        for name in [".text", ".text._RNvC", ".rodata..Lanon.1", ".rodata.cst16", ".bss.x"] {
            assert!(is_merged(name), "{name}");
        }
        for name in [".data..ro_after_init", ".init.text", ".modinfo", "__param", ".textile", ".data..percpu"] {
            assert!(!is_merged(name), "{name}");
        }
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        assert!(contents(b"").is_err());
        assert!(
            contents(b"!<arch>\nrubbish that is long enough to be taken for a member's header, or nearly so").is_err()
        );
    }
}
