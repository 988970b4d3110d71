// SPDX-License-Identifier: MIT OR Apache-2.0
//! A device that does its operations by itself: `ioctl(FIRST + number, &[count, room])` does one `count` times,
//! and says `ENOTTY` when there is none of this number.
use anyhow::{Context, Result};
use std::{fs::File, io, os::fd::AsRawFd};

/// The first number; small ones are the kernel's own.
const FIRST: u32 = 0x4300;

/// More would not have phases.
const MOST: u32 = 32;

/// How many operations the device has: each is done once.
pub fn count(file: &File) -> Result<u32> {
    for number in 0..MOST {
        match call(file, number, 1) {
            Err(e) if e.raw_os_error() == Some(libc::ENOTTY) => return Ok(number),
            done => done.with_context(|| format!("operation {number}"))?,
        }
    }
    Ok(MOST)
}

pub fn run(file: &File, number: u32, count: u64, ready: &mut dyn FnMut()) -> Result<()> {
    ready();
    call(file, number, count).with_context(|| format!("operation {number}"))
}

fn call(file: &File, number: u32, count: u64) -> io::Result<()> {
    let mut words = [count, 0];
    // SAFETY: The descriptor is open. The device may read and write two words at the address, which are there and only this
    // function's.
    match unsafe { libc::ioctl(file.as_raw_fd(), (FIRST + number).into(), words.as_mut_ptr()) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
