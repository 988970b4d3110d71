// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads and writes block devices in phases: 4 KiB at a time, at random places that are the same in every run, past the
//! page cache. Each phase lies between two marks, which the counting plugin of QEMU sees (bench/counter).
//!
//! ```text
//! kmod-load REPORT REQUESTS NAME:ENGINE=DEVICE…     ENGINE: sync, uring, aio or call
//! ```
//!
//! By `call` the device is asked to do each of its operations itself, so many times, in one call.
//!
//! REPORT is a serial port of its own. What is written there, compressed by gzip, as the port is slow: one line `symbol ADDRESS NAME [MODULE]` for each function
//! of the kernel, one JSON object a phase, and `end`.
mod aio;
mod call;
mod device;
mod mark;
mod uring;

use anyhow::{Context, Result, bail};
use device::{Device, Operation};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
};

/// How many requests are under way at a time, where it is not one.
const DEPTH: u32 = 32;

#[derive(Serialize)]
struct Phase<'a> {
    phase: u16,
    name: &'a str,
    engine: &'a str,
    operation: &'a str,
    depth: u32,
    requests: u64,
    interrupts: u64,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [report, requests, targets @ ..] = &args[..] else {
        bail!("usage: kmod-load REPORT REQUESTS NAME:ENGINE=DEVICE…")
    };
    let requests: u64 = requests.parse().context("REQUESTS is a number")?;
    let port = OpenOptions::new().write(true).open(report).with_context(|| report.clone())?;
    device::raw_mode(&port);
    let report = GzEncoder::new(port, Compression::fast());
    let mut phases = Phases { report, requests, last: 0 };
    for target in targets {
        let (name, rest) = target.split_once(':').with_context(|| format!("{target}: no NAME:"))?;
        let (engine, path) = rest.split_once('=').with_context(|| format!("{target}: no ENGINE="))?;
        let run = match engine {
            "sync" => sync,
            "uring" => uring::run,
            "aio" => aio::run,
            "call" => {
                let file = File::open(path).with_context(|| path.to_owned())?;
                for number in 0..call::count(&file)? {
                    let run = |count, ready: &mut dyn FnMut()| call::run(&file, number, count, ready);
                    phases.measure(name, engine, &number.to_string(), 1, run)?;
                }
                continue;
            }
            _ => bail!("{engine}: not an engine (sync, uring, aio, call)"),
        };
        let depth = if engine == "sync" { 1 } else { DEPTH };
        let mut device = Device::open(path)?;
        for operation in [Operation::Read, Operation::Write] {
            let run = |requests, ready: &mut dyn FnMut()| run(&mut device, operation, requests, ready);
            phases.measure(name, engine, operation.name(), depth, run)?;
        }
    }
    let mut report = phases.report;
    symbols(&mut report)?;
    writeln!(report, "end")?;
    report.finish()?;
    Ok(())
}

/// Writes a line for each phase.
struct Phases {
    report: GzEncoder<File>,
    requests: u64,
    last: u16,
}

impl Phases {
    /// `run` does so many requests, and calls what it is given before the first.
    fn measure(
        &mut self,
        name: &str,
        engine: &str,
        operation: &str,
        depth: u32,
        mut run: impl FnMut(u64, &mut dyn FnMut()) -> Result<()>,
    ) -> Result<()> {
        self.last += 1;
        let (phase, requests) = (self.last, self.requests);
        // Once to warm up: what is done at the first use only is not the cost of a request.
        run(DEPTH.into(), &mut || ())?;
        let before = interrupts();
        run(requests, &mut || mark::begin(phase))?;
        mark::end();
        let interrupts = interrupts() - before;
        let line = Phase { phase, name, engine, operation, depth, requests, interrupts };
        writeln!(self.report, "{}", serde_json::to_string(&line)?)?;
        println!("{name}: {requests} of {operation} by {engine}, {interrupts} interrupts");
        Ok(())
    }
}

/// One request after the other.
fn sync(device: &mut Device, operation: Operation, requests: u64, ready: &mut dyn FnMut()) -> Result<()> {
    ready();
    for _ in 0..requests {
        device.one(operation)?;
    }
    Ok(())
}

/// Interrupts of devices since the boot.
fn interrupts() -> u64 {
    let text = fs::read_to_string("/proc/interrupts").unwrap_or_default();
    let numbered = text.lines().filter_map(|line| line.trim_start().split_once(':'));
    let devices = numbered.filter(|(number, rest)| number.parse::<u32>().is_ok() && rest.contains("PCI-MSI"));
    let counts = devices.flat_map(|(_, rest)| rest.split_whitespace().map_while(|word| word.parse::<u64>().ok()));
    counts.sum()
}

/// The functions of the kernel and its modules.
fn symbols(report: &mut GzEncoder<File>) -> Result<()> {
    for (n, line) in fs::read_to_string("/proc/kallsyms")?.lines().enumerate() {
        // A guest that says nothing for long is taken for dead.
        if n % 20_000 == 0 {
            println!("symbols: {n}");
        }
        let mut words = line.split_whitespace();
        if let (Some(address), Some("t" | "T" | "w" | "W"), Some(name)) = (words.next(), words.next(), words.next()) {
            let module = words.next().unwrap_or_default();
            writeln!(report, "symbol {address} {name} {module}")?;
        }
    }
    Ok(())
}
