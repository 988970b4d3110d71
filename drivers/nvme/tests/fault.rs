// SPDX-License-Identifier: GPL-2.0
//! Devices that err, do not answer, or are gone.
mod common;

use common::*;
use kmod_testing::{bind, messages, unbind, BLKDISCARD, BLKZEROOUT};
use std::{fs, os::unix::fs::FileExt, path::Path, thread};

/// Bits of the command register of PCI's configuration space.
const MEMORY: u8 = 1 << 1;
const BUS_MASTER: u8 = 1 << 2;

/// Lets a device answer or do DMA, or not.
fn set_command(device: &str, bit: u8, on: bool) {
    let path = format!("/sys/bus/pci/devices/{device}/config");
    let config = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut command = [0];
    config.read_exact_at(&mut command, 4).unwrap();
    command[0] = if on { command[0] | bit } else { command[0] & !bit };
    config.write_all_at(&command, 4).unwrap();
}

fn set_time_out(disk: &str, milliseconds: u32) {
    fs::write(format!("/sys/block/{disk}/queue/io_timeout"), milliseconds.to_string()).unwrap();
}

/// What the block layer makes of a damaged medium, with the C driver, too.
const ENODATA: i32 = 61;

#[test]
fn a_bad_sector_is_an_error_and_no_more() {
    let _alone = alone();
    let disk = &disks(&controller(SEVERAL))[1];
    let file = open(disk);
    let at = BAD_SECTOR * 512;
    let mut data = Buffer::pattern(0, 8192, 3);
    assert_eq!(file.read_at(data.bytes(), at).unwrap_err().raw_os_error(), Some(ENODATA));
    file.write_all_at(data.bytes(), at + (1 << 20)).unwrap();
    assert!(read(&file, at + (1 << 20), 8192) == data.bytes(), "others are good");
}

/// What user space is told when it reads, writes, discards or zeroes a bad sector.
fn errors(disk: &str) -> [Option<i32>; 4] {
    let file = open(disk);
    let at = BAD_SECTOR * 512;
    let mut data = Buffer::pattern(0, 4096, 3);
    let mut range = range(at, 4096);
    [
        file.read_at(data.bytes(), at).err(),
        file.write_at(data.bytes(), at).err(),
        BLKDISCARD.call(&file, &mut range).err(),
        BLKZEROOUT.call(&file, &mut range).err(),
    ]
    .map(|error| error?.raw_os_error())
}

#[test]
fn a_bad_sector_gives_the_error_that_the_c_driver_gives() {
    let _alone = alone();
    let device = controller(SEVERAL);
    let ours = errors(&disks(&device)[2]);
    assert_eq!(ours[..2], [Some(ENODATA), Some(ENODATA)]);
    // Where the C driver is a module, nobody loads it.
    if !Path::new("/sys/bus/pci/drivers/nvme").exists() {
        return;
    }
    give(&device, "nvme");
    wait_until("their disks", || their_disks(&device).len() == 3);
    // C numbers them as it finds them.
    let third = their_disks(&device).into_iter().find(|disk| attribute(disk, "nsid") == 3).unwrap();
    let theirs = errors(&third);
    take(&device);
    assert_eq!(ours, theirs, "read, write, discard, write zeroes");
}

#[test]
fn a_device_that_does_not_answer_is_reset() {
    let _alone = alone();
    let device = controller(PLAIN);
    let disk = &disks(&device)[0];
    set_time_out(disk, 2000);
    let resets = || messages("rnvme").iter().filter(|line| line.contains("the controller is reset")).count();
    let before = resets();

    // Without DMA it cannot fetch its commands.
    set_command(&device, BUS_MASTER, false);
    let users: Vec<_> = (0..4_u64)
        .map(|user| {
            let file = open(disk);
            thread::spawn(move || {
                let mut data = Buffer::pattern(0, 65536, user);
                file.write_all_at(data.bytes(), user << 20).unwrap();
                assert!(read(&file, user << 20, 65536) == data.bytes());
            })
        })
        .collect();
    wait_until("the reset", || resets() > before);
    set_command(&device, BUS_MASTER, true);
    users.into_iter().for_each(|user| user.join().expect("nobody notices but by the time"));
    set_time_out(disk, 30_000);
}

#[test]
fn a_device_that_is_gone_fails_its_requests() {
    let _alone = alone();
    let device = controller(ONE_VECTOR);
    let disk = disks(&device).remove(0);
    let file = open(&disk);
    set_command(&device, MEMORY, false);
    let user = thread::spawn(move || {
        let mut data = Buffer::pattern(0, 65536, 1);
        file.write_at(data.bytes(), 0).unwrap_err().raw_os_error()
    });
    wait_until("the write", || in_flight(&disk) > 0);
    unbind("pci", "rnvme", &device).unwrap();
    assert_eq!(user.join().unwrap(), Some(5), "EIO");
    assert!(!Path::new("/sys/block").join(&disk).exists());

    set_command(&device, MEMORY, true);
    bind("pci", "rnvme", &device).unwrap();
    let file = open(&disks(&device)[0]);
    let mut data = Buffer::pattern(0, 4096, 2);
    file.write_all_at(data.bytes(), 0).unwrap();
    assert!(read(&file, 0, 4096) == data.bytes());
}
