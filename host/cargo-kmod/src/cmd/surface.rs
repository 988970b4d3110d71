// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `contract` and `drift` share: the code that uses C, and what a kernel says of it.
use crate::{cmd::session::Session, error::Result};
use kmod_boundary::{Source, Surface};
use kmod_kernel::Kernel;
use std::path::Path;

/// The Rust code of the `kernel` crate and its C helpers, named from the repository's root.
pub fn sources(session: &Session) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for dir in ["kernel", "helpers"] {
        add(&session.sdk.rust.join(dir), &format!("rust/{dir}"), &mut found)?;
    }
    Ok(found)
}

fn add(dir: &Path, name: &str, found: &mut Vec<Source>) -> Result<()> {
    for path in kmod_os::read_dir(dir)? {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{name}/{file}");
        if path.is_dir() && file != "target" && !file.starts_with('.') {
            add(&path, &name, found)?;
        } else if name.ends_with(".rs") || name.ends_with(".c") {
            found.push(Source { path: name, text: kmod_os::read_to_string(&path)? });
        }
    }
    Ok(())
}

pub fn surface(session: &Session, kernel: &Kernel) -> Result<Surface> {
    let header = session.sdk.rust.join("bindings/bindings_helper.h");
    Ok(Surface {
        label: kernel.release.clone(),
        facts: kernel.facts(&session.cache, &header, &session.bars)?,
        symvers: Some(kernel.symvers()?),
        config: Some(kernel.config()?),
    })
}
