// SPDX-License-Identifier: GPL-2.0
//! The function behind `build_assert!`: a call of it that the optimiser could not remove fails the build.
#![no_std]

/// Fails the build unless the optimiser proves that the call cannot be reached; panics in const evaluation.
///
/// The body is for constants. In a module whose code still calls it, `cargo kmod` leaves the symbol `rust_build_error`
/// undefined, so that the static check refuses the module and names the callers.
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
