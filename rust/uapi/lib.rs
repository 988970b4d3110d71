// SPDX-License-Identifier: GPL-2.0
//! Items of the kernel's user-space headers, which drivers may use.
#![no_std]
pub use bindings::*;
