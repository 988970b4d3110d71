// SPDX-License-Identifier: GPL-2.0
//! C: `dma_unmap_single()` in the interrupt handler and once more in the error path
use kernel::{
    dma::stream::{FromDevice, Mapping},
    prelude::*,
};

pub fn finish(mapping: Mapping<'_, KVec<u8>, FromDevice>) -> KVec<u8> {
    let buffer = mapping.into_buffer();
    drop(mapping.into_buffer()); //- //~ use of moved value: `mapping`
    buffer
}
