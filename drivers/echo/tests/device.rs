// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded.
use kmod_testing::{io, ior, leaves_nothing, load, unload, wait_for, Ioctl};
use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
};

const CLEAR: Ioctl = io(b'e', 0);
const LENGTH: Ioctl = ior::<u32>(b'e', 1);
const CHECKSUM: Ioctl = ior::<u32>(b'e', 2);

fn open() -> File {
    wait_for("/dev/echo");
    OpenOptions::new().read(true).write(true).open("/dev/echo").unwrap()
}

fn read_all(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_is_written_is_read_back() {
    let mut file = open();
    file.write_all(b"hello, ").unwrap();
    file.write_all(b"kernel").unwrap();
    assert_eq!(read_all(&mut file), b"hello, kernel");
    assert_eq!(read_all(&mut file), b"", "the position is at the end");
}

#[test]
fn files_do_not_see_each_other() {
    let (mut one, mut two) = (open(), open());
    one.write_all(b"one").unwrap();
    two.write_all(b"two").unwrap();
    assert_eq!(read_all(&mut one), b"one");
    assert_eq!(read_all(&mut two), b"two");
}

#[test]
fn ioctls_answer() {
    let mut file = open();
    file.write_all(b"123456789").unwrap();
    assert_eq!(LENGTH.call_u32(&file, 0).unwrap(), 9);
    assert_eq!(CHECKSUM.call_u32(&file, 0).unwrap(), 0xcbf4_3926, "the check value of CRC-32");
    CLEAR.call(&file, &mut []).unwrap();
    assert_eq!(LENGTH.call_u32(&file, 0).unwrap(), 0);
}

#[test]
fn an_unknown_ioctl_is_refused() {
    let refused = io(b'e', 99).call(open(), &mut []).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(25), "ENOTTY");
}

#[test]
fn more_than_the_limit_is_refused_and_nothing_is_lost() {
    let mut file = open();
    file.write_all(&vec![7; 64 << 10]).unwrap();
    let refused = file.write(b"x").unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(27), "EFBIG");
    assert_eq!(read_all(&mut file).len(), 64 << 10);
}

#[test]
fn loaded_again_and_again_it_leaves_nothing() {
    leaves_nothing(100, || {
        unload("echo").unwrap();
        load("echo").unwrap();
        let mut file = open();
        file.write_all(b"here").unwrap();
        assert_eq!(unload("echo").unwrap_err().raw_os_error(), Some(11), "EAGAIN: it is open");
    });
}
