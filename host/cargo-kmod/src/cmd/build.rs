// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod build`: each driver for each kernel, one line a module.
use crate::{cli, cmd::session::Session, error::Result, exit::Exit, project};
use kmod_setup::Scope;

pub fn run(args: &cli::Build) -> Result<Exit> {
    let session = Session::open(Scope::Build)?;
    let subjects = project::select(args)?;
    for id in session.ids(&args.kernel)? {
        let kernel = session.kernel(&id)?;
        for subject in &subjects {
            let module = session.build(subject, &kernel, args)?;
            println!("{} ({} bytes of .text, for {})", module.ko.display(), module.text_size, kernel.release);
        }
    }
    Ok(Exit::Ok)
}
