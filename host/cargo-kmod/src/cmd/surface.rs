// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the sub-commands on the boundary share: the code that uses C, and what a kernel says of it.
use crate::{
    cmd::session::Session,
    error::{Error, Result},
};
use kmod_boundary::{Source, Surface, Uses, headers};
use kmod_kernel::{Facts, Kernel};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Where a kernel tree has its Rust code, C helpers, and the lists of headers for bindgen.
const OF_TREE: [&str; 4] = ["rust/kernel", "rust/helpers", "rust/bindings", "rust/uapi"];

/// The Rust code and C helpers in these folders, or kernel trees; without any, the `kernel` crate's.
pub fn sources(session: &Session, folders: &[PathBuf]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for folder in folders {
        match folder.join("rust/bindings/bindings_helper.h").is_file() {
            true => OF_TREE
                .iter()
                .filter(|part| folder.join(part).is_dir())
                .try_for_each(|part| add(&folder.join(part), part, &mut sources))?,
            false => add(folder, &folder.display().to_string(), &mut sources)?,
        }
    }
    if folders.is_empty() {
        for part in ["kernel", "helpers", "bindings/bindings_helper.h"] {
            add(&session.sdk.rust.join(part), &format!("rust/{part}"), &mut sources)?;
        }
    }
    Ok(sources)
}

/// The headers that this code means: by its own list, if it has one, else by the `kernel` crate's.
pub fn headers(session: &Session, folders: &[PathBuf], sources: &[Source]) -> Result<PathBuf> {
    match headers::of(sources).filter(|_| !folders.is_empty()) {
        None => Ok(session.sdk.rust.join("bindings/bindings_helper.h")),
        Some(text) => {
            let name: String = Sha256::digest(&text)[..12].iter().map(|byte| format!("{byte:02x}")).collect();
            let fill = |dir: &Path| kmod_os::write(dir.join("headers.h"), &text);
            Ok(session.cache.entry::<kmod_os::Error>(format!("headers/{name}"), fill)?.join("headers.h"))
        }
    }
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
            false => file.ends_with(".rs") || file.ends_with(".c") || file.ends_with("_helper.h"),
        };
        if wanted {
            add(&path, &Path::new(name).join(&*file).display().to_string(), found)?;
        }
    }
    Ok(())
}

/// Both sides of a comparison: of kernels, of single headers (`old.h`), which say nothing of exports and configuration, or
/// of files of BTF, which know types and functions alone.
pub fn both(session: &Session, ids: [&str; 2], headers: &Path) -> Result<[Surface; 2]> {
    let types_alone = ids.iter().any(|id| is_btf(Path::new(id)));
    let [old, new] = ids.map(|id| match types_alone {
        true => of_btf(session, id),
        false => named(session, id, headers),
    });
    if types_alone {
        eprintln!(
            "note: BTF has types and functions; macros, inline functions, exports, configuration and comments are not compared"
        );
    }
    Ok([old?, new?])
}

/// A file that is BTF, or an ELF file, which may hold it.
fn is_btf(path: &Path) -> bool {
    let mut start = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut start));
    path.extension().is_some_and(|e| e == "btf")
        || read.is_ok() && (start.starts_with(&[0x9f, 0xeb]) || start == *b"\x7fELF")
}

/// Of a file of BTF, or of a kernel by its own BTF.
fn of_btf(session: &Session, id: &str) -> Result<Surface> {
    let path = match Path::new(id) {
        path if is_btf(path) => path.to_owned(),
        _ => session.kernel(id)?.btf(&session.cache)?,
    };
    let facts = Facts::of_btf(&kmod_os::read(&path)?).map_err(|why| Error::Btf { path, why })?;
    Ok(Surface { label: id.to_owned(), facts, ..Surface::default() })
}

/// Of a kernel, or of one header.
pub fn named(session: &Session, id: &str, headers: &Path) -> Result<Surface> {
    let path = Path::new(id);
    if path.extension().is_some_and(|e| e == "h") {
        if !path.is_file() {
            return Err(Error::NoHeader { path: path.to_owned() });
        }
        let facts = Facts::of_header(path).map_err(Error::Header)?;
        return Ok(Surface { label: id.to_owned(), facts, ..Surface::default() });
    }
    surface(session, &session.kernel(id)?, headers)
}

/// By the headers of the `kernel` crate.
pub fn of_ours(session: &Session, kernel: &Kernel) -> Result<Surface> {
    surface(session, kernel, &session.sdk.rust.join("bindings/bindings_helper.h"))
}

pub fn surface(session: &Session, kernel: &Kernel, headers: &Path) -> Result<Surface> {
    Ok(Surface {
        label: kernel.release.clone(),
        facts: kernel.facts(&session.cache, headers, &session.bars)?,
        symvers: Some(kernel.symvers()?),
        config: Some(kernel.config()?),
        source: kernel.package.as_ref().map(|package| package.version.clone()),
    })
}
