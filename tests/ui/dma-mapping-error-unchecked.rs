// SPDX-License-Identifier: GPL-2.0
//! C: `writeq(dma_map_single(dev, buf, len, dir), regs + ADDRESS);` without `dma_mapping_error()`
use kernel::{
    device::{Bound, Device},
    dma::stream::{Mapping, ToDevice},
    prelude::*,
};

pub fn address(dev: &Device<Bound>, buffer: KVec<u8>) -> Result<u64> {
    let mapping = Mapping::<_, ToDevice>::new(dev, buffer);
    return Ok(mapping.dma_address()); //- //~ no method named `dma_address` found for enum
    Ok(mapping?.dma_address())
}
