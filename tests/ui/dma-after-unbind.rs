// SPDX-License-Identifier: GPL-2.0
//! C: a mapping kept in a structure that outlives `remove()`
use kernel::{
    device::{Bound, Device},
    dma::stream::{Mapping, ToDevice},
    prelude::*,
};

pub fn keep<'bound>(dev: &'bound Device<Bound>) -> Result<u64> {
    let mapping = Mapping::<_, ToDevice>::new(dev, KBox::new(0u32, GFP_KERNEL)?)?;
    let forever: &Mapping<'static, KBox<u32>, ToDevice> = &mapping; //- //~ lifetime may not live long enough
    let forever = forever.dma_address(); //-
    Ok(mapping.dma_address())
}
