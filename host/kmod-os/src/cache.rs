// SPDX-License-Identifier: MIT OR Apache-2.0
//! The user's cache folder. Everything in it can be made again; each entry appears complete or not at all.
use crate::{Error, Result, fs};
use fs2::FileExt;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

/// Held while one process fills an entry; another waits.
pub struct Lock(#[allow(dead_code, reason = "held for its Drop")] std::fs::File);

impl Cache {
    /// `$CARGO_KMOD_CACHE`, else `cargo-kmod` in the user's cache folder.
    pub fn of_user() -> Result<Self> {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let root = var("CARGO_KMOD_CACHE")
            .or_else(|| Some(var("XDG_CACHE_HOME")?.join("cargo-kmod")))
            .or_else(|| Some(var("HOME")?.join(".cache/cargo-kmod")))
            .ok_or(Error::NoCache)?;
        Ok(Self::at(root))
    }

    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Blocks until no other process holds `name`.
    pub fn lock(&self, name: &str) -> Result<Lock> {
        let path = self.path("locks").join(name.replace('/', "-"));
        fs::create_dir_all(path.parent().expect("it was joined"))?;
        let error = |source| Error::Io { action: "lock", path: path.clone(), source };
        let file = std::fs::File::create(&path).map_err(error)?;
        file.lock_exclusive().map_err(error)?;
        Ok(Lock(file))
    }

    /// The folder `relative`, made by `fill` if it is not there. `fill` works in a temporary folder beside it, which is
    /// moved into place only when `fill` succeeds: an interrupted or failed run leaves nothing behind that looks complete.
    pub fn entry<E: From<Error>>(
        &self,
        relative: impl AsRef<Path>,
        fill: impl FnOnce(&Path) -> std::result::Result<(), E>,
    ) -> std::result::Result<PathBuf, E> {
        let path = self.path(&relative);
        if path.exists() {
            return Ok(path);
        }
        let _lock = self.lock(&relative.as_ref().to_string_lossy())?;
        if path.exists() {
            return Ok(path);
        }
        let parent = path.parent().expect("an entry lies below the root");
        fs::create_dir_all(parent)?;
        let io = |source| Error::Io { action: "create a folder in", path: parent.to_owned(), source };
        // What an earlier run left when it was killed: this entry is ours while the lock is held.
        let prefix = format!(".partial-{}-", path.file_name().unwrap_or_default().to_string_lossy());
        for left in fs::read_dir(parent)? {
            if left.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)) {
                fs::remove_dir_all(left)?;
            }
        }
        let temporary = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent).map_err(io)?;
        fill(temporary.path())?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(temporary.path(), mode).map_err(io)?;
        fs::rename(temporary.path(), &path)?;
        let _ = temporary.keep();
        Ok(path)
    }
}
