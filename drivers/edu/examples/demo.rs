// SPDX-License-Identifier: GPL-2.0
//! What `cargo kmod run -p edu` shows: runs in the VM with the module loaded.
use kmod_testing::{iowr, wait_for, Ioctl};
use std::{fs::OpenOptions, os::unix::fs::FileExt};

const FACTORIAL: Ioctl = iowr::<u32>(b'E', 0);

fn main() -> std::io::Result<()> {
    wait_for("/dev/edu");
    let edu = OpenOptions::new().read(true).write(true).open("/dev/edu")?;
    println!("12! = {} (computed by the device, ended by an interrupt)", FACTORIAL.call_u32(&edu, 12)?);

    let text = b"moved to the device and back by DMA";
    edu.write_all_at(text, 0)?;
    let mut back = vec![0; text.len()];
    edu.read_exact_at(&mut back, 0)?;
    println!("{}", String::from_utf8_lossy(&back));
    Ok(())
}
