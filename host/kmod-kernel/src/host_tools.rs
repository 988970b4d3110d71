// SPDX-License-Identifier: MIT OR Apache-2.0
//! The programs that kbuild runs (modpost, objtool, …) when they were built for a newer C library than the machine's.
use crate::{Error, Result};
use kmod_os::Cmd;
use std::{
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Programs that no build of a module runs; some want a libcrypto of their own.
const UNUSED: [&str; 3] = ["extract-cert", "insert-sys-cert", "sign-file"];

/// The programs below `dir` that the machine's loader cannot start: a library, or a version of one, is not there.
pub(crate) fn unusable(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    walk(dir, &mut programs)?;
    programs.retain(|program| trouble(Cmd::new(program).env("LD_TRACE_LOADED_OBJECTS", "1")).is_some());
    Ok(programs)
}

/// Makes `program` a script that runs the real one with the loader and libraries unpacked at `libraries` (which will lie
/// at `at`, like the program, once the cache entry is complete).
pub(crate) fn wrap(program: &Path, root: &Path, at: &Path, libraries: &Path, package: &str) -> Result<()> {
    let Some((loader, path)) = loader(libraries)? else {
        let why = format!("{} holds no loader", libraries.display());
        return Err(Error::HostTools { package: package.to_owned(), why });
    };
    if let Some(why) = trouble(Cmd::new(&loader).arg("--library-path").arg(&path).arg("--list").arg(program)) {
        return Err(Error::HostTools { package: package.to_owned(), why });
    }
    let mut real = program.as_os_str().to_owned();
    real.push(".unwrapped");
    let real = PathBuf::from(real);
    kmod_os::rename(program, &real)?;
    let target = at.join(real.strip_prefix(root).unwrap_or(&real));
    let script = format!(
        "#!/bin/sh\nexec '{}' --argv0 \"$0\" --library-path '{}' '{}' \"$@\"\n",
        loader.display(),
        path,
        target.display()
    );
    kmod_os::write(program, script)?;
    Ok(kmod_os::set_executable(program)?)
}

/// What the loader says against starting a program, in a run that only loads.
fn trouble(command: Cmd) -> Option<String> {
    match command.output() {
        Err(error) => Some(error.to_string()),
        Ok(output) => {
            let text = output.stderr + &output.stdout;
            let missing = text.lines().find(|line| line.contains("not found")).map(str::trim).map(str::to_owned);
            missing.or_else(|| (!output.success).then(|| text.trim().to_owned()))
        }
    }
}

/// The loader of an unpacked C library, and the library path to give it.
fn loader(libraries: &Path) -> Result<Option<(PathBuf, String)>> {
    let mut found = None;
    let mut dirs = Vec::new();
    for base in ["lib", "usr/lib"] {
        for dir in kmod_os::read_dir(libraries.join(base)).unwrap_or_default() {
            if dir.is_dir() && dir.file_name().is_some_and(|name| name.to_string_lossy().contains("-linux-gnu")) {
                let files = kmod_os::read_dir(&dir)?;
                let is_loader =
                    |f: &&PathBuf| f.file_name().is_some_and(|n| n.to_string_lossy().starts_with("ld-linux"));
                found = found.or_else(|| files.iter().find(is_loader).cloned());
                dirs.push(dir.display().to_string());
            }
        }
    }
    Ok(found.map(|loader| (loader, dirs.join(":"))))
}

/// The ELF programs below `dir`; links are not followed.
fn walk(dir: &Path, programs: &mut Vec<PathBuf>) -> Result<()> {
    for path in kmod_os::read_dir(dir)? {
        let Ok(meta) = path.symlink_metadata() else { continue };
        if meta.is_dir() {
            walk(&path, programs)?;
        } else if meta.is_file() && meta.permissions().mode() & 0o111 != 0 && is_elf(&path) {
            let unused = path.file_name().is_some_and(|name| UNUSED.iter().any(|unused| name == *unused));
            programs.extend(Some(path).filter(|_| !unused));
        }
    }
    Ok(())
}

fn is_elf(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == *b"\x7fELF" && path.extension().is_none_or(|extension| extension != "so")
}
