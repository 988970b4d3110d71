// SPDX-License-Identifier: GPL-2.0
//! The device goes away, and comes back, whatever its users are doing.
use kmod_testing::{bind, driver_devices, iowr, leaves_nothing, unbind, wait_for, wait_until, Ioctl, Monitor};
use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

const FACTORIAL: Ioctl = iowr::<u32>(b'E', 0);
const ENOENT: Option<i32> = Some(2);
const ENXIO: Option<i32> = Some(6);
const ENODEV: Option<i32> = Some(19);

fn open() -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/edu")
}

fn device() -> String {
    wait_for("/dev/edu");
    driver_devices("pci", "edu").remove(0)
}

#[test]
fn bound_a_thousand_times_it_leaves_nothing() {
    let device = device();
    leaves_nothing(950, || {
        unbind("pci", "edu", &device).unwrap();
        bind("pci", "edu", &device).unwrap();
    });
    assert_eq!(FACTORIAL.call_u32(open().unwrap(), 5).unwrap(), 120);
}

#[test]
fn users_race_with_unbind() {
    let device = device();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let user = |n: u32| {
            let mut calls = 0;
            while !done.load(Relaxed) {
                let called = open().and_then(|file| FACTORIAL.call_u32(&file, n));
                match called {
                    Ok(result) => assert_eq!(result, [1, 1, 2, 6, 24][n as usize]),
                    Err(e) => assert!([ENOENT, ENXIO, ENODEV].contains(&e.raw_os_error()), "{e}"),
                }
                calls += 1;
            }
            calls
        };
        // A file in sysfs is there with its driver's data, or is not there.
        let reader = |name: &str| {
            let path = format!("/sys/bus/pci/devices/{device}/{name}");
            let mut calls = 0;
            while !done.load(Relaxed) {
                match fs::read_to_string(&path) {
                    Ok(text) => assert!(text.ends_with('\n'), "{text:?}"),
                    Err(e) => assert!([ENOENT, ENXIO, ENODEV].contains(&e.raw_os_error()), "{e}"),
                }
                calls += 1;
            }
            calls
        };
        let users = [
            scope.spawn(move || user(3)),
            scope.spawn(move || user(4)),
            scope.spawn(move || reader("version")),
            scope.spawn(move || reader("operations")),
        ];
        for _ in 0..50 {
            unbind("pci", "edu", &device).unwrap();
            bind("pci", "edu", &device).unwrap();
        }
        done.store(true, Relaxed);
        users.map(|user| assert!(user.join().unwrap() > 0));
    });
}

#[test]
fn pulled_out_under_load_and_put_back() {
    let device = device();
    let mut qemu = Monitor::open().unwrap();
    let users: Vec<_> = (0..3)
        .map(|n| {
            let file = open().unwrap();
            thread::spawn(move || loop {
                if let Err(e) = file.write_all_at(&[n; 512], 0) {
                    return e.raw_os_error();
                }
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(300));
    qemu.device_del("card").unwrap();
    for user in users {
        assert_eq!(user.join().unwrap(), ENXIO);
    }
    let path = format!("/sys/bus/pci/devices/{device}");
    wait_until("the card's end", || !fs::exists(&path).unwrap());
    assert_eq!(open().unwrap_err().raw_os_error(), ENOENT);

    // QEMU lets go of the card a little after the kernel.
    wait_until("the slot", || qemu.device_add("edu", "card", "rp", &[]).is_ok());
    wait_until("the card", || !driver_devices("pci", "edu").is_empty());
    wait_for("/dev/edu");
    assert_eq!(FACTORIAL.call_u32(open().unwrap(), 5).unwrap(), 120);
}
