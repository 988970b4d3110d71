// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the project's own folders are: in the repository that we stand in, else unpacked from this program into the cache.
//!
//! A driver's manifest names the in-kernel crates below [`LINK`], a symbolic link to those folders beside the manifest:
//! the manifest is the same on every machine, and plain cargo and rust-analyzer follow it as `cargo kmod` does.
use crate::error::{Error, Result};
use kmod_os::Cache;
use std::path::{Path, PathBuf};

/// `kernel = { path = ".kmod/rust/kernel" }`
const LINK: &str = ".kmod";

pub struct Sdk {
    root: PathBuf,
    pub rust: PathBuf,
    pub guest: PathBuf,
    pub kernels: PathBuf,
}

impl Sdk {
    pub fn find(cache: &Cache) -> Result<Self> {
        let here = std::env::current_dir().unwrap_or_default();
        let root = match here.ancestors().find(|dir| is_repository(dir)) {
            Some(root) => root.to_owned(),
            None => embedded(cache)?,
        };
        Ok(Self { rust: root.join("rust"), guest: root.join("guest"), kernels: root.join("kernels"), root })
    }

    /// The repository, if that is where we stand, and not what it leaves out.
    pub fn repository(&self) -> Option<&Path> {
        kmod_os::exists(self.root.join("bench/loop")).then_some(&self.root)
    }

    /// The folder of a template of `cargo kmod new`.
    pub fn template(&self, name: &str) -> PathBuf {
        self.root.join("templates").join(name)
    }

    /// Makes the link for the manifests in `dir` and above that want it.
    pub fn link(&self, dir: &Path) -> Result<()> {
        for dir in dir.ancestors() {
            let text = std::fs::read_to_string(dir.join("Cargo.toml")).unwrap_or_default();
            if text.contains(&format!("\"{LINK}/")) {
                kmod_os::symlink(&self.root, dir.join(LINK))?;
            }
        }
        Ok(())
    }
}

fn is_repository(dir: &Path) -> bool {
    ["rust/kernel/lib.rs", "guest/init/Cargo.toml", "kernels"].iter().all(|part| dir.join(part).exists())
}

#[cfg(not(feature = "embedded"))]
fn embedded(_cache: &Cache) -> Result<PathBuf> {
    // The alias runs the workspace's own program from anywhere inside it, for example on a file elsewhere.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    if is_repository(root) { Ok(root.to_owned()) } else { Err(Error::NoSdk) }
}

#[cfg(feature = "embedded")]
fn embedded(cache: &Cache) -> Result<PathBuf> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

    let mut hasher = DefaultHasher::new();
    FILES.hash(&mut hasher);
    let name = format!("sdk/{:016x}", hasher.finish());
    let fill = |dir: &Path| FILES.iter().try_for_each(|(path, bytes)| kmod_os::write(dir.join(path), bytes));
    let root = cache.entry::<kmod_os::Error>(name, fill)?;
    if is_repository(&root) { Ok(root) } else { Err(Error::NoSdk) }
}
