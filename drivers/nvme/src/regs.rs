// SPDX-License-Identifier: GPL-2.0
//! The registers of BAR 0 (NVM Express base specification, section 3.1).
use kernel::{
    io::{register, Io},
    pci,
    prelude::*,
};

/// The part of the BAR that every controller has: the registers and the doorbells of the admin queue.
pub(crate) const END: usize = 0x1008;

register! {
    /// What the controller can do.
    pub(crate) CAP(u64) @ 0x00 {
        51:48 min_page_size;
        35:32 doorbell_stride;
        /// How long it may take to become ready, in units of half a second.
        31:24 timeout;
        /// The number of entries of the largest queue, minus 1.
        15:0 max_queue_entries;
    }

    /// What interrupts by a line are held back: of the bits that are set, those of completion queues.
    pub(crate) INTMS(u32) @ 0x0c {
        31:0 vectors;
    }

    /// Configuration.
    pub(crate) CC(u32) @ 0x14 {
        /// The size of an entry of a completion queue, as a power of two.
        23:20 completion_entry;
        19:16 submission_entry;
        15:14 shutdown;
        0:0 enable;
    }

    /// Status.
    pub(crate) CSTS(u32) @ 0x1c {
        3:2 shutdown;
        1:1 fatal;
        0:0 ready;
    }

    /// The sizes of the admin queues, minus 1.
    pub(crate) AQA(u32) @ 0x24 {
        27:16 completion;
        11:0 submission;
    }

    /// Where the admin submission queue is.
    pub(crate) ASQ(u64) @ 0x28 {
        63:0 address;
    }

    /// Where the admin completion queue is.
    pub(crate) ACQ(u64) @ 0x30 {
        63:0 address;
    }
}

pub(crate) type Bar<'a> = pci::Bar<'a, { END }>;

/// Whether this is a controller that the driver can handle; returns how many commands a queue can have under way.
pub(crate) fn check(bar: &Bar<'_>) -> Result<u32> {
    let cap = bar.read(CAP);
    if cap.into_raw() == u64::MAX || cap.min_page_size() != 0_u64 {
        return Err(ENODEV);
    }
    // One entry of a ring is always empty.
    match u32::try_from(u64::from(cap.max_queue_entries()))? {
        0 => Err(ENODEV),
        tags => Ok(tags),
    }
}

/// The registers, which can be accessed until the device is unbound.
pub(crate) struct Regs {
    bar: pci::DevresBar<{ END }>,
    stride: usize,
}

impl Regs {
    /// Where the doorbells are.
    pub(crate) const DOORBELLS: usize = 0x1000;

    pub(crate) fn new(bar: Bar<'_>) -> Result<Self> {
        let stride = 4 << u32::from(bar.read(CAP).doorbell_stride());
        Ok(Self { bar: bar.into_devres()?, stride })
    }

    /// Calls `f`, which must not sleep, with the registers. Fails with `ENXIO` once the device is unbound.
    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&Bar<'_>) -> R) -> Result<R> {
        self.bar.try_access_with(f).ok_or(ENXIO)
    }

    /// Where the doorbell of a submission queue is. Fails if the BAR has none for it, nor for its completion queue.
    pub(crate) fn doorbell(&self, queue: u16) -> Result<usize> {
        let offset = Self::DOORBELLS + 2 * usize::from(queue) * self.stride;
        let size = self.with(|bar| bar.size())?;
        if offset + self.stride + 4 > size {
            return Err(ENODEV);
        }
        Ok(offset)
    }

    /// How far the doorbell of a completion queue is from that of its submission queue.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Writes to a doorbell.
    #[inline(always)]
    pub(crate) fn ring(&self, doorbell: usize, value: u32) {
        // Without a device there is nobody to be told.
        let _ = self.with(|bar| bar.try_write32(value, doorbell));
    }
}
