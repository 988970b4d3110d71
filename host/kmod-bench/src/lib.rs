// SPDX-License-Identifier: MIT OR Apache-2.0
//! From what QEMU's plugin counted and what the load generator told to instructions a request: values in, values and
//! texts out.
mod operations;
mod path;
mod render;
mod samples;

pub use operations::{Cost, Operations, operations};
pub use render::{markdown, svg};
pub use samples::{Counts, Error, Load, Phase, Symbol};

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The two sides that are compared.
const SIDES: [&str; 2] = ["Rust", "C"];

/// A driver that is measured, and how its code is known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// `Rust` or `C`.
    pub name: String,
    /// Its modules.
    #[serde(default)]
    pub modules: Vec<String>,
    /// What the names of its functions begin with, when it is built into the kernel.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// What the load generator is given: `ENGINE=DEVICE`.
    pub targets: Vec<String>,
}

impl Side {
    fn has(&self, symbol: &Symbol) -> bool {
        match &symbol.module {
            Some(module) => self.modules.contains(module),
            None => self.prefixes.iter().any(|prefix| symbol.name.starts_with(prefix.as_str())),
        }
    }
}

/// What one side spends on a request, in one phase.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub side: String,
    pub engine: String,
    pub operation: String,
    pub depth: u32,
    pub requests: u64,
    /// Instructions of the driver.
    pub driver: f64,
    /// Of these, those in C helpers of a Rust module.
    pub helpers: f64,
    /// Of these, those in Rust's panics.
    pub panics: f64,
    /// Instructions of the kernel, the driver's among them. At depth 1 each of the others' as often as seven of eight requests
    /// execute it: they all take the same path, and the rest is the timer's interrupts, of which a busy machine has more.
    pub kernel: f64,
    /// Of these, those in the mitigations' thunks for calls and returns.
    pub thunks: f64,
    /// Pieces of memory mapped for DMA.
    pub dma_maps: f64,
    /// Writes to registers, by QEMU's name for the device.
    pub mmio: BTreeMap<String, f64>,
    pub interrupts: f64,
    /// The driver's functions that were executed, the dearest first.
    pub functions: Vec<Function>,
    /// The rest of the kernel's, likewise.
    pub rest: Vec<Function>,
}

impl Row {
    /// The way of asking for requests, in a few words.
    fn head(&self) -> String {
        format!("{} {} {}", self.engine, self.depth, self.operation)
    }
}

/// What a function costs a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Function {
    pub name: String,
    pub instructions: f64,
    pub calls: f64,
}

impl Function {
    /// The functions by their (instructions, calls), of which `each` makes those a request: the dearest first.
    fn dearest(functions: &BTreeMap<&Symbol, (u64, u64)>, each: impl Fn(u64) -> f64) -> Vec<Self> {
        let function = |(symbol, (instructions, calls)): (&&Symbol, &(u64, u64))| Self {
            name: symbol.readable(),
            instructions: each(*instructions),
            calls: each(*calls),
        };
        let mut dearest: Vec<_> = functions.iter().map(function).collect();
        dearest.sort_by(|a, b| b.instructions.total_cmp(&a.instructions));
        dearest
    }
}

/// All of one boot.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub version: u32,
    pub what: String,
    pub kernel: String,
    /// Bytes of machine code, by side.
    pub text: BTreeMap<String, u64>,
    /// Of these, those of functions that ran: from loading the driver, or starting the kernel that has it, to unloading it.
    pub ran: BTreeMap<String, u64>,
    pub rows: Vec<Row>,
}

/// Attributes the counts of each phase to the sides' functions.
pub fn rows(sides: &[Side], load: &Load, counts: &Counts) -> Result<Vec<Row>, Error> {
    let row = |phase: &Phase| {
        let side = sides.iter().find(|side| side.name == phase.name);
        let side = side.ok_or_else(|| Error::Side { name: phase.name.clone() })?;
        let counted = counts.phases.get(&phase.phase).ok_or(Error::Phase { phase: phase.phase })?;
        let each = |count: u64| count as f64 / phase.requests as f64;
        let mut functions: BTreeMap<&Symbol, (u64, u64)> = BTreeMap::new();
        let mut rest = functions.clone();
        let (mut kernel, mut thunks, mut dma_maps) = (0, 0, [0; DMA_MAPS.len()]);
        for (address, mut count) in counted.instructions.iter().copied() {
            let Some(symbol) = load.symbol(address) else { continue };
            let ours = side.has(symbol);
            // At depth 1 each request takes the same path: the rest is the timer's, and other threads'.
            if !ours && phase.depth == 1 {
                count = (count + phase.requests / RARE) / phase.requests * phase.requests;
                if count == 0 {
                    continue;
                }
            }
            kernel += count;
            let (instructions, calls) = if ours { &mut functions } else { &mut rest }.entry(symbol).or_default();
            *instructions += count;
            *calls += if address == symbol.address { count } else { 0 };
            if ours {
                continue;
            } else if symbol.name.starts_with("__x86_") {
                thunks += count;
            } else if let Some(at) = DMA_MAPS.iter().position(|name| *name == symbol.name)
                && address == symbol.address
            {
                dma_maps[at] = count;
            }
        }
        let [phys, page, resource] = dma_maps;
        let sum = |wanted: fn(&str) -> bool| {
            each(functions.iter().filter(|(symbol, _)| wanted(&symbol.name)).map(|(_, (count, _))| count).sum())
        };
        Ok(Row {
            side: side.name.clone(),
            engine: phase.engine.clone(),
            operation: phase.operation.clone(),
            depth: phase.depth,
            requests: phase.requests,
            driver: sum(|_| true),
            helpers: sum(|name| name.starts_with("rust_helper_")),
            panics: sum(|name| name.contains("panic")),
            kernel: each(kernel),
            thunks: each(thunks),
            dma_maps: each(phys.max(page + resource)),
            mmio: counted.mmio.iter().map(|(device, count)| (device.clone(), each(*count))).collect(),
            interrupts: each(phase.interrupts),
            functions: Function::dearest(&functions, each),
            rest: Function::dearest(&rest, each),
        })
    };
    load.phases.iter().map(row).collect()
}

/// At depth 1, one of so many requests may take another path than the rest.
const RARE: u64 = 8;

/// What maps one piece of memory for DMA. The others call the first where a kernel has it.
const DMA_MAPS: [&str; 3] = ["dma_map_phys", "dma_map_page_attrs", "dma_map_resource"];

/// The machine code of a side that is built into the kernel, where no file tells its size.
pub fn built_in_text(side: &Side, load: &Load) -> u64 {
    load.sizes().filter(|(symbol, _)| symbol.module.is_none() && side.has(symbol)).map(|(_, size)| size).sum()
}

/// The machine code of those functions of a side of which anything was executed since the machine was started.
pub fn ran_text(side: &Side, load: &Load, counts: &Counts) -> u64 {
    let ran = counts.ran.iter().filter_map(|address| load.symbol(*address)).filter(|symbol| side.has(symbol));
    let ran: BTreeSet<u64> = ran.map(|symbol| symbol.address).collect();
    load.sizes().filter(|(symbol, _)| ran.contains(&symbol.address)).map(|(_, size)| size).sum()
}

impl Report {
    /// The ways of asking for requests that were measured, in their order: engine, depth, operation.
    fn ways(&self) -> Vec<(&str, u32, &str)> {
        let mut seen = BTreeSet::new();
        let ways = self.rows.iter().map(|row| (row.engine.as_str(), row.depth, row.operation.as_str()));
        ways.filter(|way| seen.insert(*way)).collect()
    }

    fn row(&self, side: &str, (engine, _, operation): (&str, u32, &str)) -> Option<&Row> {
        self.rows.iter().find(|row| row.side == side && row.engine == engine && row.operation == operation)
    }
}
