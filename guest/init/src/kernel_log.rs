// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading /dev/kmsg: the records since a mark.
use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
};

/// A reader that stands at the end of the log: it sees what is printed from now on.
pub struct KernelLog(Option<File>);

impl KernelLog {
    pub fn from_now() -> Self {
        let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
        let file = OpenOptions::new().read(true).custom_flags(nonblock).open("/dev/kmsg").ok();
        Self(file.and_then(|mut f| f.seek(SeekFrom::End(0)).is_ok().then_some(f)))
    }

    /// The text of each record since the last call.
    pub fn lines(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let Some(file) = &mut self.0 else { return lines };
        let mut record = [0; 8192];
        loop {
            match file.read(&mut record) {
                Ok(n) if n > 0 => {
                    let text = String::from_utf8_lossy(&record[..n]);
                    // "level,sequence,time,flags;text\n", then "\n"-separated continuation lines that start with a space.
                    if let Some((_, text)) = text.split_once(';') {
                        lines.extend(text.lines().filter(|l| !l.starts_with(' ')).map(str::to_owned));
                    }
                }
                // EPIPE: records were overwritten before they were read; the next read goes on behind the gap.
                Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {}
                _ => return lines,
            }
        }
    }
}
