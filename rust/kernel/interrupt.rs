// SPDX-License-Identifier: GPL-2.0
//! Turning interrupts off on the local processor.
//!
//! C header: [`include/linux/irqflags.h`](srctree/include/linux/irqflags.h)
//!
//! # Examples
//!
//! ```
//! use kernel::interrupt::local_interrupt_disable;
//!
//! let outer = local_interrupt_disable();
//! let inner = local_interrupt_disable();
//! drop(outer);
//! // Still off: `inner` is alive.
//! drop(inner);
//! ```
//!
//! Mainline counts in `preempt_count()` how often interrupts have been turned off (`local_interrupt_disable()`), so
//! that they can be turned on again in any order. On kernels without that, helpers keep such a count for each processor
//! and module. Code that saves and restores interrupts around calls, as C does, nests with it in either direction.

use crate::types::NotThreadSafe;

/// Evidence that interrupts are off on this processor.
///
/// # Invariants
///
/// Interrupts stay off on the local processor as long as it exists.
pub struct LocalInterruptDisabled(NotThreadSafe);

/// Turns interrupts off until the result, and every other one of this processor, is dropped.
#[inline]
pub fn local_interrupt_disable() -> LocalInterruptDisabled {
    // SAFETY: It may be called in any context; dropping the result calls its counterpart.
    unsafe { bindings::local_interrupt_disable() };
    // INVARIANT: Just turned off. The type cannot go to another thread, and a task does not change processors
    // meanwhile.
    LocalInterruptDisabled(NotThreadSafe)
}

impl Drop for LocalInterruptDisabled {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: An owned value comes from `local_interrupt_disable` only.
        unsafe { bindings::local_interrupt_enable() };
    }
}

impl LocalInterruptDisabled {
    /// Takes the caller's word for it, e.g. in an interrupt handler.
    ///
    /// # Safety
    ///
    /// Interrupts are off on the local processor during `'a`, and the caller does not leave it.
    #[inline]
    pub unsafe fn assume_disabled<'a>() -> &'a LocalInterruptDisabled {
        #[cfg(CONFIG_PROVE_LOCKING)]
        // SAFETY: It only looks at the state.
        unsafe {
            bindings::lockdep_assert_irqs_disabled()
        };
        const { &LocalInterruptDisabled(NotThreadSafe) }
    }
}
