// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loading and unloading modules by system call: the image holds no `insmod`.
use rustix::system::{delete_module, finit_module};
use std::{ffi::CString, fs::File};

/// Loads a module file; the error ends with what the kernel said of it.
pub fn load(path: &str, params: &[String]) -> Result<(), Vec<String>> {
    let file = File::open(path).map_err(|e| vec![format!("cannot open {path}: {e}")])?;
    let params = CString::new(params.join(" ")).map_err(|e| vec![format!("module parameters: {e}")])?;
    finit_module(&file, &params, 0).map_err(|e| {
        vec![format!("the kernel refuses {path}: {e}"), "its reason is in the log above this line".to_owned()]
    })
}

/// Unloads a module by name; fails when it is in use.
pub fn unload(name: &str) -> Result<(), Vec<String>> {
    let c_name = CString::new(name).map_err(|e| vec![format!("module name: {e}")])?;
    // O_NONBLOCK: fail at once instead of waiting for users of the module.
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    delete_module(&c_name, nonblock).map_err(|e| vec![format!("cannot unload {name}: {e}")])
}

/// `edu` for `/kmod/edu.ko`, as the kernel knows it.
pub fn name_of(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.trim_end_matches(".ko").replace('-', "_")
}
