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
