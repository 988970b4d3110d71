// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod doctor`: each thing needed, yours, and how to get it.
use crate::{cli, error::Result, exit::Exit, sdk::Sdk};
use kmod_os::Cache;
use kmod_setup::{Scope, check};

pub fn run(args: &cli::Doctor) -> Result<Exit> {
    let cache = Cache::of_user()?;
    let checks = check(Scope::Boot, &cache);
    let kernels = kmod_kernel::list(&Sdk::find(&cache)?.kernels, &cache)?;
    let kernels: Vec<_> = kernels.into_iter().filter(|k| k.installed.is_some()).map(|k| k.id).collect();
    let how = |c: &kmod_setup::Check| match c.need.packages.last() {
        Some(package) => format!("{}; apt: {package}", c.need.how),
        None => c.need.how.to_owned(),
    };
    if args.json {
        let row = |c: &kmod_setup::Check| {
            serde_json::json!({
                "name": c.need.name, "ok": c.yours.is_ok(), "needed": c.need.needed, "how": how(c),
                "yours": match &c.yours { Ok(found) => found, Err(why) => why },
            })
        };
        println!(
            "{}",
            serde_json::json!({ "version": 1, "checks": checks.iter().map(row).collect::<Vec<_>>(), "kernels": kernels })
        );
    } else {
        for c in &checks {
            match &c.yours {
                Ok(found) => println!("ok       {:<9} {found} (needed: {})", c.need.name, c.need.needed),
                Err(why) => {
                    println!("MISSING  {:<9} {why} (needed: {})", c.need.name, c.need.needed);
                    println!("         {:<9} get it: {}", "", how(c));
                }
            }
        }
        // Not missing: the first build for a kernel fetches it.
        match kernels.is_empty() {
            true => {
                println!("none yet {:<9} fetched when first used, or by `cargo kmod kernel add debian-6.1`", "a kernel")
            }
            false => println!("ok       {:<9} {}", "a kernel", kernels.join(", ")),
        }
        println!("         kernels and rust-src are kept in {}", cache.root().display());
    }
    Ok(if checks.iter().all(|c| c.yours.is_ok()) { Exit::Ok } else { Exit::Infra })
}
