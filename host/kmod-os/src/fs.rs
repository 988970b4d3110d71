// SPDX-License-Identifier: MIT OR Apache-2.0
//! `std::fs` with the path in the error; writes replace a file only when they are complete.
use crate::{Error, Result};
use std::{fs, io::Write, path::Path};

fn at<T>(action: &'static str, path: &Path, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|source| Error::Io { action, path: path.to_owned(), source })
}

pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    at("read", path.as_ref(), fs::read(path.as_ref()))
}

pub fn read_to_string(path: impl AsRef<Path>) -> Result<String> {
    at("read", path.as_ref(), fs::read_to_string(path.as_ref()))
}

pub fn exists(path: impl AsRef<Path>) -> bool {
    path.as_ref().exists()
}

/// The paths in a folder, sorted.
pub fn read_dir(path: impl AsRef<Path>) -> Result<Vec<std::path::PathBuf>> {
    let list = || fs::read_dir(path.as_ref())?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = at("list", path.as_ref(), list())?;
    paths.sort();
    Ok(paths)
}

pub fn create_dir_all(path: impl AsRef<Path>) -> Result<()> {
    at("create the folder", path.as_ref(), fs::create_dir_all(path.as_ref()))
}

pub fn remove_dir_all(path: impl AsRef<Path>) -> Result<()> {
    match fs::remove_dir_all(path.as_ref()) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => at("remove", path.as_ref(), result),
    }
}

pub fn remove_file(path: impl AsRef<Path>) -> Result<()> {
    match fs::remove_file(path.as_ref()) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => at("remove", path.as_ref(), result),
    }
}

pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> {
    at("move into place", to.as_ref(), fs::rename(from.as_ref(), to.as_ref()))
}

pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> {
    at("copy", from.as_ref(), fs::copy(from.as_ref(), to.as_ref())).map(drop)
}

/// Writes the whole file or leaves the old one as it was.
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    let dir = path.parent().unwrap_or(Path::new("."));
    create_dir_all(dir)?;
    let mut file = at("write", path, tempfile::NamedTempFile::new_in(dir))?;
    at("write", path, file.write_all(bytes.as_ref()))?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    at("write", path, file.as_file().set_permissions(mode))?;
    at("write", path, file.persist(path).map_err(|e| e.error)).map(drop)
}

/// Makes `link` a symbolic link to `target`, in place of what link was there.
pub fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) -> Result<()> {
    let (target, link) = (target.as_ref(), link.as_ref());
    if fs::read_link(link).is_ok_and(|old| old == target) {
        return Ok(());
    }
    let dir = link.parent().unwrap_or(Path::new("."));
    create_dir_all(dir)?;
    let temporary = at("link in", dir, tempfile::tempdir_in(dir))?;
    let new = temporary.path().join("link");
    at("link", link, std::os::unix::fs::symlink(target, &new))?;
    rename(new, link)
}

pub fn set_current_dir(path: impl AsRef<Path>) -> Result<()> {
    at("go into", path.as_ref(), std::env::set_current_dir(path.as_ref()))
}

pub fn set_executable(path: impl AsRef<Path>) -> Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    at("make executable", path.as_ref(), fs::set_permissions(path.as_ref(), mode))
}

/// A folder of its own, gone when dropped.
pub fn temp_dir() -> Result<tempfile::TempDir> {
    at("create a folder in", &std::env::temp_dir(), tempfile::tempdir())
}

/// Writes only when the content differs, so that `make` and cargo see no change. Returns whether it wrote.
pub fn write_if_changed(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<bool> {
    if fs::read(path.as_ref()).is_ok_and(|old| old == bytes.as_ref()) {
        return Ok(false);
    }
    write(path, bytes).map(|()| true)
}
