// SPDX-License-Identifier: GPL-2.0
//! C: `dma_alloc_coherent()` for a device kept with `get_device()`, which its driver may have lost meanwhile
use kernel::{device::Device, dma::Coherent, prelude::*, sync::aref::ARef};

pub struct Later {
    pub dev: ARef<Device>,
}

impl Later {
    pub fn allocate(&self) -> Result {
        //~ expected `&Device<Bound>`, found `&ARef<Device>`
        let _memory = Coherent::<u32>::zeroed(&self.dev, GFP_KERNEL)?; //-
        Ok(())
    }
}
