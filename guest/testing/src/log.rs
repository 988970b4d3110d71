// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's log.
use std::{fs, io::Read, os::unix::fs::OpenOptionsExt};

/// What a module printed since the kernel started, one message an entry, without its `name: ` prefix.
pub fn messages(module: &str) -> Vec<String> {
    let prefix = format!("{module}: ");
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = fs::OpenOptions::new().read(true).custom_flags(nonblock).open("/dev/kmsg");
    let mut file = file.expect("init mounted /dev and tests run as root");
    let mut messages = Vec::new();
    let mut record = [0; 8192];
    // One record a read: "level,sequence,time,flags;text\n…". A read fails when no record is left.
    while let Ok(n) = file.read(&mut record) {
        let record = String::from_utf8_lossy(&record[..n]);
        let text = record.split_once(';').and_then(|(_, text)| text.lines().next());
        messages.extend(text.and_then(|t| t.strip_prefix(&prefix)).map(str::to_owned));
    }
    messages
}
