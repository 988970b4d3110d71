// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can go wrong between a kernel id and its facts: what, where, why, and what to do next.
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Os(#[from] kmod_os::Error),

    #[error(
        "no kernel `{id}`{}; `cargo kmod kernel list` names them all, `host` is the running one, and a path (with a `/`) \
             is a prepared build tree",
        nearby(near)
    )]
    UnknownKernel { id: String, near: Vec<String> },

    #[error("{}: {message}", path.display())]
    Definition { path: PathBuf, message: String },

    #[error("the kernel in {}: {why}; {next}", path.display())]
    Tree { path: PathBuf, why: String, next: &'static str },

    #[error(
        "no Debian mirror for {suites} in this machine's apt sources (/etc/apt/sources.list, /etc/apt/sources.list.d): \
             add one, or use `host` or the path of a prepared build tree"
    )]
    NoMirror { suites: String },

    #[error(
        "this machine has no `{program}`, which fetches kernels from distribution packages: install it, or use `host` \
             or the path of a prepared build tree"
    )]
    NoApt { program: &'static str },

    #[error(
        "cannot update the package lists of {suites}: check the network and the mirror in this machine's apt sources, \
             then run the command again"
    )]
    Update { suites: String, source: kmod_os::Error },

    #[error(
        "cannot download {package}: check the network and the free disk space, then run the command again (nothing of it \
             was kept)"
    )]
    Download { package: String, source: kmod_os::Error },

    #[error(
        "{package} arrived but does not unpack: check the free disk space, then run the command again (nothing of it was \
             kept)"
    )]
    Unpack { package: String, source: kmod_os::Error },

    #[error(
        "no package {package} in {suites}: the mirror in this machine's apt sources lacks it; take another mirror or another \
         kernel (`cargo kmod kernel list`)"
    )]
    NoPackage { package: String, suites: String },

    #[error(
        "apt cannot tell what {packages} depend on: check the names (`apt-cache search WORD`), or whether the \
             mirror in this machine's apt sources has them"
    )]
    Resolve { packages: String, source: kmod_os::Error },

    #[error("the cache {} has a blank or a colon in its path, which make(1) cannot take: set CARGO_KMOD_CACHE to another \
             folder", path.display())]
    CachePath { path: PathBuf },

    #[error("host tools of {package} do not run here, not even with their own libraries: {why}")]
    HostTools { package: String, why: String },

    #[error("no C compiler `{name}`, which builds the C side of a module: install gcc")]
    NoCompiler { name: String },

    #[error("{}: not a kernel image that can be unpacked: {why}; give a bzImage, a vmlinux or an arm64 Image", path.display())]
    Image { path: PathBuf, why: String },

    #[error("{}: {why}", path.display())]
    Malformed { path: PathBuf, why: String },

    #[error("{}: kbuild did not tell how it compiles a file: {why}", path.display())]
    Flags { path: PathBuf, why: String },

    #[error(
        "libclang is needed to read C headers: {why}; install libclang (Debian: apt install libclang-dev) or point \
             LIBCLANG_PATH at its folder"
    )]
    Libclang { why: String },

    #[error("{}: libclang cannot read it for {release}:\n{diagnostics}", header.display())]
    Header { header: PathBuf, release: String, diagnostics: String },
}

pub type Result<T> = std::result::Result<T, Error>;

fn nearby(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" (near: {})", names.join(", ")) }
}
