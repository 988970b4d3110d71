// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the sub-commands on the boundary share: the code that uses C, and what a kernel says of it.
use crate::{
    cmd::session::Session,
    error::{Error, Result},
};
use kmod_boundary::{Source, Surface, Uses};
use kmod_kernel::{Facts, Kernel};
use std::path::{Path, PathBuf};

/// The Rust code and C helpers in these folders; without any, the `kernel` crate's.
pub fn sources(session: &Session, folders: &[PathBuf]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for folder in folders {
        add(folder, &folder.display().to_string(), &mut sources)?;
    }
    if folders.is_empty() {
        for part in ["kernel", "helpers", "bindings/bindings_helper.h"] {
            add(&session.sdk.rust.join(part), &format!("rust/{part}"), &mut sources)?;
        }
    }
    Ok(sources)
}

/// What they use of C; `ours` are built by this command, which evaluates the constants that bindgen cannot.
pub fn uses(sources: &[Source], ours: bool) -> Uses {
    let mut uses = Uses::of(sources);
    uses.evaluated = ours;
    uses.unread.iter().for_each(|why| eprintln!("not read: {why}"));
    uses
}

/// Adds a folder's files, or a file, under the given name.
pub fn add(path: &Path, name: &str, found: &mut Vec<Source>) -> Result<()> {
    if path.is_file() {
        found.push(Source { path: name.to_owned(), text: kmod_os::read_to_string(path)? });
        return Ok(());
    }
    for path in kmod_os::read_dir(path)? {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let wanted = match path.is_dir() {
            true => file != "target" && !file.starts_with('.') && !path.is_symlink(),
            false => file.ends_with(".rs") || file.ends_with(".c") || file == "bindings_helper.h",
        };
        if wanted {
            add(&path, &Path::new(name).join(&*file).display().to_string(), found)?;
        }
    }
    Ok(())
}

/// Of a kernel, or of one header (`old.h`), which says nothing of exports and configuration.
pub fn named(session: &Session, id: &str) -> Result<Surface> {
    let path = Path::new(id);
    if path.extension().is_some_and(|e| e == "h") {
        if !path.is_file() {
            return Err(Error::NoHeader { path: path.to_owned() });
        }
        let facts = Facts::of_header(path).map_err(Error::Header)?;
        return Ok(Surface { label: id.to_owned(), facts, ..Surface::default() });
    }
    surface(session, &session.kernel(id)?)
}

pub fn surface(session: &Session, kernel: &Kernel) -> Result<Surface> {
    let header = session.sdk.rust.join("bindings/bindings_helper.h");
    Ok(Surface {
        label: kernel.release.clone(),
        facts: kernel.facts(&session.cache, &header, &session.bars)?,
        symvers: Some(kernel.symvers()?),
        config: Some(kernel.config()?),
        source: kernel.package.as_ref().map(|package| package.version.clone()),
    })
}
