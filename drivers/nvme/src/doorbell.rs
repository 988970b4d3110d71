// SPDX-License-Identifier: GPL-2.0
//! Doorbells, and their shadows: a controller that is emulated reads the shadows in memory, and says how far it has read, so
//! that the registers, which cost it a trap, are written only when it would not look by itself.
use crate::regs::Regs;
use kernel::{
    device::{Bound, Device},
    dma::{Coherent, DmaAddress},
    io::{io_read, io_write},
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        barrier::{dma_mb, mb, Full, Write},
        Arc,
    },
};

/// Words in a page: as many doorbells have a shadow.
const WORDS: usize = 1024;

/// The shadows of a controller's doorbells, each in the place of its register.
pub(crate) struct Shadows {
    /// What would be written to the registers.
    values: Coherent<[u32]>,
    /// The values at which the controller wants to be told by the register.
    events: Coherent<[u32]>,
    /// Not 0 if the controller knows of them.
    on: Atomic<u32>,
}

impl Shadows {
    pub(crate) fn new(dev: &Device<Bound>) -> Result<Self> {
        Ok(Self {
            values: Coherent::zeroed_slice(dev, WORDS, GFP_KERNEL)?,
            events: Coherent::zeroed_slice(dev, WORDS, GFP_KERNEL)?,
            on: Atomic::new(0),
        })
    }

    /// Where the values and the events are.
    pub(crate) fn dma_addresses(&self) -> (DmaAddress, DmaAddress) {
        (self.values.dma_address(), self.events.dma_address())
    }

    /// Forgets all values: the controller has been reset, and knows of no shadows.
    pub(crate) fn reset(&self) {
        self.on.store(0, Relaxed);
        for word in 0..WORDS {
            let clear = || -> Result {
                io_write!(self.values, [try: word], 0);
                io_write!(self.events, [try: word], 0);
                Ok(())
            };
            // All words are within.
            let _ = clear();
        }
    }

    /// The controller knows of them.
    pub(crate) fn enable(&self) {
        self.on.store(1, Relaxed);
    }

    /// Changes a value, and returns up to where the controller looks by itself.
    #[inline(always)]
    fn set(&self, word: usize, value: u32) -> Result<u32> {
        // What the value is about, a command or room for completions, is there before it.
        dma_mb(Write);
        io_write!(self.values, [try: word], value);
        // The controller writes the event, then looks at the value again: one of us sees what the other wrote.
        mb(Full);
        Ok(io_read!(self.events, [try: word]))
    }

    /// Whether a register has to be written after a value was changed: as it has if there is no shadow.
    #[inline(always)]
    fn must_ring(&self, word: usize, old: u32, new: u32) -> bool {
        if self.on.load(Relaxed) == 0 {
            return true;
        }
        match self.set(word, new) {
            // Whether the value has passed the event just now.
            Ok(event) => (new.wrapping_sub(event).wrapping_sub(1) as u16) < new.wrapping_sub(old) as u16,
            Err(_) => true,
        }
    }
}

/// The doorbell of a ring.
pub(crate) struct Doorbell {
    register: usize,
    word: usize,
    shadows: Arc<Shadows>,
}

impl Doorbell {
    pub(crate) fn new(register: usize, shadows: Arc<Shadows>) -> Self {
        Self { register, word: (register - Regs::DOORBELLS) / 4, shadows }
    }

    /// Tells the controller that the end of the ring, or its beginning, has moved.
    #[inline(always)]
    pub(crate) fn ring(&self, regs: &Regs, old: u32, new: u32) {
        if self.shadows.must_ring(self.word, old, new) {
            regs.ring(self.register, new);
        }
    }
}
