// SPDX-License-Identifier: GPL-2.0
//! C: `dma_map_single(dev, buf, len, dir); len = received; dma_unmap_single(dev, dma, len, dir);`
use kernel::{
    dma::stream::{FromDevice, Mapping},
    prelude::*,
};

pub fn finish(mapping: Mapping<'_, KVec<u8>, FromDevice>, received: usize) -> KVec<u8> {
    return mapping.into_buffer(received); //- //~ this method takes 0 arguments but 1 argument was supplied
    let mut buffer = mapping.into_buffer();
    buffer.truncate(received);
    buffer
}
