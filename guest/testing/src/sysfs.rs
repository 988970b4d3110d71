// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices and drivers as sysfs shows them.
use std::{fs, io};

/// The names of the devices bound to a driver (`0000:00:02.0`).
pub fn driver_devices(bus: &str, driver: &str) -> Vec<String> {
    let entries = fs::read_dir(format!("/sys/bus/{bus}/drivers/{driver}")).into_iter().flatten().flatten();
    let names = entries.filter(|e| e.path().join("subsystem").exists()).map(|e| e.file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name != "module").collect()
}

/// Takes a device from its driver. Returns when the driver's unbind has run.
pub fn unbind(bus: &str, driver: &str, device: &str) -> io::Result<()> {
    fs::write(format!("/sys/bus/{bus}/drivers/{driver}/unbind"), device)
}

/// Gives a device to a driver. Returns when the driver's probe has run.
pub fn bind(bus: &str, driver: &str, device: &str) -> io::Result<()> {
    fs::write(format!("/sys/bus/{bus}/drivers/{driver}/bind"), device)
}
