// SPDX-License-Identifier: MIT OR Apache-2.0
//! cargo kmod: who calls whom.
//!
//! ```text
//! cargo kmod build -p edu → kmod-setup   is all there? set up what is missing
//!                         → kmod-kernel  the kernel: packages → headers, image → facts
//!                         → kmod-build   core, bindings, cargo (rustc with the kernel's flags), kbuild → a checked .ko
//! cargo kmod test -p edu  → … → kmod-vm  QEMU with the kernel's image, our init and the .ko → one verdict
//! ```
//!
//! This crate parses arguments, prints, and turns errors into exit codes ([`exit`]); one file a sub-command below `cmd/`.
mod cli;
mod cmd;
mod error;
mod exit;
mod junit;
mod project;
mod sdk;
mod shard;
mod show;

use cli::{Cargo, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let result = match Cargo::parse_args().command {
        Command::Doctor(args) => cmd::doctor::run(&args),
        Command::New(args) => cmd::new::run(&args),
        Command::Kernel(command) => cmd::kernel::run(&command),
        Command::Build(args) => cmd::build::run(&args),
        Command::Check(args) => cmd::cargo::run("check", &args),
        Command::Clippy(args) => cmd::cargo::run("clippy", &args),
        Command::Doc(args) => cmd::cargo::run("doc", &args),
        Command::Run(args) => cmd::run::run(&args),
        Command::Bench(cli::BenchCommand::Loop(args)) => cmd::bench::run(&args),
        Command::Bench(cli::BenchCommand::Core(args)) => cmd::count::run("core", &args),
        Command::Bench(cli::BenchCommand::NullBlock(args)) => cmd::count::run("null_block", &args),
        Command::Bench(cli::BenchCommand::Nvme(args)) => cmd::count::run("nvme", &args),
        Command::Contract(args) => cmd::contract::run(&args),
        Command::ApiDiff(args) => cmd::api_diff::run(&args),
        Command::Drift(args) => cmd::drift::run(&args),
        Command::Report(args) => cmd::report::run(&args),
        Command::Test(args) => cmd::test::run(&args),
        Command::Upstream(args) => cmd::upstream::run(&args),
        Command::Impact(args) => cmd::impact::run(&args),
        Command::Policy(command) => cmd::policy::run(&command),
        Command::Matrix(args) => cmd::matrix::run(&args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(e) => {
            show::error(&e);
            e.exit().into()
        }
    }
}
