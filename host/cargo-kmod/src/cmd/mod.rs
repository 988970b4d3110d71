// SPDX-License-Identifier: MIT OR Apache-2.0
//! One file a sub-command; `session` is what they share.
pub mod api_diff;
pub mod bench;
mod boundary;
pub mod build;
pub mod cargo;
pub mod cells;
pub mod contract;
pub mod count;
pub mod doctor;
pub mod drift;
pub mod impact;
pub mod kernel;
pub mod matrix;
pub mod new;
pub mod policy;
mod precheck;
pub mod report;
pub mod run;
mod session;
mod suite;
mod surface;
pub mod test;
pub mod upstream;
