// SPDX-License-Identifier: GPL-2.0
//! C: `static void __iomem *regs;` set by `probe()` and read after `remove()`, when the mapping is gone
use kernel::{io::Io, pci, prelude::*};

pub type Bar0<'a> = pci::Bar<'a, 16>;

pub fn keep<'bound>(bar: Bar0<'bound>) -> u32 {
    let forever: &Bar0<'static> = &bar; //- //~ lifetime may not live long enough
    let forever: &Bar0<'static> = forever; //-
    bar.read32(0)
}
