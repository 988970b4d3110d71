// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod check`, `clippy` and `doc`: cargo's own, for a kernel's target and bindings.
use crate::{cli, cmd::session::Session, error::Result, exit::Exit, project};
use kmod_setup::Scope;

pub fn run(command: &str, args: &cli::Cargoed) -> Result<Exit> {
    let session = Session::open(Scope::Build)?;
    let subjects = project::select(&args.build)?;
    for id in session.ids(&args.build.kernel)? {
        let kernel = session.kernel(&id)?;
        for subject in &subjects {
            session.cargo(command, subject, &kernel, &args.build, &args.args)?;
        }
    }
    Ok(Exit::Ok)
}
