// SPDX-License-Identifier: GPL-2.0
//! Memory barriers that are not part of an access.
//!
//! Each comes in three kinds: [`Full`] orders all accesses, [`Read`] loads against loads, [`Write`] stores against
//! stores; and for three sets of observers: [`mb`] for everything including devices, [`smp_mb`] for other processors,
//! [`dma_mb`] for memory shared with a coherent device.
//!
//! They are C's own instructions: on x86-64, where these are known, in place; else through helpers.
//!
//! C header: [`include/asm-generic/barrier.h`](srctree/include/asm-generic/barrier.h)
//!
//! # Examples
//!
//! ```
//! use kernel::sync::barrier::{dma_mb, smp_mb, Full, Write};
//!
//! // The descriptor is written before the device sees that it owns it.
//! dma_mb(Write);
//! smp_mb(Full);
//! ```
//!
//! Available on every supported kernel.

/// The kinds of barriers.
pub mod ordering {
    pub use crate::sync::atomic::ordering::Full;

    /// Orders loads before it against loads after it.
    pub struct Read;

    /// Orders stores before it against stores after it.
    pub struct Write;
}

pub use ordering::{Full, Read, Write};

/// All observers, devices included.
pub struct Mandatory;

/// The other processors.
pub struct Smp;

/// Devices with coherent DMA, and the other processors.
pub struct Dma;

mod private {
    /// Keeps the set of barriers closed.
    pub trait Sealed {}

    impl Sealed for super::Full {}
    impl Sealed for super::Read {}
    impl Sealed for super::Write {}
}

/// A kind of barrier that exists for the observers `Flavour`.
pub trait MemoryBarrier<Flavour = Mandatory>: private::Sealed {
    /// Runs the barrier.
    #[doc(hidden)]
    fn run();
}

macro_rules! impl_barrier {
    ($($kind:ty, $flavour:ty => $x86:literal, $call:expr;)*) => {$(
        impl MemoryBarrier<$flavour> for $kind {
            #[inline(always)]
            fn run() {
                // SAFETY: A barrier can be run anywhere. It writes to no memory that is in use: below the stack's end there
                // is nothing, as in the kernel nothing is kept there.
                #[cfg(CONFIG_X86_64)]
                unsafe {
                    // What has no instruction holds back the compiler, as the others do, too.
                    core::arch::asm!($x86)
                };
                // SAFETY: A barrier can be run anywhere and touches no memory.
                #[cfg(not(CONFIG_X86_64))]
                unsafe {
                    $call
                };
            }
        }
    )*};
}

impl_barrier! {
    Full, Mandatory => "mfence", bindings::mb();
    Read, Mandatory => "lfence", bindings::rmb();
    Write, Mandatory => "sfence", bindings::wmb();
    Full, Smp => "lock add dword ptr [rsp - 4], 0", bindings::smp_mb();
    Read, Smp => "", bindings::smp_rmb();
    Write, Smp => "", bindings::smp_wmb();
    Full, Dma => "mfence", bindings::dma_mb();
    Read, Dma => "", bindings::dma_rmb();
    Write, Dma => "", bindings::dma_wmb();
}

/// Orders accesses for all observers, including devices: `mb()`, `rmb()`, `wmb()`.
#[inline(always)]
pub fn mb<T: MemoryBarrier>(_: T) {
    T::run()
}

/// Orders accesses for other processors: `smp_mb()`, `smp_rmb()`, `smp_wmb()`.
#[inline(always)]
pub fn smp_mb<T: MemoryBarrier<Smp>>(_: T) {
    T::run()
}

/// Orders accesses to coherent memory for a device: `dma_mb()`, `dma_rmb()`, `dma_wmb()`.
#[inline(always)]
pub fn dma_mb<T: MemoryBarrier<Dma>>(_: T) {
    T::run()
}
