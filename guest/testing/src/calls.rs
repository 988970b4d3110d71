// SPDX-License-Identifier: MIT OR Apache-2.0
//! From where a module calls the kernel: whether a path is taken that leaves no other trace.
use rustix::mount::{MountFlags, mount};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    ops::Range,
    path::Path,
};

const TRACING: &str = "/sys/kernel/tracing";

/// A record of the calls of a function of the kernel, until it is dropped. There can be one at a time.
///
/// A module's own functions cannot be watched: what is written in Rust has no place for the kernel's tracer.
pub struct Calls(());

impl Calls {
    /// Notes from now on who calls `function`.
    pub fn of(function: &str) -> io::Result<Self> {
        if !Path::new(TRACING).join("kprobe_events").exists() {
            mount("tracefs", TRACING, "tracefs", MountFlags::empty(), None)?;
        }
        // When it is called, the top of the stack is where it returns to.
        append("kprobe_events", &format!("p:kmod/calls {function} to=$stack0"))?;
        let this = Self(());
        append("events/kmod/calls/enable", "1")?;
        Ok(this)
    }

    /// How many calls came from the functions of a module whose mangled names hold `part`.
    pub fn from(&self, module: &str, part: &str) -> io::Result<usize> {
        let places = functions(module, part)?;
        let calls = fs::read_to_string(Path::new(TRACING).join("trace"))?;
        let returns = calls.lines().filter_map(|line| line.rsplit_once("to=0x"));
        let returns = returns.filter_map(|(_, address)| u64::from_str_radix(address.trim(), 16).ok());
        Ok(returns.filter(|address| places.iter().any(|place| place.contains(address))).count())
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        let _ = append("events/kmod/calls/enable", "0");
        let _ = append("kprobe_events", "-:kmod/calls");
    }
}

fn append(file: &str, line: &str) -> io::Result<()> {
    OpenOptions::new().append(true).open(Path::new(TRACING).join(file))?.write_all(line.as_bytes())
}

/// Where functions of a module lie.
fn functions(module: &str, part: &str) -> io::Result<Vec<Range<u64>>> {
    let symbols = fs::read_to_string("/proc/kallsyms")?;
    let module = format!("[{module}]");
    let mut all: Vec<(u64, &str)> = symbols
        .lines()
        .filter(|line| line.ends_with(&module))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((u64::from_str_radix(words.next()?, 16).ok()?, words.nth(1)?))
        })
        .collect();
    all.sort();
    let pairs = all.windows(2).filter(|pair| pair[0].1.contains(part));
    Ok(pairs.map(|pair| pair[0].0..pair[1].0).collect())
}
