// SPDX-License-Identifier: GPL-2.0
//! C: `pci_enable_device(pdev);` and its result is lost
#![deny(unused_must_use)]
use kernel::{device::Core, pci};

pub fn enable(pdev: &pci::Device<Core<'_>>) {
    pdev.enable_device_mem(); //- //~ that must be used
    let _answered_elsewhere = pdev.enable_device_mem();
}
