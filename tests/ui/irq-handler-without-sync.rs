// SPDX-License-Identifier: GPL-2.0
//! C: an interrupt handler that does `dev->count++`, while other processors do as well, without a lock
use core::cell::Cell;
use kernel::irq::{Handler, IrqReturn};

pub struct Counter {
    //~ `Cell<u32>` cannot be shared between threads safely
    pub count: Cell<u32>, //-
}

impl Handler for Counter {
    fn handle(&self) -> IrqReturn {
        self.count.set(self.count.get() + 1); //-
        IrqReturn::Handled
    }
}
