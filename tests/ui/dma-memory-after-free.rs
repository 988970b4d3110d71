// SPDX-License-Identifier: GPL-2.0
//! C: `dma_free_coherent(dev, size, cpu, dma); first = cpu[0];`
use kernel::{
    device::{Bound, Device},
    dma::Coherent,
    io::Io,
    prelude::*,
};

pub fn first(dev: &Device<Bound>) -> Result<u32> {
    let memory = Coherent::<u32>::zeroed_slice(dev, 16, GFP_KERNEL)?;
    let place = kernel::io::io_project!(memory, [try: 0]);
    drop(memory); //- //~ cannot move out of `memory` because it is borrowed
    Ok(place.read_val())
}
