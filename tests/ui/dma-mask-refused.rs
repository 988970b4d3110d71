// SPDX-License-Identifier: GPL-2.0
//! C: `dma_set_mask(dev, DMA_BIT_MASK(28));` whose result nobody looks at: the device gets addresses that it cannot use
#![deny(unused_must_use)]
use kernel::{
    device::Core,
    dma::{Device, DmaMask},
    pci,
    prelude::*,
};

pub fn prepare(pdev: &pci::Device<Core<'_>>) -> Result {
    // SAFETY: Nothing is allocated or mapped yet.
    unsafe { pdev.dma_set_mask_and_coherent(DmaMask::new::<28>()) }; //- //~ that must be used
    // SAFETY: As above.
    unsafe { pdev.dma_set_mask_and_coherent(DmaMask::new::<28>()) }
}
