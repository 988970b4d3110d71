// SPDX-License-Identifier: GPL-2.0
//! C: `dma = dma_map_single(dev, buf, len, DMA_FROM_DEVICE); buf[0] = 0;`
use kernel::{
    device::{Bound, Device},
    dma::stream::{FromDevice, Mapping},
    prelude::*,
};

pub fn lend(dev: &Device<Bound>, mut buffer: KVec<u8>) -> Result<u64> {
    let mapping = Mapping::<_, FromDevice>::new(dev, buffer)?;
    buffer.clear(); //- //~ borrow of moved value: `buffer`
    Ok(mapping.dma_address())
}
