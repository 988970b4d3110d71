// SPDX-License-Identifier: MIT OR Apache-2.0
//! The contract between host and guest: the host packs a [`Job`] into the initramfs as [`JOB_PATH`]; the guest's init does its
//! steps in order and reports on the second serial port in KTAP, then prints exactly one line that starts with
//! [`VERDICT_PREFIX`] and powers off.
use serde::{Deserialize, Serialize};

pub const JOB_PATH: &str = "/kmod/job.json";
/// The channel of the report. The first port is the kernel's console.
pub const REPORT_DEVICE: &str = "/dev/ttyS1";
/// Followed by `pass` or `fail`. Once a boot; none or two of it mean that the guest died.
pub const VERDICT_PREFIX: &str = "kmod-verdict: ";
/// What the init prints on the console when the first step begins: what comes before is the kernel's own boot.
pub const BEGIN_MARK: &str = "kmod-init: begin";
/// What the init prints on the console when the last step is done.
pub const END_MARK: &str = "kmod-init: end";

/// What one boot does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Job {
    pub steps: Vec<Step>,
}

/// One step. A step that fails makes the verdict `fail`; later steps run all the same, but for those that need its module.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Step {
    /// Loads a module that the job only leans on: no line in the report unless it fails.
    Depend { path: String },
    /// Loads the module under test, with its parameters (`name=value`).
    Insmod { path: String, params: Vec<String> },
    /// Unloads a module and checks that it left nothing behind (see the init's `leftovers`).
    Rmmod { name: String },
    /// Binds a device to a driver although the driver's table does not name it: `echo ID > …/drivers/DRIVER/new_id`.
    NewId { bus: String, driver: String, id: String },
    /// Runs every test of a program built by `cargo test`, each in a process of its own.
    Test { name: String, program: String, filter: Option<String> },
    /// Loads a module whose init prints KTAP into the kernel log, and reports these lines as its own.
    KernelTests { path: String },
    /// Runs a program; its output goes to the console; a status other than 0 fails.
    Exec { argv: Vec<String> },
    /// An interactive shell on the console.
    Shell { argv: Vec<String> },
}
