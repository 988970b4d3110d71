// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded.
use kmod_testing::wait_for;
use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
};

fn open() -> File {
    wait_for("/dev/my_driver");
    OpenOptions::new().read(true).write(true).open("/dev/my_driver").unwrap()
}

fn read(file: &mut File) -> String {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_last_message_is_read_back() {
    let mut file = open();
    file.write_all(b"first").unwrap();
    file.write_all(b"second").unwrap();
    assert_eq!(read(&mut file), "second");
    assert_eq!(read(&mut file), "", "the position is at the end");
}

#[test]
fn files_do_not_see_each_other() {
    let (mut one, mut two) = (open(), open());
    one.write_all(b"one").unwrap();
    assert_eq!(read(&mut two), "");
    assert_eq!(read(&mut one), "one");
}
