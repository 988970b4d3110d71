// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded and QEMU's edu device there.
use kmod_testing::{bind, driver_devices, io, iowr, unbind, wait_for, Ioctl};
use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt,
    thread,
};

const FACTORIAL: Ioctl = iowr::<u32>(b'E', 0);
const SIZE: usize = 4095;

fn open() -> File {
    wait_for("/dev/edu");
    OpenOptions::new().read(true).write(true).open("/dev/edu").unwrap()
}

fn pattern(seed: u8, length: usize) -> Vec<u8> {
    (0..length).map(|i| (i as u8).wrapping_mul(7) ^ seed ^ (i >> 8) as u8).collect()
}

fn read(file: &File, offset: usize, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset as u64).unwrap();
    bytes
}

#[test]
fn it_is_identified() {
    assert_eq!(driver_devices("pci", "edu").len(), 1);
}

#[test]
fn a_factorial_comes_with_an_interrupt() {
    let before = interrupts();
    let file = open();
    for (n, expected) in [(0, 1), (1, 1), (5, 120), (12, 479_001_600), (13, 1_932_053_504)] {
        assert_eq!(FACTORIAL.call_u32(&file, n).unwrap(), expected, "{n}! modulo 2^32");
    }
    assert_eq!(interrupts() - before, 5);
}

#[test]
fn the_device_has_files_in_sysfs() {
    wait_for("/dev/edu");
    let folder = format!("/sys/bus/pci/devices/{}", driver_devices("pci", "edu").remove(0));
    let read = |name| fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let write = |name, text| fs::write(format!("{folder}/{name}"), text).map_err(|e| e.raw_os_error());
    assert_eq!(read("version"), "1.0\n");
    write("alive", "0x12345678\n").unwrap();
    assert_eq!(read("alive"), "0xedcba987\n", "what the device makes of it");
    const EINVAL: Option<i32> = Some(22);
    assert_eq!(write("alive", "a number"), Err(EINVAL));
    assert_eq!(write("alive", "0x100000000"), Err(EINVAL));

    let before: u64 = read("operations").trim().parse().unwrap();
    FACTORIAL.call_u32(open(), 3).unwrap();
    assert_eq!(read("operations"), format!("{}\n", before + 1));
}

/// How often the driver's interrupt came, on all processors.
fn interrupts() -> u64 {
    let table = fs::read_to_string("/proc/interrupts").unwrap();
    let line = table.lines().find(|l| l.ends_with(" edu")).expect("the driver has an interrupt");
    line.split_whitespace().skip(1).map_while(|word| word.parse::<u64>().ok()).sum()
}

#[test]
fn dma_goes_both_ways() {
    let file = open();
    for (offset, length) in [(0, SIZE), (0, 1), (SIZE - 1, 1), (100, 1000)] {
        let bytes = pattern(offset as u8, length);
        file.write_all_at(&bytes, offset as u64).unwrap();
        assert_eq!(read(&file, offset, length), bytes, "{length} bytes at {offset}");
    }
}

#[test]
fn what_surrounds_a_write_stays() {
    let file = open();
    file.write_all_at(&[1; SIZE], 0).unwrap();
    file.write_all_at(&[2; 16], 64).unwrap();
    let bytes = read(&file, 0, SIZE);
    assert!(bytes[64..80].iter().all(|b| *b == 2));
    assert!(bytes[..64].iter().chain(&bytes[80..]).all(|b| *b == 1));
}

#[test]
fn bad_lengths_and_addresses_are_refused() {
    let file = open();
    let refused = |offset: u64, length: usize| file.write_at(&vec![0; length], offset).unwrap_err().raw_os_error();
    const EINVAL: Option<i32> = Some(22);
    assert_eq!(refused(0, SIZE + 1), EINVAL);
    assert_eq!(refused(SIZE as u64, 1), EINVAL);
    assert_eq!(refused(1 << 40, 1), EINVAL);
    assert_eq!(refused(i64::MAX as u64 - 1, 1), EINVAL);
    assert_eq!(file.write_at(&[], 0).unwrap(), 0, "nothing is nothing");
    let mut byte = [0];
    assert_eq!(file.read_at(&mut byte, SIZE as u64).unwrap(), 0, "the end of the file");
    assert_eq!(file.read_at(&mut byte, SIZE as u64 + 1).unwrap_err().raw_os_error(), EINVAL);
    assert_eq!(io(b'E', 9).call(&file, &mut []).unwrap_err().raw_os_error(), Some(25), "ENOTTY");
}

#[test]
fn users_do_not_mix_their_data() {
    let threads: Vec<_> = (0..4)
        .map(|user| {
            thread::spawn(move || {
                let file = open();
                let (offset, length) = (user * 1023, 1023);
                for round in 0..3 {
                    let bytes = pattern((user * 16 + round) as u8, length);
                    file.write_all_at(&bytes, offset as u64).unwrap();
                    assert_eq!(FACTORIAL.call_u32(&file, user as u32).unwrap(), [1, 1, 2, 6][user]);
                    assert_eq!(read(&file, offset, length), bytes);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
}

#[test]
fn unbind_while_in_use() {
    let device = driver_devices("pci", "edu").remove(0);
    let file = open();
    let user = {
        let file = file.try_clone().unwrap();
        // Until the device is gone, transfers succeed; then they fail, and nothing else ever happens.
        thread::spawn(move || loop {
            if let Err(e) = file.write_all_at(&[3; 512], 0) {
                return e.raw_os_error();
            }
        })
    };
    thread::sleep(std::time::Duration::from_millis(150));
    unbind("pci", "edu", &device).unwrap();
    const ENXIO: Option<i32> = Some(6);
    assert_eq!(user.join().unwrap(), ENXIO);
    assert_eq!(file.write_at(&[1], 0).unwrap_err().raw_os_error(), ENXIO);
    assert_eq!(FACTORIAL.call_u32(&file, 5).unwrap_err().raw_os_error(), ENXIO);
    assert!(!fs::exists("/dev/edu").unwrap());

    bind("pci", "edu", &device).unwrap();
    assert_eq!(FACTORIAL.call_u32(open(), 5).unwrap(), 120, "a new open file reaches the device again");
    assert_eq!(file.write_at(&[1], 0).unwrap_err().raw_os_error(), ENXIO, "the old one does not");
}
