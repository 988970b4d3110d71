// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded.
use kmod_testing::wait_for;
use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
};

fn attribute(name: &str) -> String {
    fs::read_to_string(format!("/sys/block/my_driver/{name}")).unwrap().trim().to_owned()
}

#[test]
fn the_disk_is_as_it_was_made() {
    wait_for("/dev/my_driver");
    assert_eq!(attribute("size"), (64 << 11).to_string());
    assert_eq!(attribute("queue/logical_block_size"), "4096");
}

#[test]
fn requests_end() {
    wait_for("/dev/my_driver");
    let disk = OpenOptions::new().read(true).write(true).open("/dev/my_driver").unwrap();
    disk.write_all_at(&[7; 1 << 20], 0).unwrap();
    disk.sync_all().unwrap();
    let written: u64 = attribute("stat").split_whitespace().nth(6).unwrap().parse().unwrap();
    assert_eq!(written, (1 << 20) / 512, "sectors");
}
