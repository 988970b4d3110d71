// SPDX-License-Identifier: MIT OR Apache-2.0
//! From an id to a kernel: unpacked packages in the cache, the running kernel's headers, or a tree of the user's.
use crate::{Arch, Config, Error, Kernel, Package, Query, Result, archive::Archive, catalogue, compiler, host_tools};
use kmod_os::{Cache, Cmd, Progress};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The oldest kernel that is supported.
const FLOOR: (u32, u32) = (5, 10);

/// What [`list`] tells of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelInfo {
    pub id: String,
    pub description: String,
    /// The package version in the cache, if there is one.
    pub installed: Option<String>,
}

/// Written beside the unpacked packages; paths count from their folder.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Where the folder was when it was prepared: its Makefile and the scripts around its tools name it.
    root: PathBuf,
    release: String,
    build_dir: PathBuf,
    make_args: Vec<String>,
    package: Package,
    packages: Vec<Package>,
}

/// The kernel called `id`; a packaged one is downloaded and prepared at its first use, and stays at that version until it
/// is removed.
pub fn resolve(id: &str, cache: &Cache, kernels_dir: &Path, progress: &dyn Progress) -> Result<Kernel> {
    if id == "host" {
        return tree(id, &Path::new("/lib/modules").join(Cmd::new("uname").arg("-r").run()?.trim()).join("build"));
    }
    if id.contains('/') || id == "." || id == ".." {
        return tree(id, Path::new(id));
    }
    let entry = catalogue::find(kernels_dir, id)?;
    let home = Path::new("kernels").join(&entry.name);
    let current = cache.path(&home).join("current");
    if let Ok(version) = kmod_os::read_to_string(&current) {
        let root = cache.path(home.join(version.trim()));
        match recorded(&root) {
            Some(record) => return load(id, &root, record),
            // The cache was moved, or written by another version of this crate.
            None => {
                let _lock = cache.lock(&home.join(version.trim()).to_string_lossy())?;
                if recorded(&root).is_none() {
                    kmod_os::remove_dir_all(&root)?;
                }
            }
        }
    }
    if cache.root().to_string_lossy().contains([' ', '\t', ':']) {
        return Err(Error::CachePath { path: cache.root().to_owned() });
    }
    let archive = Archive::new(cache, progress);
    let choice = entry.newest(&archive)?;
    progress.note(&format!("{id} is {} {}", entry.definition.description, choice.version));
    let root = cache.entry(home.join(&choice.version), |dir| {
        let suites: Vec<_> = entry.definition.suites.iter().map(String::as_str).collect();
        archive.unpack(&suites, &choice.packages, dir)?;
        prepare(dir, &cache.path(home.join(&choice.version)), &entry, &choice, &archive, cache)
    })?;
    kmod_os::write(&current, &choice.version)?;
    let damaged =
        || Error::Malformed { path: root.join("kernel.toml"), why: "it does not read as it was written".to_owned() };
    load(id, &root, recorded(&root).ok_or_else(damaged)?)
}

/// Every kernel of the catalogue, and whether the cache has it.
pub fn list(kernels_dir: &Path, cache: &Cache) -> Result<Vec<KernelInfo>> {
    let info = |(id, entry): (String, catalogue::Entry)| {
        let home = cache.path("kernels").join(&entry.name);
        let version = kmod_os::read_to_string(home.join("current")).ok().map(|version| version.trim().to_owned());
        let installed = version.filter(|version| home.join(version).exists());
        KernelInfo { id, description: format!("{} ({})", entry.definition.description, entry.flavour), installed }
    };
    Ok(catalogue::all(kernels_dir)?.into_iter().map(info).collect())
}

/// What `kernels/*.toml` takes for granted of the kernel called `id` and these answers contradict.
pub fn unmet_expectations(id: &str, kernels_dir: &Path, holds: impl Fn(&Query) -> bool) -> Result<Vec<String>> {
    let unmet = |text: &String| {
        let wanted = !text.starts_with('!');
        text.trim_start_matches('!').parse().map_or(true, |query| holds(&query) != wanted)
    };
    Ok(catalogue::find(kernels_dir, id)?.definition.expect.into_iter().filter(unmet).collect())
}

/// Forgets the kernel called `id`, so that the next use takes the newest version. Not being there is no error.
pub fn remove(id: &str, kernels_dir: &Path, cache: &Cache) -> Result<()> {
    let entry = catalogue::find(kernels_dir, id)?;
    Ok(kmod_os::remove_dir_all(cache.path("kernels").join(entry.name))?)
}

/// Makes packages that were unpacked in `root`, and will lie in `at`, into a tree that kbuild takes.
fn prepare(
    root: &Path,
    at: &Path,
    entry: &catalogue::Entry,
    choice: &catalogue::Choice,
    archive: &Archive,
    cache: &Cache,
) -> Result<()> {
    let headers = entry.headers(&choice.abi);
    let build_dir = Path::new("usr/src").join(&headers);
    let tree = root.join(&build_dir);
    // The only absolute paths of a header package.
    let makefile = kmod_os::read_to_string(tree.join("Makefile"))?;
    kmod_os::write(tree.join("Makefile"), makefile.replace("/usr/src/", &format!("{}/usr/src/", at.display())))?;
    // A `vmlinux` there makes kbuild give each module BTF, with pahole, which the machine may not have.
    if tree.join("vmlinux").exists() {
        kmod_os::rename(tree.join("vmlinux"), tree.join("vmlinux.btf"))?;
    }
    let config_path = tree.join("include/config/auto.conf");
    let config_text = kmod_os::read_to_string(&config_path)?;
    let config = Config::parse(&config_text);
    let compiler = compiler::choose(&tree, &config)?;
    let changes = compiler.changes(&config)?;
    if !changes.drop.is_empty() {
        let header = tree.join("include/generated/autoconf.h");
        let (conf, autoconf) = compiler::rewrite(&changes, &config_text, &kmod_os::read_to_string(&header)?);
        kmod_os::write(config_path, conf)?;
        kmod_os::write(header, autoconf)?;
    }
    let package = Package { name: headers, version: choice.version.clone() };
    let tools = host_tools::unusable(&root.join("usr/lib"))?;
    if !tools.is_empty() {
        let wanted = &entry.definition.host_libraries;
        let (suites, names): (Vec<_>, Vec<_>) =
            (wanted.suites.iter().map(String::as_str).collect(), wanted.packages.iter().map(String::as_str).collect());
        let libraries = archive.fetch_all(&suites, &names, &Path::new("host-libraries").join(suites.join("+")))?;
        for tool in tools {
            host_tools::wrap(&tool, root, at, &libraries, &package.name)?;
        }
    }
    let release = release(&tree)?.unwrap_or_else(|| choice.abi.clone());
    let record = Record {
        root: at.to_owned(),
        release,
        build_dir,
        make_args: compiler.make_args,
        package,
        packages: choice.packages.clone(),
    };
    let text = toml::to_string(&record)
        .map_err(|error| Error::Malformed { path: cache.path("kernels"), why: error.to_string() })?;
    Ok(kmod_os::write(root.join("kernel.toml"), text)?)
}

/// The record of a prepared kernel that lies where it was prepared.
fn recorded(root: &Path) -> Option<Record> {
    let record: Record = toml::from_str(&kmod_os::read_to_string(root.join("kernel.toml")).ok()?).ok()?;
    (record.root.canonicalize().ok()? == root.canonicalize().ok()?).then_some(record)
}

/// A prepared kernel of the cache.
fn load(id: &str, root: &Path, record: Record) -> Result<Kernel> {
    let kernel = tree(id, &root.join(&record.build_dir))?;
    let first = |paths: [String; 2]| paths.into_iter().map(|path| root.join(path)).find(|path| path.exists());
    let release = &record.release;
    Ok(Kernel {
        make_args: record.make_args,
        vmlinuz: first([format!("boot/vmlinuz-{release}"), format!("usr/lib/modules/{release}/vmlinuz")]),
        modules_dir: first([format!("lib/modules/{release}"), format!("usr/lib/modules/{release}")]),
        package: Some(record.package),
        ..kernel
    })
}

/// A prepared build tree, with the image and modules that lie where a build, or the machine, leaves them.
fn tree(id: &str, path: &Path) -> Result<Kernel> {
    let refuse = |why: &str, next: &'static str| Error::Tree { path: path.to_owned(), why: why.to_owned(), next };
    let build_dir = path.canonicalize().map_err(|error| {
        let next = if id == "host" { "install the running kernel's header package" } else { "check the path" };
        refuse(&error.to_string(), next)
    })?;
    let has = |file: &str| build_dir.join(file).exists();
    if !has("Makefile") || !(has("Kconfig") || has("include") || has("scripts")) {
        return Err(refuse("it is not a kernel build tree", "give the folder that `make -C` takes"));
    }
    if !has("include/generated/utsrelease.h")
        || !has("include/generated/autoconf.h")
        || !has("include/config/auto.conf")
    {
        return Err(refuse("it is not prepared", "run `make modules_prepare` in it, or build the kernel"));
    }
    if !has("Module.symvers") {
        let next = "build the kernel (`make`): what it exports is known only then";
        return Err(refuse("it has no Module.symvers", next));
    }
    let release = release(&build_dir)?.ok_or_else(|| {
        refuse(
            "its include/generated/utsrelease.h has no UTS_RELEASE",
            "run `make modules_prepare` in it, or build the kernel",
        )
    })?;
    if version(&release).is_none_or(|version| version < FLOOR) {
        return Err(refuse(
            &format!("it is Linux {release}, older than 5.10, the oldest supported"),
            "use a newer kernel",
        ));
    }
    let config = Config::parse(&kmod_os::read_to_string(build_dir.join("include/config/auto.conf"))?);
    let arch = Arch::of(&config)
        .ok_or_else(|| refuse("it is neither x86_64 nor arm64", "use a kernel of a supported architecture"))?;
    let first = |paths: &[PathBuf]| paths.iter().find(|path| path.exists()).cloned();
    let modules = Path::new("/lib/modules").join(&release);
    Ok(Kernel {
        id: id.to_owned(),
        vmlinuz: first(&[
            build_dir.join("arch/x86/boot/bzImage"),
            build_dir.join("arch/arm64/boot/Image"),
            build_dir.join("vmlinuz"),
            Path::new("/boot").join(format!("vmlinuz-{release}")),
        ]),
        modules_dir: first(&[modules]),
        btf: first(&[build_dir.join("vmlinux.btf"), build_dir.join("vmlinux")]),
        make_args: compiler::choose(&build_dir, &config)?.make_args,
        package: None,
        release,
        arch,
        build_dir,
    })
}

/// What `uname -r` says on this kernel. Debian's `kernel.release` holds the version without the flavour.
fn release(build_dir: &Path) -> Result<Option<String>> {
    let text = kmod_os::read_to_string(build_dir.join("include/generated/utsrelease.h"))?;
    Ok(text
        .lines()
        .find_map(|line| line.strip_prefix("#define UTS_RELEASE "))
        .map(|value| value.trim().trim_matches('"').to_owned()))
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree with just what is asked of one.
    fn sketch(release: &str, config: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("Makefile", ""),
            ("Module.symvers", ""),
            ("include/generated/autoconf.h", ""),
            ("include/config/auto.conf", config),
            ("include/generated/utsrelease.h", &format!("#define UTS_RELEASE \"{release}\"\n")),
        ] {
            kmod_os::write(dir.path().join(file), text).unwrap();
        }
        dir
    }

    fn refusal(dir: &Path) -> String {
        tree("x", dir).unwrap_err().to_string()
    }

    #[test]
    fn a_tree_is_taken_or_refused_with_a_reason() {
        let good = sketch("6.1.0-9", "CONFIG_X86_64=y\n");
        let kernel = tree("x", good.path()).unwrap();
        assert_eq!((kernel.release.as_str(), kernel.arch), ("6.1.0-9", Arch::X86_64));
        assert!(refusal(sketch("5.4.2", "CONFIG_X86_64=y\n").path()).contains("older than 5.10"));
        assert!(refusal(sketch("6.1.2", "CONFIG_RISCV=y\n").path()).contains("neither x86_64 nor arm64"));
        std::fs::remove_file(good.path().join("Module.symvers")).unwrap();
        assert!(refusal(good.path()).contains("no Module.symvers"));
        std::fs::remove_file(good.path().join("include/generated/utsrelease.h")).unwrap();
        assert!(refusal(good.path()).contains("not prepared"));
        assert!(refusal(&std::env::temp_dir()).contains("not a kernel build tree"));
        assert!(refusal(&good.path().join("absent")).contains("check the path"));
    }

    #[test]
    fn releases() {
        assert_eq!(
            ["5.10.0-46-cloud-amd64", "7.2.12+deb13", "6", ""].map(version),
            [Some((5, 10)), Some((7, 2)), None, None]
        );
    }
}
