// SPDX-License-Identifier: GPL-2.0
//! C: `printk(name);` where `name` holds `%s`
use kernel::{device::Device, prelude::*};

pub fn greet(dev: &Device, name: &str) {
    dev_info!(dev, name); //- //~ format argument must be a string literal
    dev_info!(dev, "{name}\n");
}
