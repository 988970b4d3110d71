// SPDX-License-Identifier: GPL-2.0
//! C: `dma_map_single(dev, buf, len, DMA_TO_DEVICE)` for memory that the device then writes to
use kernel::{
    device::{Bound, Device},
    dma::stream::{FromDevice, Mapping, ToDevice},
    prelude::*,
};

pub fn receive(answer: &Mapping<'_, KVec<u8>, FromDevice>) -> u64 {
    answer.dma_address()
}

pub fn start(dev: &Device<Bound>) -> Result<u64> {
    let answer = Mapping::<_, ToDevice>::new(dev, KVec::from_elem(0, 512, GFP_KERNEL)?)?; //-
    return Ok(receive(&answer)); //- //~ mismatched types
    let answer = Mapping::new(dev, KVec::from_elem(0, 512, GFP_KERNEL)?)?;
    Ok(receive(&answer))
}
