// SPDX-License-Identifier: MIT OR Apache-2.0
//! Facts + crate -> core for that kernel, bindings, cargo, kbuild -> a checked `.ko`.
pub mod api;
mod bindings;
mod build;
mod cargo;
pub mod check;
mod codegen;
mod error;
mod example;
pub mod examples;
mod extract;
mod failing;
mod guest;
mod kbuild;
mod link;
mod package;
mod request;
mod scan;
mod sysroot;
mod toolchain;
pub mod upstream;

pub use build::{Module, build, cargo};
pub use error::{Error, Result};
pub use example::{Example, Origin};
pub use guest::{Programs, guest_init, guest_programs};
pub use request::{Features, KernelTests, Profile, Request, Sdk, Target};
pub use toolchain::{MINIMUM, Toolchain, Version};

use sha2::Digest;

/// The first 12 hex digits of a SHA-256: the name of what depends on exactly these `parts`.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update(part);
        hasher.update([0]);
    }
    hasher.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect()
}
