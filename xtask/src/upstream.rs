// SPDX-License-Identifier: MIT OR Apache-2.0
//! Drivers of ours against mainline's own `kernel` crate, through `cargo kmod upstream`.
use crate::{host, mainline, root, tally::Tally};
use anyhow::{Context, Result};
use kmod_os::Cmd;
use serde::Deserialize;

#[derive(Deserialize)]
struct Report {
    driver: String,
    differences: Vec<Difference>,
}

#[derive(Deserialize)]
struct Difference {
    what: String,
}

/// Mainline takes `hello` as it is. It does not take `edu`, for items whose documentation says so.
pub fn run(tally: &mut Tally) -> Result<()> {
    tally.heading("drivers against mainline's kernel crate");
    let command =
        Cmd::new(host::kmod()?).dir(root()).args(["upstream", "-p", "hello", "-p", "edu", "--json", "--tree"]);
    let printed = command.arg(mainline::tree()?).output()?;
    let all = format!("{}{}", printed.stdout, printed.stderr);
    let reports: Vec<Report> =
        printed.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>().with_context(|| all.clone())?;
    let of = |name: &str| reports.iter().find(|report| report.driver == name).map(|report| &report.differences[..]);
    let require = |holds: bool| if holds { Ok(()) } else { Err(all.clone()) };
    tally.result("mainline takes hello", require(of("hello").is_some_and(<[_]>::is_empty)));
    for item in ["kernel::pci::Driver::DMA_MASK", "kernel::irq::register_threaded", "kernel::attribute_groups"] {
        let named = of("edu").is_some_and(|differences| differences.iter().any(|d| d.what == item));
        tally.result(&format!("edu uses {item}, which is beyond mainline"), require(named));
    }
    tally.result("it says that something is to be done", require(printed.code == Some(1)));
    Ok(())
}
