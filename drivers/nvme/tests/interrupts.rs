// SPDX-License-Identifier: GPL-2.0
//! Controllers with fewer queues or vectors than there are processors, or with a line only.
mod common;

use common::*;
use kmod_testing::{bind, unbind};
use std::{fs, os::unix::fs::FileExt};

/// How many queues a disk has.
fn queues(disk: &str) -> usize {
    fs::read_dir(format!("/sys/block/{disk}/mq")).unwrap().count()
}

/// How many vectors a device uses: none if it interrupts by a line.
fn vectors(device: &str) -> usize {
    fs::read_dir(format!("/sys/bus/pci/devices/{device}/msi_irqs")).map_or(0, Iterator::count)
}

/// The disk works, and interrupts.
fn check(device: &str) {
    let disk = disks(device).remove(0);
    let file = open(&disk);
    let before = interrupts();
    for round in 0..8_u64 {
        let mut data = Buffer::pattern(0, 65536, round);
        file.write_all_at(data.bytes(), round << 20).unwrap();
        assert!(read(&file, round << 20, 65536) == data.bytes(), "{disk}");
    }
    assert!(interrupts() > before, "{disk}");
}

/// So that a processor's requests end where they came from.
#[test]
fn each_queue_is_for_the_processors_of_its_vector() {
    let _alone = alone();
    let device = controller(PLAIN);
    let disk = disks(&device).remove(0);
    let line = |path: String| fs::read_to_string(path).unwrap().trim().to_owned();
    let mut vectors: Vec<u32> = fs::read_dir(format!("/sys/bus/pci/devices/{device}/msi_irqs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap())
        .collect();
    vectors.sort();
    // The first is that of the admin queue.
    for (queue, vector) in vectors[1..].iter().enumerate() {
        let processors = line(format!("/sys/block/{disk}/mq/{queue}/cpu_list"));
        assert_eq!(processors, line(format!("/proc/irq/{vector}/smp_affinity_list")), "queue {queue}");
        assert_eq!(processors.len(), 1, "queue {queue}: {processors}");
    }
}

#[test]
fn few_vectors_and_few_queues() {
    let _alone = alone();
    // One vector for all; and one of the two queues is polled.
    let device = controller(ONE_VECTOR);
    assert_eq!((vectors(&device), queues(&disks(&device)[0])), (1, 2));
    check(&device);
    // One queue, which both processors use, with a vector besides that of the admin queue. None is left to be polled.
    let device = controller(FEW);
    assert_eq!((vectors(&device), queues(&disks(&device)[0])), (2, 1));
    check(&device);
}

#[test]
fn a_line_where_there_are_no_messages() {
    let _alone = alone();
    let device = controller(PLAIN);
    let messages = |on: &str| {
        unbind("pci", "rnvme", &device).unwrap();
        fs::write(format!("/sys/bus/pci/devices/{device}/msi_bus"), on).unwrap();
        bind("pci", "rnvme", &device).unwrap();
    };
    assert_eq!(vectors(&device), 3, "one for the administration, and one for each processor");
    messages("0");
    assert_eq!((vectors(&device), queues(&disks(&device)[0])), (0, 2));
    check(&device);
    messages("1");
    assert_eq!(vectors(&device), 3);
    check(&device);
}
