// SPDX-License-Identifier: MIT OR Apache-2.0
//! The distribution's programs for the guest: packages unpacked in the cache and, of what they depend on, the libraries
//! that their programs are linked to.
use crate::{Error, Result};
use kmod_kernel::Archive;
use kmod_os::{Cache, Progress};
use object::{
    LittleEndian,
    elf::{self, FileHeader64},
    read::elf::{Dyn, FileHeader, SectionHeader},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

/// Of one release whatever kernel is booted: its C library runs on every kernel of the catalogue.
const SUITES: [&str; 2] = ["bookworm", "bookworm-security"];

/// A folder that holds what `packages` bring to the root of a guest. They stay at the version of their first use.
pub fn programs(packages: &[String], cache: &Cache, progress: &dyn Progress) -> Result<PathBuf> {
    let names: BTreeSet<&str> = packages.iter().map(String::as_str).collect();
    let list: Vec<_> = names.iter().copied().collect();
    let digest: String = Sha256::digest(list.join(" ")).iter().take(6).map(|b| format!("{b:02x}")).collect();
    let dir = cache.entry(format!("programs/{digest}"), |dir| -> Result<()> {
        let archive = Archive::new(cache, progress);
        let (named, others): (Vec<_>, Vec<_>) =
            archive.closure(&SUITES, &list)?.into_iter().partition(|package| names.contains(&*package.name));
        let (root, libraries) = (dir.join("root"), dir.join("libraries"));
        archive.unpack(&SUITES, &named, &root)?;
        archive.unpack(&SUITES, &others, &libraries)?;
        // Documentation, translations, completions.
        kmod_os::remove_dir_all(root.join("usr/share"))?;
        add_libraries(&root, &libraries)?;
        Ok(kmod_os::remove_dir_all(&libraries)?)
    })?;
    Ok(dir.join("root"))
}

/// Copies what the programs below `root` are linked to, directly or not, from `libraries` to the same place in `root`.
fn add_libraries(root: &Path, libraries: &Path) -> Result<()> {
    let mut open = files(root)?;
    let own: HashMap<_, _> = by_name(&open);
    let others = files(libraries)?;
    let others = by_name(&others);
    while let Some(file) = open.pop() {
        let bytes = kmod_os::read(&file)?;
        for needed in needed(&bytes).unwrap_or_default() {
            let name = needed.rsplit('/').next().unwrap_or(&needed);
            if own.contains_key(name) {
                continue;
            }
            let missing = || Error::NoLibrary { name: needed.clone(), program: file.clone() };
            let library = others.get(name).ok_or_else(missing)?;
            // A loader is known by its path, a library by its name.
            let copy = match needed.strip_prefix('/') {
                Some(path) => root.join(path),
                None => root.join(library.strip_prefix(libraries).unwrap_or(library)),
            };
            if !kmod_os::exists(&copy) {
                kmod_os::create_dir_all(copy.parent().unwrap_or(root))?;
                kmod_os::copy(library, &copy)?;
                open.push(copy);
            }
        }
    }
    Ok(())
}

fn by_name(files: &[PathBuf]) -> HashMap<String, PathBuf> {
    let name = |file: &PathBuf| Some((file.file_name()?.to_str()?.to_owned(), file.clone()));
    files.iter().filter_map(name).collect()
}

/// The files below `dir`, and the links to files. (An absolute link leads out of `dir`: it is left out.)
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(folder) = open.pop() {
        for path in kmod_os::read_dir(&folder)? {
            match (path.is_symlink(), path.is_dir()) {
                (false, true) => open.push(path),
                (true, _) if std::fs::read_link(&path).is_ok_and(|target| target.is_absolute()) => {}
                _ if path.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// What the loader must find for an ELF file: the libraries' names, and the loader's own path.
fn needed(bytes: &[u8]) -> Option<Vec<String>> {
    let header = FileHeader64::<LittleEndian>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut needed = Vec::new();
    for section in sections.iter() {
        if section.sh_type(endian) == elf::SHT_PROGBITS
            && sections.section_name(endian, section).is_ok_and(|name| name == b".interp")
        {
            let path = section.data(endian, bytes).ok()?;
            needed.push(text(path.strip_suffix(b"\0").unwrap_or(path)));
        }
    }
    if let Some((entries, link)) = sections.dynamic(endian, bytes).ok()? {
        let strings = sections.strings(endian, bytes, link).ok()?;
        for entry in entries.iter().filter(|entry| entry.tag32(endian) == Some(elf::DT_NEEDED)) {
            needed.push(text(entry.string(endian, strings).ok()?));
        }
    }
    Some(needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_needs_its_loader_and_the_c_library() {
        let needs = needed(&std::fs::read("/proc/self/exe").unwrap()).unwrap();
        assert!(needs[0].starts_with('/') && needs.iter().any(|name| name.starts_with("libc.so")), "{needs:?}");
        assert_eq!(needed(b"#!/bin/sh\n"), None);
    }

    #[test]
    fn libraries_come_with_those_that_they_need() {
        let dir = kmod_os::temp_dir().unwrap();
        let (root, libraries) = (dir.path().join("root"), dir.path().join("libraries"));
        let program = std::env::current_exe().unwrap();
        kmod_os::create_dir_all(root.join("bin")).unwrap();
        kmod_os::copy(&program, root.join("bin/program")).unwrap();
        let error = add_libraries(&root, &root).unwrap_err();
        assert!(error.to_string().contains("bin/program"), "{error}");
        for name in needed(&std::fs::read(program).unwrap()).unwrap() {
            let name = name.rsplit('/').next().unwrap();
            kmod_os::write(libraries.join("usr/lib").join(name), "no ELF: it needs nothing").unwrap();
        }
        add_libraries(&root, &libraries).unwrap();
        assert!(root.join("usr/lib/libc.so.6").exists());
    }
}
