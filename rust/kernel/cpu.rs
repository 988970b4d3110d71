// SPDX-License-Identifier: GPL-2.0
//! CPUs and their numbers.
//!
//! C headers: [`include/linux/cpu.h`](srctree/include/linux/cpu.h),
//! [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h)
//!
//! Every kernel has it.

use crate::{
    device::Device,
    error::{code::ENODEV, Result},
};

/// Returns a number that is larger than that of any CPU there can be on this machine.
#[inline]
pub fn nr_cpu_ids() -> u32 {
    // SAFETY: it can be called at any time.
    unsafe { bindings::nr_cpu_ids() }
}

/// The number of a CPU that there can be, whether it is there now or not.
///
/// # Invariants
///
/// It is below [`nr_cpu_ids()`].
///
/// # Examples
///
/// ```
/// use kernel::cpu::{nr_cpu_ids, CpuId};
///
/// let here = CpuId::current();
/// assert!(here.as_u32() < nr_cpu_ids());
/// assert!(CpuId::from_u32(nr_cpu_ids()).is_none());
/// assert_eq!(CpuId::from_i32(0).map(u32::from), Some(0));
/// assert!(CpuId::from_i32(-1).is_none());
/// ```
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct CpuId(u32);

impl CpuId {
    /// Makes the number of a CPU of `id`.
    ///
    /// # Safety
    ///
    /// `id` must not be negative, and be below [`nr_cpu_ids()`].
    #[inline]
    pub unsafe fn from_i32_unchecked(id: i32) -> Self {
        // INVARIANT: the caller's promise.
        Self(id as u32)
    }

    /// Makes the number of a CPU of `id`, or returns [`None`] if there can be no such CPU.
    #[inline]
    pub fn from_i32(id: i32) -> Option<Self> {
        Self::from_u32(u32::try_from(id).ok()?)
    }

    /// Makes the number of a CPU of `id`.
    ///
    /// # Safety
    ///
    /// `id` must be below [`nr_cpu_ids()`].
    #[inline]
    pub unsafe fn from_u32_unchecked(id: u32) -> Self {
        // INVARIANT: the caller's promise.
        Self(id)
    }

    /// Makes the number of a CPU of `id`, or returns [`None`] if there can be no such CPU.
    #[inline]
    pub fn from_u32(id: u32) -> Option<Self> {
        // INVARIANT: just checked.
        (id < nr_cpu_ids()).then_some(Self(id))
    }

    /// Returns the number.
    #[inline]
    pub fn as_u32(&self) -> u32 {
        self.0
    }

    /// Returns the number of the CPU that this runs on; it may run on another right afterwards, unless something
    /// forbids that.
    #[inline]
    pub fn current() -> Self {
        // INVARIANT: there is that CPU.
        // SAFETY: it can be called at any time.
        Self(unsafe { bindings::raw_smp_processor_id() })
    }
}

impl From<CpuId> for u32 {
    fn from(id: CpuId) -> Self {
        id.as_u32()
    }
}

impl From<CpuId> for i32 {
    fn from(id: CpuId) -> Self {
        // No loss: C counts CPUs with an `int` too.
        id.as_u32() as i32
    }
}

/// Returns the device of a CPU.
///
/// # Safety
///
/// The CPU must not be unregistered as long as the reference is used.
#[inline]
pub unsafe fn from_cpu(cpu: CpuId) -> Result<&'static Device> {
    // SAFETY: it can be called for any CPU.
    let device = unsafe { bindings::get_cpu_device(u32::from(cpu)) };
    if device.is_null() {
        return Err(ENODEV);
    }
    // SAFETY: it is a valid device, as long as the caller promises.
    Ok(unsafe { Device::from_raw(device) })
}
