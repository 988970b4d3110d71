// SPDX-License-Identifier: GPL-2.0
//! The controllers of the VM, see `Cargo.toml`, and their disks.
//!
//! Where the C driver is built in it has the controllers at first, and the tests take most of them from it.
#![allow(dead_code, reason = "not every test program uses all of it")]
pub use kmod_testing::wait_until;
use kmod_testing::{bind, unbind, wait_for};
use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    sync::{Mutex, MutexGuard, Once},
};

pub const PLAIN: usize = 0;
pub const SEVERAL: usize = 1;
pub const ONE_VECTOR: usize = 2;
pub const FEW: usize = 3;
pub const OTHER: usize = 4;
pub const CARD: usize = 5;

/// The sector of the second and the third disk of `SEVERAL` that QEMU cannot read; nor can it write that of the third.
pub const BAD_SECTOR: u64 = 100_000;

/// The tests unbind controllers, hence run one at a time.
pub fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    static BOUND: Once = Once::new();
    let guard = ONE.lock().unwrap_or_else(|e| e.into_inner());
    BOUND.call_once(|| [PLAIN, SEVERAL, ONE_VECTOR, FEW].map(|number| take(&controller(number))).iter().for_each(drop));
    guard
}

/// The PCI address of a controller: they are numbered as QEMU was told of them.
pub fn controller(number: usize) -> String {
    let devices = fs::read_dir("/sys/bus/pci/devices").unwrap().map(|e| e.unwrap().path());
    let is_nvme = |path: &Path| fs::read_to_string(path.join("class")).unwrap().trim() == "0x010802";
    let mut found: Vec<_> = devices.filter(|path| is_nvme(path)).collect();
    found.sort();
    found[number].file_name().unwrap().to_str().unwrap().to_string()
}

pub fn driver(device: &str) -> Option<String> {
    let link = fs::read_link(format!("/sys/bus/pci/devices/{device}/driver")).ok()?;
    Some(link.file_name()?.to_str()?.to_string())
}

/// Gives a device to a driver, whoever has it, or is about to.
pub fn give(device: &str, to: &str) {
    fs::write(format!("/sys/bus/pci/devices/{device}/driver_override"), to).unwrap();
    wait_until(&format!("{device} is bound to {to}"), || {
        match driver(device).as_deref() {
            Some(name) if name == to => return true,
            // Whatever these say, the driver's name is what counts.
            Some(other) => drop(unbind("pci", other, device)),
            None => drop(bind("pci", to, device)),
        }
        false
    });
}

/// Gives a device to our driver.
pub fn take(device: &str) {
    give(device, "rnvme");
}

/// The names of a controller's disks.
pub fn disks(device: &str) -> Vec<String> {
    let block = format!("/sys/bus/pci/devices/{device}/block");
    let mut names: Vec<_> = fs::read_dir(block)
        .map(|entries| entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// The names of a controller's disks, if the C driver has it.
pub fn their_disks(device: &str) -> Vec<String> {
    let entries = |path: &str| {
        let entries = fs::read_dir(path).into_iter().flatten();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let folder = format!("/sys/bus/pci/devices/{device}/nvme");
    let Some(controller) = entries(&folder).pop() else {
        return Vec::new();
    };
    let mut names = entries(&format!("{folder}/{controller}"));
    names.retain(|name| name.starts_with(&format!("{controller}n")));
    names.sort();
    names
}

/// How many reads and writes of a disk are under way.
pub fn in_flight(disk: &str) -> u32 {
    let text = fs::read_to_string(format!("/sys/block/{disk}/inflight")).unwrap();
    text.split_whitespace().map(|number| number.parse::<u32>().unwrap()).sum()
}

pub fn attribute(disk: &str, name: &str) -> u64 {
    fs::read_to_string(format!("/sys/block/{disk}/{name}")).unwrap().trim().parse().unwrap()
}

pub fn open_with(disk: &str, flags: i32) -> File {
    let path = format!("/dev/{disk}");
    wait_for(&path);
    const O_DIRECT: i32 = 0o40000;
    OpenOptions::new().read(true).write(true).custom_flags(O_DIRECT | flags).open(path).unwrap()
}

pub fn open(disk: &str) -> File {
    open_with(disk, 0)
}

/// How often controllers have interrupted our driver.
pub fn interrupts() -> u64 {
    let text = fs::read_to_string("/proc/interrupts").unwrap();
    let ours = text.lines().filter(|line| line.contains("rnvme"));
    ours.flat_map(|line| line.split_whitespace().skip(1).map_while(|word| word.parse::<u64>().ok())).sum()
}

pub fn kernel_has(function: &str) -> bool {
    fs::read_to_string("/proc/kallsyms").unwrap().lines().any(|line| line.split_whitespace().nth(2) == Some(function))
}

/// Memory that starts at a page and `offset`.
pub struct Buffer(Vec<u8>, usize, usize);

impl Buffer {
    pub fn new(offset: usize, length: usize) -> Self {
        let memory = vec![0; length + offset + 4096];
        let start = memory.as_ptr().align_offset(4096) + offset;
        Self(memory, start, length)
    }

    pub fn pattern(offset: usize, length: usize, seed: u64) -> Self {
        let mut buffer = Self::new(offset, length);
        for (i, word) in buffer.bytes().chunks_mut(8).enumerate() {
            let value = (seed << 32 | i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            word.copy_from_slice(&value.to_le_bytes()[..word.len()]);
        }
        buffer
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        &mut self.0[self.1..self.1 + self.2]
    }
}

/// The argument of `BLKDISCARD` and `BLKZEROOUT`.
pub fn range(at: u64, length: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&at.to_ne_bytes());
    bytes[8..].copy_from_slice(&length.to_ne_bytes());
    bytes
}

pub fn read(file: &File, at: u64, length: usize) -> Vec<u8> {
    let mut buffer = Buffer::new(0, length);
    file.read_exact_at(buffer.bytes(), at).unwrap();
    buffer.bytes().to_vec()
}
