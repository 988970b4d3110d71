// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a module may leave behind: compared before it is loaded and after it is gone.
use std::{collections::BTreeSet, fs};

/// Names of all that is visible from user space and that a driver may forget to take back.
pub struct Snapshot(BTreeSet<String>);

impl Snapshot {
    pub fn take() -> Self {
        let mut seen = BTreeSet::new();
        for dir in ["/dev", "/sys/class/misc", "/sys/block", "/sys/bus/pci/drivers", "/sys/bus/platform/drivers"] {
            // When the system sleeps the kernel makes a console of its own (vcs63), and keeps it.
            seen.extend(names(dir).filter(|name| !name.starts_with("vcs")).map(|name| format!("{dir}/{name}")));
        }
        for dir in
            ["/sys/bus/platform/devices", "/sys/bus/auxiliary/devices", "/sys/kernel/debug", "/sys/kernel/config"]
        {
            seen.extend(names(dir).map(|name| format!("{dir}/{name}")));
        }
        // "24:  0  0  PCI-MSI 65536-edge  edu": what follows the counters names the user of the interrupt.
        for line in fs::read_to_string("/proc/interrupts").unwrap_or_default().lines() {
            if let Some((number, rest)) = line.trim_start().split_once(':')
                && number.chars().all(|c| c.is_ascii_digit())
            {
                let user = rest.split_whitespace().skip_while(|w| w.chars().all(|c| c.is_ascii_digit()));
                let user: Vec<_> = user.collect();
                // A line that was used once stays, without a user; vectors are freed.
                if !matches!(user[..], ["IO-APIC", _]) {
                    seen.insert(format!("interrupt {number} {}", user.join(" ")));
                }
            }
        }
        for file in ["/proc/iomem", "/proc/ioports"] {
            seen.extend(lines(file).map(|line| format!("{file}: {}", line.trim())));
        }
        // "0x…-0x… 8192 edu_init+0x… [edu] pages=1 vmalloc": vmalloc areas by their owner in a module.
        let areas = lines("/proc/vmallocinfo").filter(|l| l.contains("[") && l.contains("pages="));
        seen.extend(areas.map(|l| format!("vmalloc area {l}")));
        Self(seen)
    }

    /// What is there now and was not then.
    pub fn new_since(self, before: &Self) -> Vec<String> {
        self.0.difference(&before.0).map(|name| format!("left behind: {name}")).collect()
    }
}

fn names(dir: &str) -> impl Iterator<Item = String> {
    fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned())
}

fn lines(file: &str) -> impl Iterator<Item = String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>().into_iter()
}
