// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernel modules as files: what they say of themselves, and which others must be loaded first.
use crate::{Error, Result};
use kmod_os as os;
use object::{Object, ObjectSection};
use std::{
    collections::HashMap,
    io::Read,
    path::{Path, PathBuf},
};

/// The `key=value` strings of a module's `.modinfo` section.
pub fn modinfo(path: &Path, bytes: &[u8]) -> Result<Vec<(String, String)>> {
    let not = |why: String| Error::NotAModule { path: path.to_owned(), why };
    let file = object::File::parse(bytes).map_err(|e| not(e.to_string()))?;
    let section = file.section_by_name(".modinfo").ok_or_else(|| not("it has no .modinfo section".into()))?;
    let data = section.data().map_err(|e| not(e.to_string()))?;
    let strings = data.split(|b| *b == 0).map(String::from_utf8_lossy);
    Ok(strings.filter_map(|s| s.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()))).collect())
}

/// The modules that `module` and those in `extra` need, in the order to load them (`extra` included), as (file name, content).
/// Those in `extra` are the kernel's own, by name, or files, by a path that ends in `.ko`.
pub fn closure(module: &Path, extra: &[String], modules_dir: Option<&Path>) -> Result<Vec<(String, Vec<u8>)>> {
    let mut wanted = extra.to_vec();
    wanted.extend(depends(module, &os::read(module)?)?);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let dir = modules_dir.unwrap_or(Path::new("the kernel has no modules folder, so it"));
    let files = modules_dir.map(index).transpose()?.unwrap_or_default();
    let mut loaded = Vec::new();
    let needed_by = module.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for name in wanted {
        visit(&name, &needed_by, dir, &files, &mut loaded)?;
    }
    Ok(loaded)
}

/// Bytes of machine code in a module file, without what runs at load and unload only.
pub fn text_size(path: &Path) -> Result<u64> {
    let bytes = decompressed(path)?;
    let not = |e: object::Error| Error::NotAModule { path: path.to_owned(), why: e.to_string() };
    let file = object::File::parse(&*bytes).map_err(not)?;
    let text = file.sections().filter(|section| section.name().is_ok_and(|name| name.starts_with(".text")));
    Ok(text.map(|section| section.size()).sum())
}

/// The file of one of the kernel's own modules.
pub fn find(name: &str, modules_dir: Option<&Path>) -> Result<Option<PathBuf>> {
    Ok(modules_dir.map(index).transpose()?.and_then(|mut files| files.remove(name)))
}

fn visit(
    name: &str,
    needed_by: &str,
    dir: &Path,
    files: &HashMap<String, PathBuf>,
    loaded: &mut Vec<(String, Vec<u8>)>,
) -> Result<()> {
    let given = Path::new(name).extension().is_some_and(|e| e == "ko").then(|| PathBuf::from(name));
    let name = given.as_deref().and_then(Path::file_stem).map_or(name.into(), |stem| stem.to_string_lossy());
    let name = name.replace('-', "_");
    let file_name = format!("{name}.ko");
    if loaded.iter().any(|(n, _)| *n == file_name) {
        return Ok(());
    }
    let missing =
        || Error::NoModule { name: name.clone(), needed_by: needed_by.to_owned(), modules_dir: dir.to_owned() };
    let Some(path) = given.as_ref().or_else(|| files.get(&name)) else {
        return if is_built_in(&name, dir) { Ok(()) } else { Err(missing()) };
    };
    let bytes = decompressed(path)?;
    for dependency in depends(path, &bytes)? {
        visit(&dependency, &name, dir, files, loaded)?;
    }
    for wish in wishes(path, &bytes)? {
        // `crypto-NAME`, or `NAME` alone, is any implementation of an algorithm: take the one for every machine.
        let generic = format!("{}_generic", wish.strip_prefix("crypto_").unwrap_or(&wish));
        if let Some(module) = [wish, generic].iter().find(|module| files.contains_key(*module)) {
            visit(module, &name, dir, files, loaded)?;
        }
    }
    loaded.push((file_name, bytes));
    Ok(())
}

/// Whether what is a module elsewhere is a part of this kernel.
fn is_built_in(name: &str, dir: &Path) -> bool {
    let list = std::fs::read_to_string(dir.join("modules.builtin")).unwrap_or_default();
    // "kernel/fs/ext4/ext4.ko"
    let names = list.lines().filter_map(|line| line.rsplit('/').next()?.strip_suffix(".ko"));
    names.into_iter().any(|built_in| built_in.replace('-', "_") == name)
}

fn depends(path: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    let info = modinfo(path, bytes)?;
    let lists = info.iter().filter(|(key, _)| key == "depends").flat_map(|(_, list)| list.split(','));
    Ok(lists.filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// What it would have loaded before itself if it is there: `softdep=pre: crypto-crc32c post: …`.
fn wishes(path: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    let info = modinfo(path, bytes)?;
    let lists = info.iter().filter(|(key, _)| key == "softdep").filter_map(|(_, list)| list.split_once("pre:"));
    let names = lists.flat_map(|(_, list)| list.split_whitespace().take_while(|word| !word.ends_with(':')));
    Ok(names.map(|name| name.replace('-', "_")).collect())
}

/// Module name → file, for every module below the folder. Distribution packages ship no modules.dep.
fn index(dir: &Path) -> Result<HashMap<String, PathBuf>> {
    let mut found = HashMap::new();
    let mut open = vec![dir.join("kernel")];
    while let Some(dir) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&dir) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if let Some((stem, "" | ".xz" | ".zst" | ".gz")) = name.split_once(".ko") {
                found.insert(stem.replace('-', "_"), path);
            }
        }
    }
    Ok(found)
}

fn decompressed(path: &Path) -> Result<Vec<u8>> {
    let bytes = os::read(path)?;
    let mut out = Vec::new();
    let unpacked = match path.extension().and_then(|e| e.to_str()) {
        Some("xz") => lzma_rs::xz_decompress(&mut bytes.as_slice(), &mut out).map_err(|e| format!("{e:?}")),
        Some("zst") => ruzstd::decoding::StreamingDecoder::new(bytes.as_slice())
            .map_err(|e| e.to_string())
            .and_then(|mut d| d.read_to_end(&mut out).map(drop).map_err(|e| e.to_string())),
        Some("gz") => {
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut out).map(drop).map_err(|e| e.to_string())
        }
        _ => return Ok(bytes),
    };
    unpacked.map_err(|why| Error::NotAModule { path: path.to_owned(), why })?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_need_not_be_loaded() {
        let dir = os::temp_dir().unwrap();
        os::write(dir.path().join("modules.builtin"), "kernel/fs/ext4/ext4.ko\nkernel/lib/crc-t10dif.ko\n").unwrap();
        let visit = |name| visit(name, "test", dir.path(), &HashMap::new(), &mut Vec::new());
        assert!(visit("ext4").is_ok() && visit("crc_t10dif").is_ok());
        assert!(matches!(visit("xfs"), Err(Error::NoModule { .. })));
    }

    #[test]
    fn a_path_is_a_file_and_no_module_of_the_kernel() {
        let dir = os::temp_dir().unwrap();
        os::write(dir.path().join("modules.builtin"), "kernel/fs/ext4/ext4.ko\n").unwrap();
        let path = dir.path().join("ext4.ko");
        let visit = || visit(path.to_str().unwrap(), "test", dir.path(), &HashMap::new(), &mut Vec::new());
        assert!(matches!(visit(), Err(Error::Os(_))));
        os::write(&path, "no ELF").unwrap();
        assert!(matches!(visit(), Err(Error::NotAModule { .. })));
    }
}
