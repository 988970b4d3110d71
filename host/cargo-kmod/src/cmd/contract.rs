// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod contract`: what Rust consumes of C, by the subsystem that owns it.
use crate::{cli, cmd::session::Session, cmd::surface, error::Result, exit::Exit, project};
use kmod_boundary::{
    Contract,
    contract::{Owners, page},
};
use kmod_setup::Scope;
use std::collections::BTreeSet;

/// Who owns which header, of mainline's MAINTAINERS.
const OWNERS: &str = include_str!("../../owners.tsv");

pub fn run(args: &cli::Contract) -> Result<Exit> {
    let session = Session::open(Scope::Build)?;
    let uses = surface::uses(&surface::sources(&session, &[])?, true);
    let owners = Owners::parse(OWNERS).unwrap_or_default();
    for id in &args.build.kernel {
        let kernel = session.kernel(id)?;
        let mut contract = Contract::of(&uses, &surface::surface(&session, &kernel)?, &owners);
        if args.build.file.is_some() || !args.build.package.is_empty() {
            let mut reached = BTreeSet::new();
            for subject in project::select(&args.build)? {
                let module = session.build(&subject, &kernel, &args.build)?;
                reached.extend(module.undefined.into_iter().chain(module.helpers));
            }
            contract.retain(|item| reached.contains(&item.name));
        }
        if let Some(wanted) = &args.subsystem {
            contract.retain(|item| item.owner.as_ref().is_some_and(|o| o.section.eq_ignore_ascii_case(wanted)));
        }
        if args.json {
            println!("{}", serde_json::json!({ "version": 1, "contract": contract }));
            continue;
        }
        for (section, items) in contract.by_subsystem() {
            println!("{}", page(section, &items, &contract.kernel));
        }
    }
    Ok(Exit::Ok)
}
