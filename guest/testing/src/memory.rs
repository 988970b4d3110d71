// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much memory the kernel has given out: a leak that happens often enough is seen.
use std::fs;

/// What the kernel has in use of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Objects of `kmalloc`.
    pub objects: u64,
    /// Memory that is neither free nor could be freed, in KiB.
    pub kib: u64,
}

impl Memory {
    /// Counts what is in use now. What caches hold for later is given back first.
    pub fn in_use() -> Self {
        fs::write("/proc/sys/vm/drop_caches", "3").expect("tests run as root");
        for cache in fs::read_dir("/sys/kernel/slab").into_iter().flatten().flatten() {
            if cache.file_name().to_string_lossy().starts_with("kmalloc-") {
                // Some kernels cannot, and count a few more for it.
                let _ = fs::write(cache.path().join("shrink"), "1");
            }
        }
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let column =
            |line: &str, n| line.split_whitespace().nth(n).and_then(|w| w.parse::<u64>().ok()).unwrap_or_default();
        let slabs = read("/proc/slabinfo");
        let objects = slabs.lines().filter(|l| l.starts_with("kmalloc-")).map(|l| column(l, 1)).sum();
        let info = read("/proc/meminfo");
        let of = |name| info.lines().find(|l| l.starts_with(name)).map_or(0, |l| column(l, 1));
        Self { objects, kib: of("MemTotal:") - of("MemAvailable:") }
    }
}

/// Does something `rounds` times, at most five times over, until it once leaves less than one object and less than one page
/// behind in two rounds: what the kernel keeps for itself comes and goes, what is leaked grows each time.
///
/// # Panics
///
/// If memory grew each time, with what was counted.
pub fn leaves_nothing(rounds: u64, mut round: impl FnMut()) {
    // The first rounds fill what the kernel keeps for the next.
    (0..rounds / 20).for_each(|_| round());
    let mut counts = vec![Memory::in_use()];
    for _ in 0..5 {
        let before = *counts.last().expect("the first is above");
        (0..rounds).for_each(|_| round());
        let after = Memory::in_use();
        if after.objects < before.objects + rounds / 2 && after.kib < before.kib + 2 * rounds {
            return;
        }
        counts.push(after);
    }
    panic!("an object or a page in two rounds is left each time, {rounds} rounds apart: {counts:?}");
}
