// SPDX-License-Identifier: GPL-2.0
//! The function behind `build_assert!`: nobody defines it, so a call that the optimiser could not remove fails the build.
#![no_std]

/// Fails the build unless the optimiser proves that the call cannot be reached; panics in const evaluation.
///
/// The symbol is left undefined on purpose (`cargo kmod` gives this crate no code in a module): a module that still refers
/// to `rust_build_error` is refused by the static check, which names the cause.
///
/// # Panics
/// In const context, with `msg`.
#[inline(never)]
#[cold]
#[export_name = "rust_build_error"]
#[track_caller]
pub const fn build_error(msg: &'static str) -> ! {
    panic!("{}", msg)
}
