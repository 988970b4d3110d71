// SPDX-License-Identifier: GPL-2.0
//! Raw bindings of exactly the C items that the Rust code names, generated for one kernel from its own headers.
//!
//! Drivers do not use this crate; the `kernel` crate does.
#![no_std]
#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    improper_ctypes,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    clippy::missing_safety_doc
)]

mod generated {
    use pin_init::{MaybeZeroable, Zeroable};
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

    // SAFETY: bit-fields are stored in integers, of which zero is a value.
    unsafe impl<Storage: Zeroable> Zeroable for __BindgenBitfieldUnit<Storage> {}
}
pub use generated::*;

/// With `--fail-alloc` the functions in `bindgen.toml` that give a driver something ask the `kernel` crate first whether they
/// fail, and tell it what is held. They stand before those of the same names above.
#[cfg(kmod_fail_alloc)]
include!(concat!(env!("OUT_DIR"), "/failing.rs"));

// SAFETY: The `kernel` crate defines them so, and both may be called at any time.
#[cfg(kmod_fail_alloc)]
unsafe extern "Rust" {
    /// Whether `function`, which is about to be called, has to fail.
    safe fn kmod_fails(function: &'static core::ffi::CStr) -> bool;

    /// So many resources more are held.
    safe fn kmod_held(by: isize);
}
