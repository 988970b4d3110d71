// SPDX-License-Identifier: GPL-2.0

//! How an interrupt is requested.
//!
//! C header: [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h)

use crate::prelude::*;

/// Flags of an interrupt request, combined with `|`, `&` and `!`.
///
/// # Examples
///
/// ```
/// use kernel::irq::Flags;
///
/// let line = Flags::SHARED | Flags::TRIGGER_LOW;
/// assert!(line & Flags::SHARED == Flags::SHARED);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Flags(c_ulong);

impl Flags {
    /// As the interrupt is configured already.
    pub const TRIGGER_NONE: Flags = Flags::new(bindings::IRQF_TRIGGER_NONE);

    /// On a rising edge.
    pub const TRIGGER_RISING: Flags = Flags::new(bindings::IRQF_TRIGGER_RISING);

    /// On a falling edge.
    pub const TRIGGER_FALLING: Flags = Flags::new(bindings::IRQF_TRIGGER_FALLING);

    /// While the line is high.
    pub const TRIGGER_HIGH: Flags = Flags::new(bindings::IRQF_TRIGGER_HIGH);

    /// While the line is low.
    pub const TRIGGER_LOW: Flags = Flags::new(bindings::IRQF_TRIGGER_LOW);

    /// Other devices may have the same interrupt.
    pub const SHARED: Flags = Flags::new(bindings::IRQF_SHARED);

    /// The caller expects that sharing may fail.
    pub const PROBE_SHARED: Flags = Flags::new(bindings::IRQF_PROBE_SHARED);

    /// It is a timer's.
    pub const TIMER: Flags = Flags::new(bindings::__IRQF_TIMER);

    /// It is each CPU's own.
    pub const PERCPU: Flags = Flags::new(bindings::IRQF_PERCPU);

    /// It stays on its CPU.
    pub const NOBALANCING: Flags = Flags::new(bindings::IRQF_NOBALANCING);

    /// It is polled by others when theirs gets stuck.
    pub const IRQPOLL: Flags = Flags::new(bindings::IRQF_IRQPOLL);

    /// It stays masked until the threaded handler is done.
    pub const ONESHOT: Flags = Flags::new(bindings::IRQF_ONESHOT);

    /// It stays on during suspend.
    pub const NO_SUSPEND: Flags = Flags::new(bindings::IRQF_NO_SUSPEND);

    /// It is turned on on resume even if [`Self::NO_SUSPEND`] is set.
    pub const FORCE_RESUME: Flags = Flags::new(bindings::IRQF_FORCE_RESUME);

    /// Its handler is never made a thread.
    pub const NO_THREAD: Flags = Flags::new(bindings::IRQF_NO_THREAD);

    /// It is turned on early on resume.
    pub const EARLY_RESUME: Flags = Flags::new(bindings::IRQF_EARLY_RESUME);

    /// It stays on during suspend if shared with one that does.
    pub const COND_SUSPEND: Flags = Flags::new(bindings::IRQF_COND_SUSPEND);

    /// It is not turned on by the request.
    pub const NO_AUTOEN: Flags = Flags::new(bindings::IRQF_NO_AUTOEN);

    /// It is no sign of runaway if nobody handles it. Kernels before v5.14 lack the flag; there it does nothing.
    #[cfg(kmod_has = "const:IRQF_NO_DEBUG")]
    pub const NO_DEBUG: Flags = Flags::new(bindings::IRQF_NO_DEBUG);
    /// It is no sign of runaway if nobody handles it. This kernel lacks the flag; it does nothing.
    #[cfg(not(kmod_has = "const:IRQF_NO_DEBUG"))]
    pub const NO_DEBUG: Flags = Flags::new(0);

    pub(crate) const fn into_inner(self) -> c_ulong {
        self.0
    }

    const fn new(value: u32) -> Self {
        Self(value as c_ulong)
    }
}

impl core::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, rhs: Self) -> Self::Output {
        Self(self.0 | rhs.0)
    }
}

impl core::ops::BitAnd for Flags {
    type Output = Self;

    fn bitand(self, rhs: Self) -> Self::Output {
        Self(self.0 & rhs.0)
    }
}

impl core::ops::Not for Flags {
    type Output = Self;

    fn not(self) -> Self::Output {
        Self(!self.0)
    }
}
