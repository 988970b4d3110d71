// SPDX-License-Identifier: GPL-2.0

//! Interrupts.
//!
//! C header: [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h)
//!
//! A bus gives an [`IrqRequest`], the right to one of a device's interrupts (e.g.
//! [`pci::IrqVector`](crate::pci::IrqVector)); with it and a handler one makes a [`Registration`], or a
//! [`ThreadedRegistration`] for handlers that sleep. Handlers that borrow nothing can be handed to the device instead,
//! without `unsafe`: [`register`], [`register_threaded`]. All kernels have the C side.

mod flags;
mod request;

pub use flags::Flags;
pub use request::{
    register, register_threaded, Handler, IrqRequest, IrqReturn, Registration, ThreadedHandler, ThreadedIrqReturn,
    ThreadedRegistration,
};
