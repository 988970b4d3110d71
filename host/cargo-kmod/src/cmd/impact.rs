// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod impact`: what a C series does to what Rust uses, and whom to tell.
use super::boundary::{Given, partial};
use crate::{cli, error::Result, exit::Exit};
use kmod_boundary::impact::Verdict;

pub fn run(args: &cli::Series) -> Result<Exit> {
    let impact = Given::read(args)?.impact;
    partial(&impact.problems);
    if args.json {
        println!("{:#}", serde_json::json!(impact));
    } else {
        let partial = if impact.problems.is_empty() { "" } else { ", of what could be looked at" };
        println!("{}{partial}", impact.verdict.name());
        for effect in &impact.effects {
            println!("{}:{}: {}: {}", effect.file, effect.line, effect.name, effect.verdict.name());
            effect.before.iter().for_each(|text| println!("  - {text}"));
            effect.after.iter().for_each(|text| println!("  + {text}"));
            effect.uses.iter().for_each(|u| println!("  used at {}:{}", u.file, u.line));
        }
        println!("touched: {}", impact.touched.join("; "));
        println!("reached: {}", impact.reached.join("; "));
        impact.cc.iter().for_each(|who| println!("Cc: {who}"));
    }
    Ok(match impact.verdict {
        Verdict::RustMustFollow => Exit::TestFailed,
        // What could not be looked at may be what matters.
        _ if !impact.problems.is_empty() => Exit::Usage,
        _ => Exit::Ok,
    })
}
