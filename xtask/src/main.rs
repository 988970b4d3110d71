// SPDX-License-Identifier: MIT OR Apache-2.0
//! The project's own chores. `cargo xtask test` is what CI runs.
//!
//! ```text
//! test → tidy      rules on the text of the repository                        (tidy.rs)
//!      → rustfmt, clippy, `cargo test` of each workspace                      (host.rs)
//!      → drivers, the kernel crate's doc examples, mainline's samples in booted kernels  (vm.rs, through `cargo kmod`)
//!      → instructions a request or an operation, against C                  (vm.rs, through `cargo kmod`)
//!      → drivers that provoke what should not happen: DMA, failing probes    (vm.rs, through `cargo kmod`)
//!      → drivers whose probes fail at each allocation and resource in turn   (vm.rs, through `cargo kmod`)
//!      → drivers of ours against mainline's own `kernel` crate               (upstream.rs, through `cargo kmod`)
//!      → mistakes that must not compile                                      (ui.rs, through `cargo kmod`)
//!      → the installed command, and a new driver from each template           (install.rs)
//! ```
mod api;
mod backtest;
mod host;
mod install;
mod mainline;
mod owners;
mod tally;
mod tidy;
mod ui;
mod upstream;
mod vm;

use clap::{Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use tally::Tally;

#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every test of the project, host and in-kernel
    Test {
        /// Only these suites; without any, all
        #[arg(value_enum)]
        suites: Vec<Suite>,
        /// Kernels for the suites that boot one; without any, drivers and samples are run on one of each version and the
        /// others on debian-6.1
        #[arg(long, value_name = "ID")]
        kernel: Vec<String>,
    },
    /// Fetch mainline's source into the cache and print its folder, or copy its samples or doc examples
    Mainline {
        /// Copy samples/rust/*.rs, byte for byte, to this folder
        #[arg(long, value_name = "DIR")]
        samples: Option<PathBuf>,
        /// Write the doc examples of rust/kernel, one file each, to this folder, as `cargo kmod test --doc-suite` takes it
        #[arg(long, value_name = "DIR")]
        doctests: Option<PathBuf>,
    },
    /// Compare what `cargo kmod drift` says of mainline's own Rust code with a list that was measured otherwise
    Backtest {
        /// The list: a table of names, with a class for each older kernel
        list: PathBuf,
    },
    /// Write host/cargo-kmod/owners.tsv anew, from mainline's MAINTAINERS
    Owners {
        /// Kernel trees, or the `linux-headers-…-common` of packages, whose headers to look up
        #[arg(required = true)]
        trees: Vec<PathBuf>,
    },
    /// List what mainline's API has and ours lacks or declares otherwise
    Api {
        /// Mainline's rust/kernel, or its signatures, at the same paths
        dir: PathBuf,
        /// Only the modules whose path starts so, as `sync::lock`
        #[arg(default_value = "")]
        module: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Suite {
    Tidy,
    Host,
    Drivers,
    Docs,
    Ui,
    Samples,
    Bench,
    Runs,
    Probes,
    Upstream,
    Install,
}

/// One of each version.
const KERNELS: [&str; 4] = ["debian-6.1", "debian-5.10", "debian-6.12", "debian-7.2"];

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::from(69)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Mainline { samples, doctests } => {
            let tree = mainline::tree()?;
            if samples.is_none() && doctests.is_none() {
                println!("{}", tree.display());
            }
            samples.map_or(Ok(()), |dir| mainline::samples(&tree, &dir))?;
            doctests.map_or(Ok(()), |dir| mainline::doctests(&tree, &dir))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Backtest { list } => {
            backtest::run(&list)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Owners { trees } => {
            println!("{} files looked up", owners::run(&trees)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Api { dir, module } => {
            let count = api::run(&dir, &module)?;
            println!("{count} differences");
            Ok(ExitCode::SUCCESS)
        }
        Command::Test { suites, kernel } => {
            let chosen = |suite| suites.is_empty() || suites.contains(&suite);
            let named = |default: &[&str]| match &kernel[..] {
                [] => default.iter().map(|id| (*id).to_owned()).collect(),
                ids => ids.to_vec(),
            };
            let (every, one) = (named(&KERNELS), named(&KERNELS[..1]));
            // The set-up of `cargo kmod run` and a browser, so that a new machine needs no other step.
            kmod_setup::provide(kmod_setup::Scope::Tests, &kmod_os::Cache::of_user()?, &mainline::Lines)?;
            let mut tally = Tally::default();
            if chosen(Suite::Tidy) {
                tidy::run(&mut tally)?;
            }
            if chosen(Suite::Host) {
                host::run(&mut tally)?;
            }
            if chosen(Suite::Drivers) {
                vm::drivers(&mut tally, &every)?;
            }
            if chosen(Suite::Docs) {
                vm::docs(&mut tally, &one)?;
            }
            if chosen(Suite::Ui) {
                ui::run(&mut tally, &one[0])?;
            }
            if chosen(Suite::Samples) {
                vm::samples(&mut tally, &every)?;
            }
            if chosen(Suite::Runs) {
                vm::runs(&mut tally, &one)?;
            }
            if chosen(Suite::Probes) {
                vm::probes(&mut tally, &one)?;
            }
            if chosen(Suite::Bench) {
                vm::bench(&mut tally, &one)?;
            }
            if chosen(Suite::Upstream) {
                upstream::run(&mut tally)?;
            }
            if chosen(Suite::Install) {
                install::run(&mut tally, &one)?;
            }
            Ok(tally.close())
        }
    }
}

/// The repository: this program is built in it.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the repository")
}
