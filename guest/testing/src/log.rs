// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's log.
use std::{fs, io::Read, os::unix::fs::OpenOptionsExt};

/// What a module or a driver printed since the kernel started, one message an entry, without its prefix: `name: `, or
/// `name device: `.
pub fn messages(name: &str) -> Vec<String> {
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = fs::OpenOptions::new().read(true).custom_flags(nonblock).open("/dev/kmsg");
    let mut file = file.expect("init mounted /dev and tests run as root");
    let mut messages = Vec::new();
    let mut record = [0; 8192];
    // One record a read: "level,sequence,time,flags;text\n…". A read fails when no record is left.
    while let Ok(n) = file.read(&mut record) {
        let record = String::from_utf8_lossy(&record[..n]);
        let text = record.split_once(';').and_then(|(_, text)| text.lines().next());
        messages.extend(text.and_then(|t| without_prefix(t, name)).map(str::to_owned));
    }
    messages
}

fn without_prefix<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(name)?;
    let of_device = || rest.strip_prefix(' ')?.split_once(": ").filter(|(device, _)| !device.contains(' '));
    rest.strip_prefix(": ").or_else(|| Some(of_device()?.1))
}

#[cfg(test)]
mod tests {
    use super::without_prefix;

    #[test]
    fn prefixes() {
        assert_eq!(without_prefix("edu: loaded", "edu"), Some("loaded"));
        assert_eq!(without_prefix("edu 0000:00:01.0: version 1.0", "edu"), Some("version 1.0"));
        assert_eq!(without_prefix("edu says no: a thing", "edu"), None);
        assert_eq!(without_prefix("education: no", "edu"), None);
    }
}
