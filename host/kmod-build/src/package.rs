// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cargo package of a driver: found in its workspace, or made for a single file.
use crate::{Error, Request, Result, Target};
use cargo_metadata::{MetadataCommand, TargetKind, camino::Utf8Path};
use std::path::{Path, PathBuf};

/// The package that becomes the module.
#[derive(Debug, Clone)]
pub struct Package {
    pub name: String,
    /// The module's name: the library's, as the kernel wants it (no dashes).
    pub module: String,
    /// The name of its folder in the target folder: files of one name may lie in many places.
    pub folder: String,
    pub manifest: PathBuf,
    /// The library's root file.
    pub root: PathBuf,
    /// Where its workspace builds.
    pub target_dir: PathBuf,
    /// The in-kernel crates that it depends on: the folder `rust/`.
    pub rust_dir: PathBuf,
}

/// A single file's package depends on what mainline's build passes to every module.
const DEPENDENCIES: &[&str] = &["kernel", "macros", "bindings", "uapi", "ffi", "build_error", "pin-init"];
const REGISTRY: &[&str] = &["zerocopy", "zerocopy-derive"];

impl Package {
    pub fn of(request: &Request) -> Result<Self> {
        match &request.target {
            Target::Package { manifest_path, name } => in_workspace(request, manifest_path, name.as_deref()),
            Target::File(file) => around_file(request, file),
        }
    }
}

fn in_workspace(request: &Request, manifest: &Path, name: Option<&str>) -> Result<Package> {
    let mut options = Vec::new();
    options.extend(request.locked.then(|| "--locked".to_owned()));
    options.extend(request.offline.then(|| "--offline".to_owned()));
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .other_options(options)
        .exec()
        .map_err(|source| Error::Metadata { manifest: manifest.to_owned(), source: Box::new(source) })?;
    let members = metadata.workspace_packages();
    let same = |path: &Utf8Path| path.as_std_path().canonicalize().ok() == manifest.canonicalize().ok();
    let package = match name {
        Some(name) => members.iter().find(|p| *p.name == name),
        None => members.iter().find(|p| same(&p.manifest_path)),
    };
    let package = package.ok_or_else(|| Error::NoPackage {
        manifest: manifest.to_owned(),
        name: name.map(str::to_owned),
        members: members.iter().map(|p| p.name.to_string()).collect(),
    })?;
    let library = package
        .targets
        .iter()
        .find(|t| t.kind.iter().any(|k| matches!(k, TargetKind::Lib | TargetKind::RLib | TargetKind::StaticLib)));
    let library = library.ok_or_else(|| Error::NoLibrary { package: package.name.to_string() })?;
    // The `kernel` crate that the driver really uses, which may come from git.
    let kernel = metadata.packages.iter().find(|p| *p.name == "kernel");
    let rust_dir = kernel.and_then(|p| Some(p.manifest_path.parent()?.parent()?.as_std_path().to_owned()));
    Ok(Package {
        name: package.name.to_string(),
        module: library.name.replace('-', "_"),
        folder: library.name.replace('-', "_"),
        manifest: package.manifest_path.clone().into(),
        root: library.src_path.clone().into(),
        target_dir: request.target_dir.clone().unwrap_or_else(|| metadata.target_directory.clone().into()),
        rust_dir: rust_dir.unwrap_or_else(|| request.sdk.rust_dir.clone()),
    })
}

/// Makes a package in the cache whose library is `file`, which stays where it is.
fn around_file(request: &Request, file: &Path) -> Result<Package> {
    let bad = |why| Error::File { path: file.to_owned(), why };
    let root = file.canonicalize().map_err(|_| bad("there is no such file"))?;
    let stem = root.file_stem().and_then(|s| s.to_str()).ok_or_else(|| bad("its name is not UTF-8"))?;
    let module = stem.replace('-', "_");
    if !module.starts_with(|c: char| c.is_ascii_alphabetic())
        || module.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_')
    {
        return Err(bad("a module's name is made of letters, digits, `-` and `_`, and begins with a letter"));
    }
    let path = root.to_str().ok_or_else(|| bad("its path is not UTF-8"))?;
    let rust_dir = request.sdk.rust_dir.canonicalize().unwrap_or_else(|_| request.sdk.rust_dir.clone());
    let key = crate::hash([path, &rust_dir.to_string_lossy()]);
    let folder = format!("{module}-{key}");
    let dir = request.cache.path("single").join(&folder);
    kmod_os::write_if_changed(dir.join("Cargo.toml"), manifest(&module, path, &rust_dir))?;
    let lock = dir.join("Cargo.lock");
    // The versions that the SDK is tested with; cargo adds this package to it.
    if !kmod_os::exists(&lock) && kmod_os::exists(rust_dir.join("Cargo.lock")) {
        kmod_os::copy(rust_dir.join("Cargo.lock"), &lock)?;
    }
    Ok(Package {
        name: module.clone(),
        module,
        folder,
        manifest: dir.join("Cargo.toml"),
        root,
        target_dir: request.target_dir.clone().unwrap_or_else(|| request.cache.path("single/target")),
        rust_dir,
    })
}

fn manifest(module: &str, file: &str, rust_dir: &Path) -> String {
    let mut text = format!(
        "[workspace]\n\n[package]\nname = {module:?}\nversion = \"0.0.0\"\nedition = \"2021\"\npublish = false\n\n\
         [lib]\npath = {file:?}\ntest = false\ndoctest = false\n\n[dependencies]\n"
    );
    for name in DEPENDENCIES {
        let path = rust_dir.join(name);
        text += &format!("{name} = {{ path = {:?} }}\n", path.to_string_lossy());
    }
    for name in REGISTRY {
        text += &format!("{name} = {{ version = \"0.8\", default-features = false }}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_around_a_file_is_valid() {
        let text = manifest("rust_minimal", "/a \"b\"/rust_minimal.rs", Path::new("/sdk/rust"));
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["lib"]["path"].as_str(), Some("/a \"b\"/rust_minimal.rs"));
        assert_eq!(table["dependencies"]["pin-init"]["path"].as_str(), Some("/sdk/rust/pin-init"));
        assert_eq!(table["package"]["edition"].as_str(), Some("2021"));
    }
}
