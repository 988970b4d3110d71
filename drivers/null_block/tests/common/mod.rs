// SPDX-License-Identifier: GPL-2.0
//! Disks made through configfs, and what fio and file systems do with them.
#![allow(dead_code, reason = "each test program uses a part of it")]
use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
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

/// Runs a program, which must succeed.
pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// fio, past the page cache, at places that are the same in every run.
pub fn fio(disk: &Disk, args: &[&str]) {
    run(Command::new("fio")
        .args(["--name=job", "--thread", "--direct=1", "--randseed=1", "--group_reporting", "--filename"])
        .arg(disk.device())
        .args(args));
}

/// Writes `amount` in requests of `size`, then reads it all and compares each block's checksum and place.
pub fn verify(disk: &Disk, rw: &str, size: &str, depth: &str, engine: &str, amount: &str) {
    let args = [("rw", rw), ("bs", size), ("iodepth", depth), ("ioengine", engine), ("size", amount)];
    let args: Vec<_> = args.iter().map(|(name, value)| format!("--{name}={value}")).collect();
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    args.extend(["--verify=crc32c", "--verify_fatal=1", "--do_verify=1"]);
    fio(disk, &args);
}

/// Makes a file system, fills it, mounts it again, compares, and has it checked.
pub fn file_system(disk: &Disk, kind: &str, check: &[&str]) {
    run(Command::new(format!("mkfs.{kind}")).arg("-q").arg(disk.device()));
    let dir = Path::new("/tmp").join(kind);
    fs::create_dir_all(&dir).unwrap();
    let content = |n: usize| vec![n as u8; 1 + n * 1000];
    mount(disk.device(), &dir, kind, MountFlags::empty(), None).unwrap();
    for n in 0..100 {
        let folder = dir.join(format!("folder{}/below", n % 7));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(n.to_string()), content(n)).unwrap();
    }
    unmount(&dir, UnmountFlags::empty()).unwrap();
    mount(disk.device(), &dir, kind, MountFlags::empty(), None).unwrap();
    for n in 0..100 {
        assert_eq!(fs::read(dir.join(format!("folder{}/below/{n}", n % 7))).unwrap(), content(n), "file {n}");
    }
    unmount(&dir, UnmountFlags::empty()).unwrap();
    run(Command::new(check[0]).args(&check[1..]).arg(disk.device()));
}
