// SPDX-License-Identifier: MIT OR Apache-2.0
//! A block device, its buffers, and where the next request goes.
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom},
    os::{
        fd::AsRawFd,
        unix::fs::{FileExt, OpenOptionsExt},
    },
};

pub const BLOCK: usize = 4096;
/// Requests stay in the first part of a large device.
const SPAN: u64 = 64 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Read,
    Write,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Operation::Read => "read",
            Operation::Write => "write",
        }
    }
}

/// What a request reads or writes, aligned as O_DIRECT wants it.
#[derive(Clone)]
#[repr(align(4096))]
pub struct Block(pub [u8; BLOCK]);

pub struct Device {
    pub file: File,
    pub blocks: Vec<Block>,
    count: u64,
    seed: u64,
}

impl Device {
    /// Opens `path` past the page cache, without an I/O scheduler between it and the driver.
    pub fn open(path: &str) -> Result<Self> {
        // It may be named by a link.
        let real = fs::canonicalize(path).with_context(|| path.to_owned())?;
        let name = real.file_name().unwrap_or_default().display();
        let scheduler = format!("/sys/block/{name}/queue/scheduler");
        fs::write(&scheduler, "none").with_context(|| scheduler)?;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).custom_flags(libc::O_DIRECT);
        let mut file = options.open(path).with_context(|| path.to_owned())?;
        let count = file.seek(SeekFrom::End(0))?.min(SPAN) / BLOCK as u64;
        ensure!(count > 0, "{path} has no room for {BLOCK} bytes");
        let block = Block([0x5a; BLOCK]);
        Ok(Self { file, blocks: vec![block; super::DEPTH as usize], count, seed: 0x9e37_79b9_7f4a_7c15 })
    }

    /// Where the next request goes, in bytes. (xorshift64)
    pub fn next(&mut self) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % self.count * BLOCK as u64
    }

    /// One request, from beginning to end.
    pub fn one(&mut self, operation: Operation) -> Result<()> {
        let at = self.next();
        let block = &mut self.blocks[0].0;
        match operation {
            Operation::Read => self.file.read_exact_at(block, at)?,
            Operation::Write => self.file.write_all_at(block, at)?,
        }
        Ok(())
    }
}

/// A serial port turns "\n" into "\r\n" unless told not to.
pub fn raw_mode(port: &File) {
    // SAFETY: All zeroes is a `termios`, which the first call fills; the descriptor is open for both.
    unsafe {
        let mut mode: libc::termios = std::mem::zeroed();
        if libc::tcgetattr(port.as_raw_fd(), &mut mode) == 0 {
            libc::cfmakeraw(&mut mode);
            libc::tcsetattr(port.as_raw_fd(), libc::TCSANOW, &mode);
        }
    }
}
