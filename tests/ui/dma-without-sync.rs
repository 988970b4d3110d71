// SPDX-License-Identifier: GPL-2.0
//! C: `memcpy(bytes, buf, len)` of memory mapped `DMA_FROM_DEVICE`, without `dma_sync_single_for_cpu()`
use kernel::{
    dma::stream::{FromDevice, Mapping},
    io::Io,
    prelude::*,
};

pub fn first(answer: Mapping<'_, KVec<u8>, FromDevice>) -> [u8; 1] {
    let mut byte = [0];
    (&answer).copy_to_slice(&mut byte); //- //~ its trait bounds were not satisfied
    let answer = answer.sync_for_cpu();
    (&answer).copy_to_slice(&mut byte);
    byte
}
