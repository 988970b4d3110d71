// SPDX-License-Identifier: GPL-2.0
//! The registers of BAR 0 (`docs/specs/edu.rst` of QEMU). Up to 0x80 all are 32 bits wide, from there 64 bits.
use kernel::{io::register, pci::Vendor};

pub(crate) const VENDOR: Vendor = Vendor::QEMU;
pub(crate) const DEVICE: u32 = 0x11e8;

/// The part of the BAR that holds registers.
pub(crate) const END: usize = 0xa0;

/// Where the device's own memory starts in its address space, and how many bytes it holds: of its 4096, QEMU 7.2 refuses
/// a transfer that includes the last one.
pub(crate) const MEMORY: u64 = 0x4_0000;
pub(crate) const MEMORY_SIZE: usize = 4095;

register! {
    /// Identification: 0xRRrr00ed, major and minor version and a mark.
    pub(crate) IDENTITY(u32) @ 0x00 {
        31:24 major;
        23:16 minor;
        15:0 mark;
    }

    /// Returns the complement of what was written: is anybody there?
    pub(crate) LIVENESS(u32) @ 0x04 {
        31:0 value;
    }

    /// Writing starts the computation of a factorial; reading returns the result.
    pub(crate) FACTORIAL(u32) @ 0x08 {
        31:0 value;
    }

    /// The state of the computation, and whether its end raises an interrupt.
    pub(crate) STATUS(u32) @ 0x20 {
        7:7 raise_interrupt;
        0:0 computing;
    }

    /// What raised the interrupt.
    pub(crate) INTERRUPT_STATUS(u32) @ 0x24 {
        8:8 dma_done;
        0:0 factorial_done;
    }

    /// Writing a 1 takes back what raised the interrupt.
    pub(crate) INTERRUPT_ACKNOWLEDGE(u32) @ 0x64 {
        31:0 bits;
    }

    pub(crate) DMA_SOURCE(u64) @ 0x80 {
        63:0 address;
    }

    pub(crate) DMA_DESTINATION(u64) @ 0x88 {
        63:0 address;
    }

    pub(crate) DMA_COUNT(u64) @ 0x90 {
        63:0 bytes;
    }

    /// Writing `start` starts the transfer.
    pub(crate) DMA_COMMAND(u64) @ 0x98 {
        2:2 raise_interrupt;
        1:1 to_host;
        0:0 start;
    }
}
