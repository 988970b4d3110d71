// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds a kernel (distribution packages, the running one, a local tree) and reads it into facts.
//!
//! The parsing half (`config`, `symvers`, `sources`, `version`, `image`, `btf`, queries on facts) does no I/O: bytes in,
//! values out. No code here compares kernel versions to decide what a kernel offers; it reads that from the kernel.
pub mod btf;
pub mod facts;

mod archive;
mod catalogue;
mod compiler;
mod config;
mod error;
mod flags;
mod host_tools;
mod image;
mod kernel;
mod libclang;
mod resolve;
mod sources;
mod symvers;
mod version;

pub use archive::{Archive, Package};
pub use config::Config;
pub use error::{Error, Result};
pub use facts::{Facts, Query, QueryError};
pub use kernel::{Arch, Kernel};
pub use libclang::libclang;
pub use resolve::{KernelInfo, list, remove, resolve, unmet_expectations};
pub use symvers::{Export, ExportKind, Symvers};
