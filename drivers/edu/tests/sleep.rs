// SPDX-License-Identifier: GPL-2.0
//! The system falls asleep while the device is used, and wakes.
use kmod_testing::{driver_devices, iowr, wait_for, Ioctl};
use std::{
    fs::{self, OpenOptions},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

const FACTORIAL: Ioctl = iowr::<u32>(b'E', 0);

#[test]
fn a_hibernation_comes_between() {
    wait_for("/dev/edu");
    let alive = format!("/sys/bus/pci/devices/{}/alive", driver_devices("pci", "edu").remove(0));
    fs::write(&alive, "0x1234").unwrap();
    let done = AtomicBool::new(false);
    let calls = thread::scope(|scope| {
        let user = scope.spawn(|| {
            let file = OpenOptions::new().read(true).write(true).open("/dev/edu").unwrap();
            let mut calls = 0;
            while !done.load(Relaxed) {
                // A process that is waiting is woken to be frozen.
                const EINTR: Option<i32> = Some(4);
                match FACTORIAL.call_u32(&file, 5) {
                    Ok(result) => assert_eq!(result, 120),
                    Err(e) => assert_eq!(e.raw_os_error(), EINTR),
                }
                calls += 1;
            }
            calls
        });
        // The image of the memory is made; with no swap to write it to, the system wakes again.
        fs::write("/sys/power/disk", "shutdown").unwrap();
        fs::write("/sys/power/state", "disk").unwrap_err();
        thread::sleep(Duration::from_millis(300));
        done.store(true, Relaxed);
        user.join().unwrap()
    });
    assert!(calls > 0);
    assert_eq!(
        fs::read_to_string(alive).unwrap(),
        "0xffffedcb\n",
        "what the driver wrote to see if it is the device is undone"
    );
}
