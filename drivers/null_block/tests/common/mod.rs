// SPDX-License-Identifier: GPL-2.0
//! Disks made through configfs.
#![allow(dead_code, reason = "each test program uses a part of it")]
use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// A directory in configfs, removed when dropped, and its disk with it.
pub struct Disk(&'static str);

impl Disk {
    pub fn configured(name: &'static str, settings: &[(&str, &str)]) -> Self {
        let disk = Self(name);
        fs::create_dir(disk.dir()).unwrap();
        for (name, value) in settings {
            disk.set(name, value).unwrap();
        }
        disk
    }

    pub fn on(name: &'static str, settings: &[(&str, &str)]) -> Self {
        let disk = Self::configured(name, settings);
        disk.set("power", "1").unwrap();
        disk
    }

    fn dir(&self) -> PathBuf {
        Path::new("/sys/kernel/config/null_block").join(self.0)
    }

    pub fn device(&self) -> PathBuf {
        Path::new("/dev").join(self.0)
    }

    pub fn set(&self, name: &str, value: &str) -> io::Result<()> {
        fs::write(self.dir().join(name), value)
    }

    pub fn get(&self, name: &str) -> String {
        fs::read_to_string(self.dir().join(name)).unwrap().trim().to_owned()
    }

    /// A file of the block layer's about the disk.
    pub fn block(&self, name: &str) -> String {
        fs::read_to_string(Path::new("/sys/block").join(self.0).join(name)).unwrap().trim().to_owned()
    }

    pub fn queue(&self, name: &str) -> String {
        self.block(&format!("queue/{name}"))
    }

    pub fn read(&self, at: u64, len: usize) -> Vec<u8> {
        let mut data = vec![0; len];
        File::open(self.device()).unwrap().read_exact_at(&mut data, at).unwrap();
        data
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = fs::remove_dir(self.dir());
    }
}
