// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boundary between C and Rust, as data: what Rust consumes of C ([`Contract`]), and what becomes of it ([`Finding`]).
//!
//! Invariant: values in, findings out. Nothing here opens a file, starts a process or asks for the time.
pub mod api;
pub mod cfg;
pub mod contract;
pub mod drift;
pub mod fix;
pub mod headers;
pub mod impact;
pub mod maintainers;
pub mod patch;
pub mod policy;
pub mod report;
pub mod rules;
pub mod surface;
pub mod uses;
pub mod value;

pub use contract::{Contract, Item};
pub use drift::{Finding, drift};
pub use rules::{Class, Rule, Severity};
pub use surface::{Form, State, Surface};
pub use uses::{Place, Source, Use, Uses};
