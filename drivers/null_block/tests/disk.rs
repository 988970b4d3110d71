// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded: what a disk does, seen from files and from fio.
mod common;

use common::Disk;
use kmod_testing::{file_system, fio, leaves_nothing, run, verify};
use std::{
    fs::File,
    os::unix::fs::FileExt,
    process::Command,
    time::{Duration, Instant},
};

#[test]
fn settings_are_shown_checked_and_fixed_while_there_is_a_disk() {
    let disk = Disk::configured("settings", &[("size", "64"), ("blocksize", "4096")]);
    for (name, value) in [("blocksize", "1000"), ("irqmode", "3"), ("size", "0"), ("submit_queues", "none")] {
        assert_eq!(disk.set(name, value).unwrap_err().raw_os_error(), Some(22), "{name} = {value}: EINVAL");
    }
    assert_eq!(disk.get("blocksize"), "4096");
    assert_eq!(disk.get("power"), "0");
    disk.set("power", "1").unwrap();
    assert_eq!(disk.set("size", "1").unwrap_err().raw_os_error(), Some(16), "EBUSY");
    assert_eq!(disk.queue("logical_block_size"), "4096");
    assert_eq!(disk.block("size"), (64 << 11).to_string());
    disk.set("power", "0").unwrap();
    assert!(!disk.device().exists());
}

#[test]
fn what_was_written_is_read_until_it_is_discarded() {
    let disk = Disk::on("memory", &[("size", "64"), ("memory_backed", "1"), ("discard", "1")]);
    let file = File::options().read(true).write(true).open(disk.device()).unwrap();
    let data: Vec<u8> = (0..40_000u32).map(|n| (n % 251) as u8).collect();
    file.write_all_at(&data, 12_345).unwrap();
    file.sync_all().unwrap();
    drop(file);
    assert_eq!(disk.read(12_345, data.len()), data);
    // Two whole blocks of 4 KiB, and a half of one on either side.
    run(Command::new("blkdiscard").args(["-o", "14336", "-l", "12288"]).arg(disk.device()));
    let left = disk.read(12_345, data.len());
    let (from, to) = (14_336 - 12_345, 14_336 + 12_288 - 12_345);
    assert_eq!(left[..from], data[..from]);
    assert!(left[from..to].iter().all(|byte| *byte == 0));
    assert_eq!(left[to..], data[to..]);
}

#[test]
fn a_timer_ends_requests_late() {
    let disk = Disk::on("late", &[("size", "64"), ("irqmode", "2"), ("completion_nsec", "20000000")]);
    let start = Instant::now();
    for block in 0..5 {
        disk.read(block * 4096, 512);
    }
    assert!(start.elapsed() >= Duration::from_millis(5 * 20), "{:?}", start.elapsed());
}

#[test]
fn a_disk_without_memory_takes_all() {
    for mode in ["0", "1", "2"] {
        let disk = Disk::on("nothing", &[("size", "64"), ("irqmode", mode), ("submit_queues", "2")]);
        fio(&disk.device(), &["--rw=randrw", "--bs=4k", "--iodepth=32", "--ioengine=io_uring", "--io_size=4m"]);
    }
}

#[test]
fn fio_reads_what_it_wrote() {
    let disk = Disk::on("verify", &[("size", "64"), ("memory_backed", "1"), ("submit_queues", "2")]);
    for (rw, size, depth, engine) in
        [("randwrite", "512", "1", "psync"), ("randwrite", "4k", "32", "libaio"), ("write", "1m", "8", "io_uring")]
    {
        let args = [("rw", rw), ("bs", size), ("iodepth", depth), ("ioengine", engine), ("size", "4m")];
        let args = args.map(|(name, value)| format!("--{name}={value}"));
        verify(&disk.device(), &args.each_ref().map(String::as_str));
    }
}

#[test]
fn ext4_keeps_a_tree_of_files() {
    let disk = Disk::on("ext4", &[("size", "64"), ("memory_backed", "1"), ("discard", "1")]);
    file_system(&disk.device(), "ext4", &["fsck.ext4", "-fn"]);
}

#[test]
fn made_again_and_again_disks_leave_nothing() {
    leaves_nothing(100, || {
        let disk = Disk::on("again", &[("size", "64"), ("memory_backed", "1"), ("irqmode", "2")]);
        File::options().write(true).open(disk.device()).unwrap().write_all_at(&[1; 8192], 0).unwrap();
    });
}
