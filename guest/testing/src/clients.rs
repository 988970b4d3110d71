// SPDX-License-Identifier: MIT OR Apache-2.0
//! What programs and file systems do with a disk. The driver's manifest asks for the programs (`install = ["fio"]`).
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::{fs, path::Path, process::Command};

/// Runs a program.
///
/// # Panics
/// Unless it succeeds; with what it printed.
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

/// fio on a disk, past the page cache, at places that are the same in every run.
///
/// # Panics
/// Unless it succeeds.
pub fn fio(disk: &Path, args: &[&str]) {
    run(Command::new("fio")
        .args(["--name=job", "--thread", "--direct=1", "--randseed=1", "--group_reporting", "--filename"])
        .arg(disk)
        .args(args));
}

/// Has fio write, then read it all and compare each block's checksum and place.
///
/// # Panics
/// Unless every block is what was written.
pub fn verify(disk: &Path, args: &[&str]) {
    fio(disk, &[&["--verify=crc32c", "--verify_fatal=1", "--do_verify=1"], args].concat());
}

/// Makes a file system, fills it, mounts it again, compares, and has it checked.
///
/// # Panics
/// If any of that fails.
pub fn file_system(disk: &Path, kind: &str, check: &[&str]) {
    run(Command::new(format!("mkfs.{kind}")).arg("-q").arg(disk));
    let dir = Path::new("/tmp").join(kind);
    fs::create_dir_all(&dir).unwrap();
    let content = |n: usize| vec![n as u8; 1 + n * 1000];
    mount(disk, &dir, kind, MountFlags::empty(), None).unwrap();
    for n in 0..100 {
        let folder = dir.join(format!("folder{}/below", n % 7));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(n.to_string()), content(n)).unwrap();
    }
    unmount(&dir, UnmountFlags::empty()).unwrap();
    mount(disk, &dir, kind, MountFlags::empty(), None).unwrap();
    for n in 0..100 {
        assert_eq!(fs::read(dir.join(format!("folder{}/below/{n}", n % 7))).unwrap(), content(n), "file {n}");
    }
    unmount(&dir, UnmountFlags::empty()).unwrap();
    run(Command::new(check[0]).args(&check[1..]).arg(disk));
}
