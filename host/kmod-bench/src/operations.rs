// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an operation costs that a module repeats in a loop of its own.
use crate::{Counts, Error, Function, Load, Phase, SIDES, Side, Symbol};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write};

/// An instruction is the operation's when it is executed in at least this part of the repetitions. The system call around
/// them and the timer's interrupts are far below.
const PART: u64 = 8;

/// What one side spends on one operation, without the loop around it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    pub side: String,
    pub operation: String,
    /// Instructions of the module, its C helpers among them.
    pub module: f64,
    /// Of these, those in C helpers of a Rust module.
    pub helpers: f64,
    /// Instructions of the kernel, the module's among them.
    pub path: f64,
    /// The functions that were executed, in the module or not, the dearest first; the loop is in the module's.
    pub functions: Vec<Function>,
}

/// All of one boot.
#[derive(Debug, Clone, Serialize)]
pub struct Operations {
    pub version: u32,
    pub what: String,
    pub kernel: String,
    /// The instructions of the loop, which are left out, by side.
    pub empty: BTreeMap<String, f64>,
    pub rows: Vec<Cost>,
}

/// The costs of `names`, of which the first is the loop itself: the load tells of each by its place.
pub fn operations(
    what: &str,
    kernel: &str,
    sides: &[Side],
    names: &[String],
    load: &Load,
    counts: &Counts,
) -> Result<Operations, Error> {
    let mut all = Operations {
        version: 1,
        what: what.to_owned(),
        kernel: kernel.to_owned(),
        empty: BTreeMap::new(),
        rows: Vec::new(),
    };
    for phase in &load.phases {
        let side = sides.iter().find(|side| side.name == phase.name);
        let side = side.ok_or_else(|| Error::Side { name: phase.name.clone() })?;
        let unknown = || Error::Operation { number: phase.operation.clone(), names: names.len() };
        let number: usize = phase.operation.parse().map_err(|_| unknown())?;
        let operation = names.get(number).ok_or_else(unknown)?;
        let mut cost = cost(side, operation, phase, load, counts)?;
        if number == 0 {
            all.empty.insert(cost.side, cost.module);
            continue;
        }
        let empty = all.empty.get(&cost.side).unwrap_or(&0.0);
        cost.module -= empty;
        cost.path -= empty;
        all.rows.push(cost);
    }
    Ok(all)
}

fn cost(side: &Side, operation: &str, phase: &Phase, load: &Load, counts: &Counts) -> Result<Cost, Error> {
    let counted = counts.phases.get(&phase.phase).ok_or(Error::Phase { phase: phase.phase })?;
    let each = |count: u64| count as f64 / phase.requests as f64;
    let mut functions: BTreeMap<&Symbol, (u64, u64)> = BTreeMap::new();
    for (address, count) in counted.instructions.iter().filter(|(_, count)| count * PART >= phase.requests) {
        let Some(symbol) = load.symbol(*address) else { continue };
        let (instructions, calls) = functions.entry(symbol).or_insert((0, 0));
        *instructions += count;
        *calls += if *address == symbol.address { *count } else { 0 };
    }
    let sum = |wanted: &dyn Fn(&Symbol) -> bool| {
        each(functions.iter().filter(|(symbol, _)| wanted(symbol)).map(|(_, (count, _))| count).sum())
    };
    Ok(Cost {
        side: side.name.clone(),
        operation: operation.to_owned(),
        module: sum(&|symbol| side.has(symbol)),
        helpers: sum(&|symbol| side.has(symbol) && symbol.name.starts_with("rust_helper_")),
        path: sum(&|_| true),
        functions: Function::dearest(&functions, each),
    })
}

impl Operations {
    /// A table: an operation a line.
    pub fn markdown(&self) -> String {
        let mut out = format!("### {} on {}\n\n", self.what, self.kernel);
        out += "| instructions an operation | module: Rust | C | ratio | whole path: Rust | C | ratio |\n";
        out += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
        let mut names: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !names.contains(&row.operation.as_str()) {
                names.push(&row.operation);
            }
        }
        for name in names {
            let of = |side| self.rows.iter().find(|row| row.side == side && row.operation == name);
            let [rust, c] = SIDES.map(of);
            out += &format!("| {name} |");
            for value in [(|row| row.module) as fn(&Cost) -> f64, |row| row.path] {
                let [rust, c] = [rust.map(value), c.map(value)];
                let ratio = rust.zip(c).map(|(rust, c)| rust / c);
                for (number, digits) in [(rust, 1), (c, 1), (ratio, 2)] {
                    out += &number.map_or(" – |".to_owned(), |n| format!(" {n:.digits$} |"));
                }
            }
            out.push('\n');
        }
        for (side, empty) in &self.empty {
            write!(out, "\nThe loop of {side}, which is left out: {empty:.1}.").expect("a string takes all");
        }
        out + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &str, module: &str) -> Side {
        Side { name: name.into(), modules: vec![module.into()], prefixes: vec![], targets: vec![] }
    }

    #[test]
    fn what_is_not_repeated_is_not_counted_nor_is_the_loop() {
        let phase = |number, name, operation| {
            format!(
                "{{\"phase\":{number},\"name\":\"{name}\",\"engine\":\"call\",\"operation\":\"{operation}\",\
                 \"depth\":1,\"requests\":16,\"interrupts\":0}}\n"
            )
        };
        let phases = phase(1, "Rust", "0") + &phase(2, "Rust", "1") + &phase(3, "C", "0") + &phase(4, "C", "1");
        let symbols = "symbol 10 sys_ioctl\nsymbol 20 bench [m]\nsymbol 30 rust_helper_f [m]\nsymbol 40 f\nsymbol 50 c [n]\nend\n";
        let load = Load::parse(&(phases + symbols)).unwrap();
        let counts = "phase 1\ninsn 10 1\ninsn 20 1\ninsn 21 16\nphase 2\ninsn 21 16\ninsn 22 32\ninsn 30 16\ninsn 40 8\n\
                      phase 3\ninsn 50 16\nphase 4\ninsn 10 1\ninsn 50 16\ninsn 51 16\ninsn 40 16\n";
        let counts = Counts::parse(counts).unwrap();
        let sides = [side("Rust", "m"), side("C", "n")];
        let names = ["loop", "f"].map(str::to_owned);
        let all = operations("core", "a kernel", &sides, &names, &load, &counts).unwrap();
        let [rust, c] = &all.rows[..] else { panic!("{all:?}") };
        assert_eq!((rust.module, rust.helpers, rust.path), (3.0, 1.0, 3.5));
        assert_eq!((c.module, c.path), (1.0, 2.0));
        assert!(all.markdown().contains("| f | 3.0 | 1.0 | 3.00 | 3.5 | 2.0 | 1.75 |"), "{}", all.markdown());
        let short = operations("core", "a kernel", &sides, &names[..1], &load, &counts);
        assert!(matches!(short, Err(Error::Operation { .. })));
    }
}
