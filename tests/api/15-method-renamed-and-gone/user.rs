// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::pci::{self, Device};

pub fn mine(device: &Device) -> bool {
    device.vendor_id() == Device::VENDOR && pci::name_of(device) == 1
}
