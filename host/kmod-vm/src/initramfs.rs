// SPDX-License-Identifier: MIT OR Apache-2.0
//! The initramfs: an uncompressed newc archive (the kernel unpacks it faster than a compressed one).
use crate::{Error, Result};
use cpio::newc;
use kmod_job::{JOB_PATH, Job};
use kmod_os as os;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

const DIRECTORY: u32 = 0o040_755;
const CHARACTER_DEVICE: u32 = 0o020_600;
const FILE: u32 = 0o100_755;
const LINK: u32 = 0o120_777;

/// What the guest finds in its root: the init, the job, and files at absolute paths.
pub struct Initramfs {
    init: PathBuf,
    job: Job,
    files: Vec<(String, Content)>,
}

enum Content {
    Path(PathBuf),
    Bytes(Vec<u8>),
    Link(PathBuf),
}

impl Initramfs {
    pub fn new(init: impl Into<PathBuf>) -> Self {
        Self { init: init.into(), job: Job::default(), files: Vec::new() }
    }

    /// Adds a file of the host at `guest_path`; one path is added once.
    pub fn file(&mut self, guest_path: impl Into<String>, host_path: &Path) {
        self.add(guest_path.into(), Content::Path(host_path.to_owned()));
    }

    /// The same for bytes; returns whether the path was new.
    pub fn bytes(&mut self, guest_path: impl Into<String>, bytes: Vec<u8>) -> bool {
        self.add(guest_path.into(), Content::Bytes(bytes))
    }

    /// Adds all files and links below a folder of the host, which becomes the guest's root.
    pub fn tree(&mut self, root: &Path) -> Result<()> {
        let mut open = vec![root.to_owned()];
        while let Some(folder) = open.pop() {
            for path in os::read_dir(&folder)? {
                let guest_path = format!("/{}", path.strip_prefix(root).unwrap_or(&path).display());
                if let Ok(target) = std::fs::read_link(&path) {
                    self.add(guest_path, Content::Link(target));
                } else if path.is_dir() {
                    open.push(path);
                } else {
                    self.file(guest_path, &path);
                }
            }
        }
        Ok(())
    }

    pub fn step(&mut self, step: kmod_job::Step) {
        self.job.steps.push(step);
    }

    fn add(&mut self, path: String, content: Content) -> bool {
        let new = self.files.iter().all(|(p, _)| *p != path);
        if new {
            self.files.push((path, content));
        }
        new
    }

    pub fn pack(&self) -> Result<Vec<u8>> {
        let mut archive = Archive::default();
        archive.node("dev", DIRECTORY, None, &[])?;
        // What the kernel opens as the init's standard input and output, before devtmpfs is mounted.
        archive.node("dev/console", CHARACTER_DEVICE, Some((5, 1)), &[])?;
        archive.file("/init", &os::read(&self.init)?)?;
        let job = serde_json::to_vec(&self.job).expect("a job holds only strings");
        archive.file(JOB_PATH, &job)?;
        for (path, content) in &self.files {
            match content {
                Content::Path(host) => archive.file(path, &os::read(host)?)?,
                Content::Bytes(bytes) => archive.file(path, bytes)?,
                Content::Link(target) => archive.entry(path, LINK, target.as_os_str().as_encoded_bytes())?,
            }
        }
        archive.finish()
    }
}

#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    folders: BTreeSet<String>,
}

impl Archive {
    fn file(&mut self, path: &str, content: &[u8]) -> Result<()> {
        self.entry(path, FILE, content)
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) -> Result<()> {
        let path = path.trim_start_matches('/');
        for (at, _) in path.match_indices('/') {
            if self.folders.insert(path[..at].to_owned()) {
                self.node(&path[..at], DIRECTORY, None, &[])?;
            }
        }
        self.node(path, mode, None, content)
    }

    fn node(&mut self, path: &str, mode: u32, device: Option<(u32, u32)>, content: &[u8]) -> Result<()> {
        let mut entry = newc::Builder::new(path).mode(mode).nlink(1);
        if let Some((major, minor)) = device {
            entry = entry.rdev_major(major).rdev_minor(minor);
        }
        let error = |source| Error::Pack { path: path.into(), source };
        let mut writer = entry.write(&mut self.bytes, content.len() as u32);
        std::io::Write::write_all(&mut writer, content).map_err(error)?;
        writer.finish().map_err(error).map(drop)
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        newc::trailer(&mut self.bytes).map_err(|source| Error::Pack { path: "the trailer".into(), source })?;
        Ok(self.bytes)
    }
}
