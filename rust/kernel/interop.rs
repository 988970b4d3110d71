// SPDX-License-Identifier: GPL-2.0
//! What lets Rust code read the data structures of C code.

pub mod list;
