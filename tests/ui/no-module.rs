// SPDX-License-Identifier: GPL-2.0
//! C: no `module_init()`: the object links, loads and does nothing
use kernel::prelude::*;

pub struct Idle;

impl kernel::Module for Idle {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Idle)
    }
}

//~ module!
#[cfg(any())] //-
module! {
    type: Idle,
    name: "idle",
    description: "does nothing",
    license: "GPL",
}
