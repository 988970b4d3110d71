// SPDX-License-Identifier: MIT OR Apache-2.0
//! Does /dev/kvm really run a guest? On some machines it exists and a guest never gets past its first instructions, or QEMU
//! gives up when it sets the processor up. So it is tried, and a boot that nothing is heard of is done again under emulation.
use crate::qemu::Qemu;
use kmod_os::{Cache, Cmd};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(3);
/// QEMU's isa-debug-exit device ends it with this status when the guest writes 0x10.
const EXIT_STATUS: i32 = 0x10 << 1 | 1;

/// Whether KVM works, tried at most once a boot of the host.
pub fn works(qemu: &Qemu, cache: &Cache) -> bool {
    if !Path::new("/dev/kvm").exists() {
        return false;
    }
    if let Ok(answer) = std::fs::read_to_string(known(cache)) {
        return answer == WORKS;
    }
    let works = probe(qemu, cache).unwrap_or(false);
    remember(cache, works);
    works
}

/// What was learnt, until the host boots again.
pub fn remember(cache: &Cache, works: bool) {
    // Not being able to remember costs the next run a few seconds, no more.
    let _ = kmod_os::write(known(cache), if works { WORKS } else { "does not work" });
}

const WORKS: &str = "works";

fn known(cache: &Cache) -> PathBuf {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    cache.path(format!("kvm/{}", boot.trim()))
}

/// Starts a machine whose firmware is one port write at the reset vector.
fn probe(qemu: &Qemu, cache: &Cache) -> Option<bool> {
    let mut rom = vec![0xf4; 64 << 10]; // hlt
    // mov al, 0x10; mov dx, 0xf4; out dx, al; hlt
    let code = [0xb0, 0x10, 0xba, 0xf4, 0x00, 0xee, 0xf4];
    let reset = rom.len() - 16;
    rom[reset..reset + code.len()].copy_from_slice(&code);
    let path = cache.path("kvm/probe.rom");
    kmod_os::write(&path, rom).ok()?;
    let command = Cmd::new(&qemu.program)
        .args([
            "-accel",
            "kvm",
            "-machine",
            "q35",
            "-cpu",
            "host",
            "-m",
            "16",
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
        ])
        .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-bios"])
        .arg(&path);
    let mut child = command.into_std().stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status.code() == Some(EXIT_STATUS));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    Some(false)
}
