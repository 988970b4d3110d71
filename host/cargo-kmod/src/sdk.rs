// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the project's own folders are: in the repository that we stand in, else unpacked from this program into the cache.
use crate::error::{Error, Result};
use kmod_os::Cache;
use std::path::{Path, PathBuf};

pub struct Sdk {
    pub rust: PathBuf,
    pub guest: PathBuf,
    pub kernels: PathBuf,
}

impl Sdk {
    pub fn find(cache: &Cache) -> Result<Self> {
        let here = std::env::current_dir().unwrap_or_default();
        match here.ancestors().find(|dir| is_repository(dir)) {
            Some(root) => Ok(Self::at(root)),
            None => embedded(cache).map(|root| Self::at(&root)),
        }
    }

    fn at(root: &Path) -> Self {
        Self { rust: root.join("rust"), guest: root.join("guest"), kernels: root.join("kernels") }
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
    use include_dir::{Dir, include_dir};
    static FOLDERS: [(&str, Dir); 3] = [
        ("rust", include_dir!("$CARGO_MANIFEST_DIR/../../rust")),
        ("guest", include_dir!("$CARGO_MANIFEST_DIR/../../guest")),
        ("kernels", include_dir!("$CARGO_MANIFEST_DIR/../../kernels")),
    ];
    fn unpack(dir: &Dir, to: &Path) -> Result<()> {
        for file in dir.files() {
            kmod_os::write(to.join(file.path()), file.contents())?;
        }
        // A developer's own build output, when installed from a used checkout.
        let sources = dir.dirs().filter(|d| d.path().file_name().is_none_or(|name| name != "target"));
        sources.map(|d| unpack(d, to)).collect()
    }
    fn digest(dir: &Dir, hasher: &mut impl std::hash::Hasher) {
        use std::hash::Hash;
        for file in dir.files() {
            file.path().hash(hasher);
            file.contents().hash(hasher);
        }
        dir.dirs().filter(|d| d.path().file_name().is_none_or(|name| name != "target")).for_each(|d| digest(d, hasher));
    }
    let mut hasher = std::hash::DefaultHasher::new();
    FOLDERS.iter().for_each(|(_, dir)| digest(dir, &mut hasher));
    let name = format!("sdk/{:016x}", std::hash::Hasher::finish(&hasher));
    let fill = |to: &Path| FOLDERS.iter().try_for_each(|(name, dir)| unpack(dir, &to.join(name)));
    let root = cache.entry::<Error>(name, fill)?;
    if is_repository(&root) { Ok(root) } else { Err(Error::NoSdk) }
}
