// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's module, taken out and put in again by its test.
use rustix::system::{delete_module, finit_module};
use std::{ffi::CString, fs::File, io};

/// Loads the module that the test is for, without parameters. Returns when its init has run.
pub fn load(name: &str) -> io::Result<()> {
    Ok(finit_module(File::open(format!("/kmod/{name}.ko"))?, c"", 0)?)
}

/// Unloads a module that nobody uses. Returns when its exit has run.
pub fn unload(name: &str) -> io::Result<()> {
    Ok(delete_module(&CString::new(name)?, rustix::fs::OFlags::NONBLOCK.bits() as i32)?)
}
