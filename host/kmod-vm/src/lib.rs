// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernel image + initramfs + devices → QEMU → one [`Verdict`].
//!
//! [`boot`] packs the job and its files ([`initramfs`]), plans the command line ([`plan`]), runs QEMU ([`run`]) while it watches
//! the console for an oops or a lockup ([`console`]), and reads the report from a serial port of its own ([`ktap`]).
//!
//! Invariants: exactly one verdict a boot; a VM that could not start is an [`Error`] and never a test failure; a silent guest is
//! never a pass.
mod acpi;
mod console;
mod initramfs;
mod ktap;
mod kvm;
mod modules;
mod plan;
mod qemu;
mod run;

pub use console::Trouble;
pub use initramfs::Initramfs;
pub use kmod_job::{BEGIN_MARK, END_MARK, Job, Step};
pub use ktap::{Outcome, Report, TestResult};
pub use modules::{closure, find, modinfo, text_size};
pub use plan::{Machine, Plan};
pub use qemu::{Qemu, Quirk};
pub use run::{Boot, Finished, boot};

use std::{path::PathBuf, time::Duration};

/// The one result of one boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The guest said `pass`.
    Pass,
    /// The guest said `fail`: the report names the tests.
    TestFailed,
    /// The kernel oopsed, stalled, locked up or warned; the line that said so.
    Oops(Trouble),
    /// The kernel ended before its init began: twice, as the driver has no part in it and emulation sometimes has.
    NoBoot(String),
    /// QEMU ended, or the guest powered off, without exactly one verdict.
    GuestDied(String),
    /// The guest was still busy, or silent, when its time was up.
    Timeout(Duration),
}

impl Verdict {
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::TestFailed => "test-failed",
            Verdict::Oops(_) => "oops",
            Verdict::NoBoot(_) => "no-boot",
            Verdict::GuestDied(_) => "guest-died",
            Verdict::Timeout(_) => "timeout",
        }
    }
}

/// `infra-error`: why there is no verdict. Never the fault of the driver under test.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Os(#[from] kmod_os::Error),
    #[error("{program} is not installed")]
    NoQemu { program: String },
    #[error("cannot read the version that `{program} --version` prints: {printed:?}")]
    QemuVersion { program: String, printed: String },
    #[error("QEMU did not start the machine: {stderr}\ncommand: {command}")]
    QemuFailed { command: String, stderr: String },
    #[error("cannot pack {} into the initramfs", path.display())]
    Pack { path: PathBuf, source: std::io::Error },
    #[error("{} is not a kernel module: {why}", path.display())]
    NotAModule { path: PathBuf, why: String },
    #[error("{needed_by} needs the module `{name}`, which {} does not hold", modules_dir.display())]
    NoModule { name: String, needed_by: String, modules_dir: PathBuf },
    #[error("the device {spec:?} is not understood: {why}")]
    Device { spec: String, why: &'static str },
    #[error("cannot listen for the guest's report at {}", path.display())]
    Socket { path: PathBuf, source: std::io::Error },
}

pub type Result<T> = std::result::Result<T, Error>;
