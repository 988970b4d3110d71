// SPDX-License-Identifier: GPL-2.0
//! What a disk does: reads, writes and the rest, by several at a time, and under unbind.
mod common;

use common::*;
use kmod_testing::{bind, driver_devices, unbind, BLKDISCARD, BLKZEROOUT};
use std::{
    fs,
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
};

#[test]
fn each_namespace_is_a_disk() {
    let _alone = alone();
    let shape = |number| -> Vec<_> {
        let disks = disks(&controller(number));
        disks.iter().map(|d| (attribute(d, "queue/logical_block_size"), attribute(d, "size"))).collect()
    };
    const SECTORS: u64 = (64 << 20) / 512;
    assert_eq!(shape(PLAIN), [(512, 8 * SECTORS)]);
    assert_eq!(shape(SEVERAL), [(4096, SECTORS), (512, SECTORS), (512, SECTORS)]);
    assert_eq!(shape(ONE_VECTOR), [(512, SECTORS)]);
    let disk = &disks(&controller(PLAIN))[0];
    let kind = fs::read_to_string(format!("/sys/block/{disk}/queue/write_cache")).unwrap();
    assert_eq!(kind.trim(), "write back");
    assert_ne!(attribute(disk, "queue/discard_max_bytes"), 0);
    assert_ne!(attribute(disk, "queue/write_zeroes_max_bytes"), 0);
    assert_eq!(
        fs::read_dir(format!("/sys/block/{disk}/mq")).unwrap().count(),
        3,
        "a queue for each processor, and a polled one"
    );
}

#[test]
fn files_tell_what_a_controller_is() {
    let _alone = alone();
    let file = |number, name| {
        let path = format!("/sys/bus/pci/devices/{}/{name}", controller(number));
        fs::read_to_string(path).unwrap().trim().to_owned()
    };
    assert_eq!((file(PLAIN, "serial"), file(FEW, "serial")), ("plain".to_owned(), "few".to_owned()));
    assert_eq!((file(PLAIN, "model"), file(PLAIN, "state")), ("QEMU NVMe Ctrl".to_owned(), "live".to_owned()));
    assert!(!file(PLAIN, "firmware_rev").is_empty());
}

#[test]
fn what_was_written_is_read() {
    let _alone = alone();
    for number in [PLAIN, SEVERAL, ONE_VECTOR] {
        // The third disk of `SEVERAL` keeps nothing.
        for disk in disks(&controller(number)).into_iter().take(2) {
            let file = open(&disk);
            let block = attribute(&disk, "queue/logical_block_size") as usize;
            for (seed, length) in [512, 4096, 8192, 12288, 65536, 69632, 135168, 262144, 1 << 20, 3 << 20]
                .into_iter()
                .filter(|length| length % block == 0)
                .enumerate()
            {
                // What starts within a page takes one page more.
                for offset in [0, 512, 3584].into_iter().filter(|offset| offset % block == 0) {
                    let at = (block * (1 + seed * 7 + offset)) as u64;
                    let mut data = Buffer::pattern(offset, length, (seed * 8 + offset) as u64);
                    file.write_all_at(data.bytes(), at).unwrap();
                    assert!(read(&file, at, length) == data.bytes(), "{disk}: {length} bytes from offset {offset}");
                    let mut back = Buffer::new(offset, length);
                    file.read_exact_at(back.bytes(), at).unwrap();
                    assert!(back.bytes() == data.bytes(), "{disk}: {length} bytes to offset {offset}");
                }
            }
        }
    }
}

#[test]
fn flush_and_forced_writes() {
    let _alone = alone();
    let disk = &disks(&controller(PLAIN))[0];
    const O_DSYNC: i32 = 0o10000;
    let file = open_with(disk, O_DSYNC);
    let mut data = Buffer::pattern(0, 8192, 77);
    file.write_all_at(data.bytes(), 1 << 20).unwrap();
    file.sync_all().unwrap();
    assert!(read(&file, 1 << 20, 8192) == data.bytes());
}

#[test]
fn discard_and_write_zeroes() {
    let _alone = alone();
    for number in [PLAIN, SEVERAL] {
        let disk = &disks(&controller(number))[0];
        let file = open(disk);
        let mut data = Buffer::pattern(0, 1 << 20, 5);
        for erase in [BLKZEROOUT, BLKDISCARD] {
            file.write_all_at(data.bytes(), 4 << 20).unwrap();
            erase.call(&file, &mut range((4 << 20) + 65536, 131072)).unwrap();
            let back = read(&file, 4 << 20, 1 << 20);
            let (first, rest) = back.split_at(65536);
            let (erased, last) = rest.split_at(131072);
            assert!(erased.iter().all(|byte| *byte == 0), "QEMU reads zeros from what was discarded");
            assert!(first == &data.bytes()[..65536] && last == &data.bytes()[65536 + 131072..], "the rest stays");
        }
    }
}

#[test]
fn users_do_not_mix_their_data() {
    let _alone = alone();
    let disk = disks(&controller(PLAIN)).remove(0);
    let users: Vec<_> = (0..8_u64)
        .map(|user| {
            let file = open(&disk);
            thread::spawn(move || {
                for round in 0..40_u64 {
                    let length = [4096, 512, 131072, 16384][round as usize % 4];
                    let at = (user * 4 << 20) + (round * 4096) % (2 << 20);
                    let mut data = Buffer::pattern(0, length, user << 8 | round);
                    file.write_all_at(data.bytes(), at).unwrap();
                    assert!(read(&file, at, length) == data.bytes(), "user {user}, round {round}");
                }
            })
        })
        .collect();
    users.into_iter().for_each(|user| user.join().unwrap());
}

#[test]
fn both_drivers_serve_in_one_boot() {
    let _alone = alone();
    let other = controller(OTHER);
    // Where the C driver is not built in, nobody has it but ours.
    if driver(&other).as_deref() != Some("nvme") {
        return;
    }
    wait_until("their disk", || !their_disks(&other).is_empty());
    let disk = their_disks(&other).remove(0);
    let (file, ours) = (open(&disk), open(&disks(&controller(PLAIN))[0]));
    let (mut a, mut b) = (Buffer::pattern(0, 65536, 1), Buffer::pattern(0, 65536, 2));
    file.write_all_at(a.bytes(), 0).unwrap();
    ours.write_all_at(b.bytes(), 0).unwrap();
    assert!(read(&file, 0, 65536) == a.bytes() && read(&ours, 0, 65536) == b.bytes());
}

#[test]
fn unbind_while_in_use() {
    let _alone = alone();
    let device = controller(PLAIN);
    for round in 0..3 {
        let disk = disks(&device).remove(0);
        let (writes, stop) = (AtomicU32::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            for user in 0..4_u64 {
                let (file, writes, stop) = (open(&disk), &writes, &stop);
                scope.spawn(move || {
                    let mut data = Buffer::pattern(0, 65536, user);
                    // Until the disk is gone writes succeed; then they fail, and nothing else ever happens.
                    while !stop.load(Ordering::Relaxed) {
                        if let Err(err) = file.write_all_at(data.bytes(), user << 20) {
                            assert!(matches!(err.raw_os_error(), Some(5 | 6 | 19 | 28)), "{err}");
                            return;
                        }
                        writes.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            wait_until("writes", || writes.load(Ordering::Relaxed) > 20);
            unbind("pci", "rnvme", &device).unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        assert!(!Path::new("/sys/block").join(&disk).exists(), "round {round}");
        bind("pci", "rnvme", &device).unwrap();
        let file = open(&disks(&device)[0]);
        let mut data = Buffer::pattern(0, 4096, round);
        file.write_all_at(data.bytes(), 0).unwrap();
        assert!(read(&file, 0, 4096) == data.bytes());
    }
    assert!(driver_devices("pci", "rnvme").contains(&device));
}
