// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading /dev/kmsg: the records since a mark. Writing it: what programs print.
use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
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

/// The longest text of a record, on all kernels.
const RECORD: usize = 900;

/// Writes each line of `from` as a record (longer ones as several), until it ends.
pub fn write_lines(from: impl Read) {
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    let mut log = OpenOptions::new().write(true).open("/dev/kmsg").ok();
    while let Ok(1..) = from.by_ref().take(RECORD as u64).read_until(b'\n', &mut line) {
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        // Without its end the kernel would keep the record open for more, and show it with the next one only.
        let record = [b"<6>", text, b"\n"].concat();
        if log.as_mut().is_none_or(|log| log.write_all(&record).is_err()) {
            println!("{}", String::from_utf8_lossy(text));
        }
        line.clear();
    }
}
