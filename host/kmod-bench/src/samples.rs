// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two files of a measurement: what the plugin counted (bench/counter), and what the load generator told (guest/load).
use flate2::read::GzDecoder;
use serde::Deserialize;
use std::{collections::BTreeMap, io::Read};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("line {number} of what {who} told is not understood: {line:?}")]
    Line { who: &'static str, number: usize, line: String },
    #[error("the load generator did not come to its end: what it told is cut")]
    Cut,
    #[error("the load generator told of phase {phase}, in which the plugin counted nothing")]
    Phase { phase: u16 },
    #[error(
        "the load generator told of operation {number:?}, and the measurement has names for {names}: are both modules alike?"
    )]
    Operation { number: String, names: usize },
    #[error("the load generator told of {name:?}, which is no side of the measurement")]
    Side { name: String },
}

/// What was counted, by phase.
#[derive(Debug, Default, PartialEq)]
pub struct Counts {
    pub phases: BTreeMap<u16, Counted>,
    /// Where an instruction was executed at all, in a phase or not.
    pub ran: Vec<u64>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Counted {
    /// How often the instruction at an address was executed.
    pub instructions: Vec<(u64, u64)>,
    /// Writes to registers, by device.
    pub mmio: BTreeMap<String, u64>,
}

impl Counts {
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut phases: BTreeMap<u16, Counted> = BTreeMap::new();
        let mut ran = Vec::new();
        let mut now = None;
        for (number, line) in text.lines().enumerate() {
            let mut read = || {
                let (kind, rest) = line.split_once(' ')?;
                if kind == "phase" {
                    now = Some(rest.parse().ok()?);
                    phases.insert(now?, Counted::default());
                    return Some(());
                }
                if kind == "ran" {
                    ran.push(u64::from_str_radix(rest, 16).ok()?);
                    return Some(());
                }
                let counted = phases.get_mut(&now?)?;
                let (what, count) = rest.rsplit_once(' ')?;
                let count = count.parse().ok()?;
                match kind {
                    "insn" => counted.instructions.push((u64::from_str_radix(what, 16).ok()?, count)),
                    "mmio" => drop(counted.mmio.insert(what.to_owned(), count)),
                    _ => return None,
                }
                Some(())
            };
            read().ok_or_else(|| Error::Line { who: "the plugin", number: number + 1, line: line.to_owned() })?;
        }
        Ok(Self { phases, ran })
    }
}

/// What was asked for while the plugin counted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Phase {
    pub phase: u16,
    /// The side's.
    pub name: String,
    pub engine: String,
    pub operation: String,
    pub depth: u32,
    pub requests: u64,
    pub interrupts: u64,
}

/// A function of the kernel or of a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    pub address: u64,
    pub name: String,
    pub module: Option<String>,
}

impl Symbol {
    /// The name as it is in the source.
    pub fn readable(&self) -> String {
        format!("{:#}", rustc_demangle::demangle(&self.name))
    }
}

#[derive(Debug, Default)]
pub struct Load {
    pub phases: Vec<Phase>,
    /// By address.
    symbols: Vec<Symbol>,
}

impl Load {
    /// Reads what the load generator wrote, compressed by gzip.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Error> {
        let mut text = String::new();
        GzDecoder::new(bytes).read_to_string(&mut text).map_err(|_| Error::Cut)?;
        Self::parse(&text)
    }

    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut load = Self::default();
        let mut whole = false;
        for (number, line) in text.lines().enumerate() {
            let bad = || Error::Line { who: "the load generator", number: number + 1, line: line.to_owned() };
            match line.split_once(' ') {
                _ if line.starts_with('{') => load.phases.push(serde_json::from_str(line).map_err(|_| bad())?),
                Some(("symbol", rest)) => load.symbols.push(symbol(rest).ok_or_else(bad)?),
                None if line == "end" => whole = true,
                _ => return Err(bad()),
            }
        }
        load.symbols.sort();
        if whole { Ok(load) } else { Err(Error::Cut) }
    }

    /// The function that an address lies in.
    pub fn symbol(&self, address: u64) -> Option<&Symbol> {
        let behind = self.symbols.partition_point(|symbol| symbol.address <= address);
        let at = self.symbols[..behind].last()?.address;
        // Of several names for one function the first.
        self.symbols.get(self.symbols.partition_point(|symbol| symbol.address < at))
    }

    /// Each function with its size, up to the next. Where the last of a module ends is not known: it has none.
    pub fn sizes(&self) -> impl Iterator<Item = (&Symbol, u64)> {
        self.symbols.windows(2).map(|pair| {
            let size = if pair[0].module == pair[1].module { pair[1].address - pair[0].address } else { 0 };
            (&pair[0], size)
        })
    }
}

/// `ffffffff81234567 name [module]`
fn symbol(text: &str) -> Option<Symbol> {
    let mut words = text.split_whitespace();
    let address = u64::from_str_radix(words.next()?, 16).ok()?;
    let name = words.next()?.to_owned();
    let module = words.next().map(|module| module.trim_matches(['[', ']']).to_owned());
    Some(Symbol { address, name, module })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_or_strange_file_is_an_error() {
        assert!(matches!(Load::parse("symbol ffff f \n"), Err(Error::Cut)));
        assert!(matches!(Load::unpack(b"\x1f\x8bend\n"), Err(Error::Cut)));
        assert!(matches!(Load::parse("symbol xyz f\nend\n"), Err(Error::Line { number: 1, .. })));
        assert!(matches!(Counts::parse("insn ff 1\n"), Err(Error::Line { number: 1, .. })));
        assert!(matches!(Counts::parse("phase 1\ninsn ff\n"), Err(Error::Line { number: 2, .. })));
    }

    #[test]
    fn an_address_lies_in_the_last_function_before_it() {
        let load = Load::parse("symbol 20 b [m]\nsymbol 10 a \nsymbol 20 alias [m]\nend\n").unwrap();
        let name = |address| load.symbol(address).map(|symbol| symbol.name.as_str());
        assert_eq!((name(0xf), name(0x10), name(0x1f), name(0x25)), (None, Some("a"), Some("a"), Some("alias")));
        assert_eq!(load.symbol(0x20).unwrap().module.as_deref(), Some("m"));
    }
}
