// SPDX-License-Identifier: MIT OR Apache-2.0
//! The VM's init. It runs as process 1 of an initramfs made by kmod-vm:
//!
//! mount → read the job → for each step: do it, report it in KTAP on the second serial port → one verdict → power off.
//!
//! It never returns: whatever goes wrong becomes a failed line of the report.
mod kernel_log;
mod leftovers;
mod modules;
mod report;
mod steps;
mod tests;

use kmod_job::{BEGIN_MARK, END_MARK, JOB_PATH, Job};
use report::Report;
use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, reboot};
use std::{fs, io};

/// Where the programs of packages are.
const PATH: (&str, &str) = ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");

fn main() {
    let mut report = match set_up().and_then(|()| Report::open()) {
        Ok(report) => report,
        Err(e) => {
            println!("kmod-init: cannot set up: {e}");
            power_off()
        }
    };
    match read_job() {
        Ok(job) => {
            println!("{BEGIN_MARK}");
            steps::run(&job, &mut report);
            println!("{END_MARK}");
        }
        Err(e) => report.failed("read the job", &[e.to_string()]),
    }
    report.verdict();
    power_off()
}

fn set_up() -> io::Result<()> {
    for (kind, path) in [("devtmpfs", "/dev"), ("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/tmp")] {
        fs::create_dir_all(path)?;
        mount(kind, path, kind, MountFlags::empty(), None)
            .map_err(|e| io::Error::new(io::Error::from(e).kind(), format!("mount {kind}: {e}")))?;
    }
    mount_what_is_there();
    // Every line that a program prints into the log is wanted. Without the end of the line the kernel does not know the word, and
    // keeps ten lines in five seconds.
    let _ = fs::write("/proc/sys/kernel/printk_devkmsg", "on\n");
    // From here on the kernel's messages of every level reach the console: the host watches it for an oops.
    fs::write("/proc/sys/kernel/printk", "8 4 1 8")
}

/// File systems that drivers' tests look into, mounted when their part of the kernel is there: it may be a module.
fn mount_what_is_there() {
    for (kind, path) in [("debugfs", "/sys/kernel/debug"), ("configfs", "/sys/kernel/config")] {
        // One that is mounted already is refused.
        let _ = mount(kind, path, kind, MountFlags::empty(), None);
    }
}

fn read_job() -> io::Result<Job> {
    Ok(serde_json::from_slice(&fs::read(JOB_PATH)?)?)
}

fn power_off() -> ! {
    rustix::fs::sync();
    let _ = reboot(RebootCommand::PowerOff);
    // A kernel without a way to power off: a restart ends QEMU too (`-no-reboot`).
    let _ = reboot(RebootCommand::Restart);
    std::process::exit(0)
}
