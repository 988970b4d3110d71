// SPDX-License-Identifier: GPL-2.0
//! The device's registers, in BAR 0.
use kernel::{io::register, pci};

pub(crate) const VENDOR: pci::Vendor = pci::Vendor::QEMU;
pub(crate) const DEVICE: u32 = 0x11e8;

/// The part of the BAR that the driver uses: a register beyond it does not compile.
pub(crate) const END: usize = 0x08;

pub(crate) type Bar0<'bound> = pci::Bar<'bound, END>;

register! {
    /// Which version the device is.
    pub(crate) IDENTITY(u32) @ 0x00 {
        31:24 major;
        23:16 minor;
    }

    /// Returns the complement of what was written.
    pub(crate) LIVENESS(u32) @ 0x04 {
        31:0 value;
    }
}
