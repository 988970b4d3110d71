// SPDX-License-Identifier: MIT OR Apache-2.0
//! Binds mainline's `rust_driver_pci` again and again: nothing is left.
use kmod_testing::{bind, driver_devices, leaves_nothing, unbind};
use std::fs;

fn main() {
    let (bus, driver) = ("pci", "rust_driver_pci");
    let device = driver_devices(bus, driver).remove(0);
    // Of what each probe says, the first was enough.
    fs::write("/proc/sys/kernel/printk", "1").unwrap();
    leaves_nothing(500, || {
        unbind(bus, driver, &device).unwrap();
        bind(bus, driver, &device).unwrap();
    });
    fs::write("/proc/sys/kernel/printk", "7").unwrap();
    println!("rust_driver_pci: bound again and again, nothing is left");
}
