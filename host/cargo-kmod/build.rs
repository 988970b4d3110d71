// SPDX-License-Identifier: MIT OR Apache-2.0
//! With the feature `embedded`: a table of the project's own files, which the program carries and unpacks where it has no
//! repository at hand.
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// Folders of the repository that a driver's build needs.
const FOLDERS: [&str; 4] = ["rust", "guest", "kernels", "templates"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_EMBEDDED").is_none() {
        return Ok(());
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("host/cargo-kmod lies in it");
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&repository.join(folder), &mut files)?;
    }
    let mut table = String::from("&[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(repository).expect("it was found there");
        table += &format!("({:?}, include_bytes!({:?})),\n", name.display().to_string(), file.display().to_string());
    }
    table += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("files.rs"), table)
}

/// The files below `dir`, sorted, without what a build or `cargo kmod` left there.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", dir.display());
    let mut paths = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let made = ["target", ".kmod"].iter().any(|name| path.ends_with(name));
        match path.is_dir() {
            _ if made => {}
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
