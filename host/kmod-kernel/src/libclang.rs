// SPDX-License-Identifier: MIT OR Apache-2.0
//! The libclang of this machine, loaded at run time.
use crate::{Error, Result};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The crate allows one [`clang::Clang`] at a time.
static ONE: Mutex<()> = Mutex::new(());

pub(crate) struct Loaded {
    pub clang: clang::Clang,
    _one: MutexGuard<'static, ()>,
}

pub(crate) fn load() -> Result<Loaded> {
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    // A `Clang::new` that fails lets no later one succeed, though the library be installed by then: ask the loader first.
    if !clang_sys::is_loaded() {
        clang_sys::load().and_then(|()| clang_sys::unload()).map_err(|why| Error::Libclang { why })?;
    }
    let clang = clang::Clang::new().map_err(|why| Error::Libclang { why })?;
    Ok(Loaded { clang, _one: one })
}

/// The libclang that is loaded here: its file, and what it says its version is.
pub fn libclang() -> Result<(PathBuf, String)> {
    let _loaded = load()?;
    let path = clang_sys::get_library().map(|library| library.path().to_owned());
    let path = path.ok_or_else(|| Error::Libclang { why: "it is linked in, not loaded".to_owned() })?;
    Ok((path, clang::get_version()))
}
