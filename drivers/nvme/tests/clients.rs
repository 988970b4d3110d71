// SPDX-License-Identifier: GPL-2.0
//! Programs and file systems that use the disks.
mod common;

use common::*;
use kmod_testing::{file_system, fio, run, verify, Calls};
use std::{env, fs, path::PathBuf, process::Command};

fn disk(number: usize) -> PathBuf {
    PathBuf::from("/dev").join(&disks(&controller(number))[0])
}

/// `cargo kmod test -p rnvme --filter fio_reads --append RNVME_WIDE=1 --timeout 3600` asks for all that fio does here, in minutes;
/// else it is a part, in seconds.
fn wide() -> bool {
    env::var_os("RNVME_WIDE").is_some()
}

#[test]
fn fio_reads_what_it_wrote() {
    let _alone = alone();
    let sizes: &[&str] = if wide() { &["512", "4k", "16k", "64k", "128k", "1m"] } else { &["512", "128k"] };
    let depths: &[&str] = if wide() { &["1", "8", "32", "128"] } else { &["32"] };
    let jobs: &[&str] = if wide() { &["1", "4"] } else { &["2"] };
    for size in sizes {
        for depth in depths {
            for engine in ["libaio", "io_uring"] {
                for jobs in jobs {
                    if (*size, *depth, *jobs) == ("1m", "128", "4") {
                        continue; // Half a GiB of buffers: more than the machine has.
                    }
                    for rw in ["randwrite", "write"] {
                        let args = [
                            ("bs", *size),
                            ("iodepth", depth),
                            ("ioengine", engine),
                            ("numjobs", jobs),
                            ("rw", rw),
                            // Each job has a part of the disk.
                            ("size", "8m"),
                            ("offset_increment", "8m"),
                            (
                                "io_size",
                                if *size == "512" {
                                    "128k"
                                } else if wide() {
                                    "8m"
                                } else {
                                    "2m"
                                },
                            ),
                        ];
                        let args = args.map(|(name, value)| format!("--{name}={value}"));
                        if wide() {
                            // A machine that says nothing for two minutes is ended.
                            fs::write("/dev/kmsg", args.join(" ")).unwrap();
                        }
                        verify(&disk(PLAIN), &args.each_ref().map(String::as_str));
                    }
                }
            }
        }
    }
}

/// Since v5.16, of disks that share their tags with no other.
#[test]
fn requests_that_come_together_are_taken_together() {
    let _alone = alone();
    let calls = Calls::of("blk_mq_start_request").unwrap();
    let batches = ["--iodepth=32", "--iodepth_batch=32", "--iodepth_batch_complete_min=32"];
    let reads = ["--rw=randread", "--bs=4k", "--ioengine=libaio", "--io_size=1m", "--size=8m"];
    fio(&disk(PLAIN), &[batches.as_slice(), &reads].concat());
    let [together, alone] = ["queue_rqs_callback", "queue_rq_callback"].map(|name| calls.from("rnvme", name).unwrap());
    if kernel_has("blk_mq_end_request_batch") {
        assert!(together > alone, "{together} together, {alone} alone");
    } else {
        assert!(together == 0 && alone > 0, "{together} together, {alone} alone");
    }
}

/// More than there are lists for: the queue refuses requests, and the block layer brings them again.
#[test]
fn large_requests_wait_for_a_list() {
    let _alone = alone();
    let many = ["--rw=write", "--bs=256k", "--ioengine=libaio", "--iodepth=48", "--iodepth_batch=48", "--size=12m"];
    verify(&disk(PLAIN), &many);
}

#[test]
fn polled_requests() {
    let _alone = alone();
    let polled = ["--bs=4k", "--ioengine=io_uring", "--hipri", "--iodepth=8", "--size=1m"];
    for number in [PLAIN, SEVERAL, ONE_VECTOR] {
        let before = interrupts();
        fio(&disk(number), &[&polled[..], &["--rw=randread", "--io_size=2m"]].concat());
        let after = interrupts();
        assert!(after < before + 256, "512 reads without their interrupts: {before}, {after}");
        verify(&disk(number), &[&polled[..], &["--rw=randwrite"]].concat());
    }
}

#[test]
fn ext4_and_xfs_keep_a_tree_of_files() {
    let _alone = alone();
    for (kind, check) in [("ext4", &["fsck.ext4", "-fn"][..]), ("xfs", &["xfs_repair", "-n"])] {
        file_system(&disk(PLAIN), kind, check);
        run(Command::new("blkdiscard").arg(disk(PLAIN)));
    }
}
