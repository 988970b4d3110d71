// SPDX-License-Identifier: MIT OR Apache-2.0
//! The exit codes, as documented in `cargo kmod --help`. Infrastructure and tests never share one.
use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    Ok = 0,
    TestFailed = 1,
    Usage = 2,
    BuildFailed = 3,
    Oops = 4,
    GuestDied = 5,
    Timeout = 6,
    Infra = 69,
}

pub const HELP: &str = "\
Exit codes:
  0   done, or every test passed
  1   a test failed; drift, api-diff, impact, policy, upstream: something has to be done
  2   the command line, a manifest or a kernel id is wrong; api-diff, impact, policy: a part could not be looked at
  3   the build failed, or the module would not load (static check)
  4   the kernel oopsed, stalled or warned
  5   the kernel did not boot, or the guest ended without a verdict
  6   the guest was still busy when its time was up
  69  the environment: something is missing, no network, no space; says nothing about the driver";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl From<&kmod_vm::Verdict> for Exit {
    fn from(verdict: &kmod_vm::Verdict) -> Self {
        match verdict {
            kmod_vm::Verdict::Pass => Exit::Ok,
            kmod_vm::Verdict::TestFailed => Exit::TestFailed,
            kmod_vm::Verdict::Oops(_) => Exit::Oops,
            kmod_vm::Verdict::NoBoot(_) | kmod_vm::Verdict::GuestDied(_) => Exit::GuestDied,
            kmod_vm::Verdict::Timeout(_) => Exit::Timeout,
        }
    }
}
