// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel that was found: where its parts lie, and what they say.
use crate::{Config, Error, Package, Result, Symvers, btf, facts, flags, image, libclang};
use kmod_os::{Cache, Progress};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Arch {
    X86_64,
    Aarch64,
}

impl Arch {
    /// Of a kernel's configuration; `None` for one that is not supported.
    pub fn of(config: &Config) -> Option<Self> {
        match (config.is_on("X86_64"), config.is_on("ARM64")) {
            (true, _) => Some(Self::X86_64),
            (_, true) => Some(Self::Aarch64),
            _ => None,
        }
    }

    /// As in a target triple.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }
}

/// A kernel to build for. Every path exists.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// As it was asked for.
    pub id: String,
    pub release: String,
    pub arch: Arch,
    /// What `make -C` takes; prepared, usable as it is.
    pub build_dir: PathBuf,
    /// What `make` must be told besides.
    pub make_args: Vec<String>,
    /// The boot image as packaged.
    pub vmlinuz: Option<PathBuf>,
    /// `…/lib/modules/<release>`
    pub modules_dir: Option<PathBuf>,
    /// An ELF file with a `.BTF` section, or raw BTF.
    pub btf: Option<PathBuf>,
    /// The header package, when there is one.
    pub package: Option<Package>,
}

impl Kernel {
    /// A folder's name for what is built for this kernel: its id, or one that stands for the path that the id is.
    pub fn folder(&self) -> String {
        match self.id.contains('/') || self.id.starts_with('.') {
            true => format!("{}-{}", self.release, hash([self.build_dir.as_os_str().as_encoded_bytes()])),
            false => self.id.clone(),
        }
    }

    pub fn config(&self) -> Result<Config> {
        Ok(Config::parse(&kmod_os::read_to_string(self.build_dir.join("include/config/auto.conf"))?))
    }

    pub fn symvers(&self) -> Result<Symvers> {
        let path = self.build_dir.join("Module.symvers");
        Symvers::parse(&kmod_os::read_to_string(&path)?).map_err(|why| Error::Malformed { path, why })
    }

    /// The decompressed kernel image (on x86_64 an ELF file, which QEMU starts by PVH).
    pub fn vmlinux(&self, cache: &Cache) -> Result<PathBuf> {
        let packed = self.vmlinuz.as_ref().ok_or_else(|| Error::Tree {
            path: self.build_dir.clone(),
            why: "has no boot image".to_owned(),
            next: "put its vmlinuz beside the tree, or use a packaged kernel",
        })?;
        let io = |source| kmod_os::Error::Io { action: "look at", path: packed.clone(), source };
        let key = std::fs::metadata(packed).and_then(|meta| Ok((meta.modified()?, meta.len()))).map_err(io)?;
        let key = hash([format!("{} {key:?}", packed.display()).as_bytes()]);
        let entry = cache.entry(format!("vmlinux/{}-{key}", self.release), |dir| {
            let kernel =
                image::unpack(&kmod_os::read(packed)?).map_err(|why| Error::Image { path: packed.clone(), why })?;
            Ok::<_, Error>(kmod_os::write(dir.join("vmlinux"), kernel)?)
        })?;
        Ok(entry.join("vmlinux"))
    }

    /// The flags with which clang reads this kernel's headers as kbuild's compiler does.
    pub fn cflags(&self, cache: &Cache) -> Result<Vec<String>> {
        let key = hash([self.identity()?.as_bytes(), self.build_dir.as_os_str().as_encoded_bytes(), FLAGS_FORMAT]);
        let entry = cache.entry(format!("cflags/{}-{key}", self.release), |dir| {
            let flags = flags::of_kbuild(self)?;
            Ok::<_, Error>(kmod_os::write(dir.join("flags"), flags.join("\n"))?)
        })?;
        let text = kmod_os::read_to_string(entry.join("flags"))?;
        let mut cflags = vec![format!("--target={}-linux-gnu", self.arch.name())];
        cflags.extend(text.lines().map(str::to_owned));
        // Kernels before 5.16 take <stdarg.h> from the compiler. Before gcc's own folder: clang cannot read all of that.
        if let Some(dir) = libclang().ok().and_then(|(path, _)| flags::resource_dir(&path)) {
            let at = cflags.iter().position(|flag| flag == "-isystem").unwrap_or(cflags.len());
            cflags.splice(at..at, ["-isystem".to_owned(), dir.display().to_string()]);
        }
        Ok(cflags)
    }

    /// What the headers that `header` includes say on this kernel.
    pub fn facts(&self, cache: &Cache, header: &Path, progress: &dyn Progress) -> Result<facts::Facts> {
        let text = kmod_os::read(header)?;
        let key = hash([self.identity()?.as_bytes(), &text, facts::FORMAT]);
        let entry = cache.entry(format!("facts/{}-{key}", self.release), |dir| {
            let _task = progress.start(&format!("read the headers of {}", self.release), None);
            let facts = facts::read(header, &self.cflags(cache)?, &self.release)?;
            let bytes = postcard::to_stdvec(&facts).map_err(|e| malformed(dir, &e))?;
            Ok::<_, Error>(kmod_os::write(dir.join("facts"), bytes)?)
        })?;
        let path = entry.join("facts");
        postcard::from_bytes(&kmod_os::read(&path)?).map_err(|damage| {
            // Only what was damaged after it was written gets here: the next run makes it anew.
            let gone = kmod_os::remove_dir_all(&entry).is_ok();
            malformed(&path, &format!("{damage}{}", if gone { "; it was removed: run the command again" } else { "" }))
        })
    }

    /// The file with the kernel's own record of its types.
    pub fn btf(&self, cache: &Cache) -> Result<PathBuf> {
        self.btf.clone().map_or_else(|| self.vmlinux(cache), Ok)
    }

    /// The types as the kernel was built with them.
    pub fn types(&self, cache: &Cache) -> Result<btf::Btf> {
        let path = self.btf(cache)?;
        btf::Btf::of_file(&kmod_os::read(&path)?).map_err(|why| Error::Malformed { path, why })
    }

    /// Names this very build: another version, configuration or rebuild has another one.
    pub fn identity(&self) -> Result<String> {
        let generated = self.build_dir.join("include/generated");
        let mut parts =
            vec![kmod_os::read(self.build_dir.join("Module.symvers"))?, kmod_os::read(generated.join("autoconf.h"))?];
        for file in ["utsrelease.h", "utsversion.h", "compile.h"] {
            parts.push(kmod_os::read(generated.join(file)).unwrap_or_default());
        }
        parts.push(format!("{:?}", self.package).into_bytes());
        Ok(hash(parts.iter().map(Vec::as_slice)))
    }
}

/// Changes when the allow-list of flags does.
const FLAGS_FORMAT: &[u8] = b"1";

fn malformed(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::Malformed { path: path.to_owned(), why: why.to_string() }
}

/// A short name for these bytes.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}
