// SPDX-License-Identifier: GPL-2.0
//! A controller is pulled out of its slot while fio uses its disk, and put back.
mod common;

use common::*;
use kmod_testing::{wait_for, Memory, Monitor};
use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
};

/// `cargo kmod test -p rnvme --filter pulled_out --append RNVME_PULLS=100 --timeout 3600` pulls it out a hundred times.
fn rounds() -> usize {
    env::var("RNVME_PULLS").map_or(2, |rounds| rounds.parse().unwrap())
}

/// Where fio says what it thinks.
const FIO_LOG: &str = "/tmp/fio.log";

/// Has fio read and write, until there is an error.
fn start_fio(disk: &str) -> Child {
    let log = fs::File::create(FIO_LOG).unwrap();
    Command::new("fio")
        .args(["--name=job", "--direct=1", "--rw=randrw", "--bs=4k", "--ioengine=io_uring", "--iodepth=32"])
        .args(["--numjobs=2", "--thread", "--time_based", "--runtime=3600"])
        .arg(format!("--filename=/dev/{disk}"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// How many reads of a disk have ended; none if it is not there yet.
fn reads(disk: &str) -> u64 {
    let stat = fs::read_to_string(format!("/sys/block/{disk}/stat")).unwrap_or_default();
    stat.split_whitespace().next().map_or(0, |reads| reads.parse().unwrap())
}

#[test]
fn pulled_out_while_fio_runs() {
    let _alone = alone();
    let device = controller(CARD);
    let path = format!("/sys/bus/pci/devices/{device}");
    take(&device);
    let mut qemu = Monitor::open().unwrap();
    let mut before = None;
    for round in 0..rounds() {
        let disk = disks(&device).remove(0);
        wait_for(format!("/dev/{disk}"));
        let mut fio = start_fio(&disk);
        wait_until("fio", || {
            let log = || fs::read_to_string(FIO_LOG).unwrap();
            assert!(fio.try_wait().unwrap().is_none(), "round {round}: fio ended before: {}", log());
            reads(&disk) > 200
        });

        qemu.device_del("card").unwrap();
        wait_until("the card's end", || !Path::new(&path).exists());
        assert!(!fio.wait().unwrap().success(), "round {round}: fio is told");
        assert!(!Path::new("/sys/block").join(&disk).exists(), "round {round}");

        // QEMU lets go of the card a little after the kernel.
        wait_until("the slot", || {
            qemu.device_add("nvme", "card", "rp", &[("serial", "card"), ("drive", "card-disk")]).is_ok()
        });
        wait_until("the card", || Path::new(&path).join("driver_override").exists());
        take(&device);
        wait_until("the disk", || !disks(&device).is_empty());
        assert_eq!(disks(&device), [disk], "round {round}: the number is free again");
        // The first rounds fill what the kernel keeps for the next.
        if round == rounds() / 10 {
            before = Some(Memory::in_use());
        }
    }
    let (before, after) = (before.unwrap(), Memory::in_use());
    let rounds = rounds() as u64;
    // What the kernel keeps for itself comes and goes by more than a few rounds could leak.
    if rounds < 50 {
        return;
    }
    println!("{rounds} times: {before:?}, {after:?}");
    assert!(after.objects < before.objects + 1000 + 20 * rounds, "{before:?}, {after:?}");
    assert!(after.kib < before.kib + 8192 + 64 * rounds, "{before:?}, {after:?}");
}
