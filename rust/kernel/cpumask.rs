// SPDX-License-Identifier: GPL-2.0
//! Sets of CPUs.
//!
//! C header: [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h)
//!
//! Every kernel has it.

use crate::{
    alloc::{AllocError, Flags},
    cpu::CpuId,
    error::Result,
    prelude::GFP_KERNEL,
    types::Opaque,
};
use core::{
    mem::MaybeUninit,
    ops::{Deref, DerefMut},
};

/// A set of CPUs that belongs to somebody, maybe to C code.
///
/// # Examples
///
/// ```
/// use kernel::{bindings, cpu::CpuId, cpumask::Cpumask};
///
/// /// Lets a CPU have work too, and tells how many do.
/// ///
/// /// # Safety
/// ///
/// /// `ptr` must be valid for reads and writes, and nobody else may use it.
/// unsafe fn allow(ptr: *mut bindings::cpumask, cpu: CpuId) -> u32 {
///     // SAFETY: the caller's promise.
///     let mask = unsafe { Cpumask::from_raw_mut(ptr) };
///     mask.set(cpu);
///     mask.weight()
/// }
/// ```
#[repr(transparent)]
pub struct Cpumask(Opaque<bindings::cpumask>);

impl Cpumask {
    /// Makes an exclusive reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must be valid for reads and writes, and nobody else may use it.
    pub unsafe fn from_raw_mut<'a>(ptr: *mut bindings::cpumask) -> &'a mut Self {
        // SAFETY: the caller's promise, and `Cpumask` is transparent.
        unsafe { &mut *ptr.cast() }
    }

    /// Makes a reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must be valid for reads, and nobody may write it.
    pub unsafe fn from_raw<'a>(ptr: *const bindings::cpumask) -> &'a Self {
        // SAFETY: the caller's promise, and `Cpumask` is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Returns the pointer for C.
    pub fn as_raw(&self) -> *mut bindings::cpumask {
        self.0.get()
    }

    /// Adds a CPU.
    #[inline]
    pub fn set(&mut self, cpu: CpuId) {
        // SAFETY: it is a valid mask that nobody else uses, and there can be such a CPU.
        unsafe { bindings::__cpumask_set_cpu(u32::from(cpu), self.as_raw()) };
    }

    /// Removes a CPU.
    #[inline]
    pub fn clear(&mut self, cpu: CpuId) {
        // SAFETY: it is a valid mask that nobody else uses, and there can be such a CPU.
        unsafe { bindings::__cpumask_clear_cpu(i32::from(cpu), self.as_raw()) };
    }

    /// Returns whether a CPU is in it.
    #[inline]
    pub fn test(&self, cpu: CpuId) -> bool {
        // SAFETY: it is a valid mask, and there can be such a CPU.
        unsafe { bindings::cpumask_test_cpu(i32::from(cpu), self.as_raw()) }
    }

    /// Adds all CPUs that there can be.
    #[inline]
    pub fn setall(&mut self) {
        // SAFETY: it is a valid mask that nobody else uses.
        unsafe { bindings::cpumask_setall(self.as_raw()) };
    }

    /// Returns whether no CPU is in it.
    #[inline]
    pub fn empty(&self) -> bool {
        // SAFETY: it is a valid mask.
        unsafe { bindings::cpumask_empty(self.as_raw()) }
    }

    /// Returns whether all CPUs that there can be are in it.
    #[inline]
    pub fn full(&self) -> bool {
        // SAFETY: it is a valid mask.
        unsafe { bindings::cpumask_full(self.as_raw()) }
    }

    /// Returns how many CPUs are in it.
    #[inline]
    pub fn weight(&self) -> u32 {
        // SAFETY: it is a valid mask.
        unsafe { bindings::cpumask_weight(self.as_raw()) }
    }

    /// Makes `dstp` the same.
    #[inline]
    pub fn copy(&self, dstp: &mut Self) {
        // SAFETY: both are valid masks, and nobody else uses `dstp`.
        unsafe { bindings::cpumask_copy(dstp.as_raw(), self.as_raw()) };
    }
}

/// A set of CPUs of one's own: C's `cpumask_var_t`, which is a pointer to an allocation if there can be many CPUs.
///
/// # Invariants
///
/// It is what `alloc_cpumask_var()` made.
///
/// # Examples
///
/// ```
/// use kernel::{cpu::CpuId, cpumask::CpumaskVar};
///
/// let mut busy = CpumaskVar::new_zero(GFP_KERNEL)?;
/// assert!(busy.empty());
///
/// let here = CpuId::current();
/// busy.set(here);
/// assert!(busy.test(here));
/// assert_eq!(busy.weight(), 1);
///
/// let copy = CpumaskVar::try_clone(&busy)?;
/// busy.clear(here);
/// assert!(copy.test(here) && busy.empty());
///
/// busy.setall();
/// assert!(busy.full());
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
pub struct CpumaskVar {
    mask: bindings::cpumask_var_t,
}

// SAFETY: it is a set of numbers, which it owns.
unsafe impl Send for CpumaskVar {}

// SAFETY: a shared one can only be read.
unsafe impl Sync for CpumaskVar {}

impl CpumaskVar {
    /// Makes an empty set.
    pub fn new_zero(flags: Flags) -> Result<Self, AllocError> {
        Self::allocate(bindings::zalloc_cpumask_var, flags)
    }

    /// Makes a set whose contents are arbitrary.
    ///
    /// # Safety
    ///
    /// It must be given contents before it is read.
    pub unsafe fn new(flags: Flags) -> Result<Self, AllocError> {
        Self::allocate(bindings::alloc_cpumask_var, flags)
    }

    fn allocate(
        alloc: unsafe extern "C" fn(*mut bindings::cpumask_var_t, bindings::gfp_t) -> bool,
        flags: Flags,
    ) -> Result<Self, AllocError> {
        // Zero, so that it is a value in any case: C leaves a mask that is not a pointer as it was.
        let mut mask = MaybeUninit::<bindings::cpumask_var_t>::zeroed();
        // SAFETY: it is a pointer to memory for a `cpumask_var_t`.
        if !unsafe { alloc(mask.as_mut_ptr(), flags.as_raw()) } {
            return Err(AllocError);
        }
        // INVARIANT: it was just made.
        // SAFETY: zero is a value of it, and so is what C made of that.
        Ok(Self { mask: unsafe { mask.assume_init() } })
    }

    /// Makes an exclusive reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to what `alloc_cpumask_var()` made, which is not freed, and nobody else may use it.
    pub unsafe fn from_raw_mut<'a>(ptr: *mut bindings::cpumask_var_t) -> &'a mut Self {
        // SAFETY: the caller's promise, and `CpumaskVar` is transparent.
        unsafe { &mut *ptr.cast() }
    }

    /// Makes a reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to what `alloc_cpumask_var()` made, which is not freed, and nobody may write it.
    pub unsafe fn from_raw<'a>(ptr: *const bindings::cpumask_var_t) -> &'a Self {
        // SAFETY: the caller's promise, and `CpumaskVar` is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Makes a set of the CPUs of another.
    pub fn try_clone(cpumask: &Cpumask) -> Result<Self> {
        let mut clone = Self::new_zero(GFP_KERNEL)?;
        cpumask.copy(&mut clone);
        Ok(clone)
    }
}

impl Deref for CpumaskVar {
    type Target = Cpumask;

    fn deref(&self) -> &Cpumask {
        #[cfg(CONFIG_CPUMASK_OFFSTACK)]
        let ptr = self.mask;
        #[cfg(not(CONFIG_CPUMASK_OFFSTACK))]
        let ptr = self.mask.as_ptr();
        // SAFETY: by the type invariant, it is the pointer to the mask, or to an array of one; it belongs to `self`.
        unsafe { Cpumask::from_raw(ptr) }
    }
}

impl DerefMut for CpumaskVar {
    fn deref_mut(&mut self) -> &mut Cpumask {
        #[cfg(CONFIG_CPUMASK_OFFSTACK)]
        let ptr = self.mask;
        #[cfg(not(CONFIG_CPUMASK_OFFSTACK))]
        let ptr = self.mask.as_mut_ptr();
        // SAFETY: by the type invariant, it is the pointer to the mask, or to an array of one; it belongs to `self`.
        unsafe { Cpumask::from_raw_mut(ptr) }
    }
}

impl Drop for CpumaskVar {
    fn drop(&mut self) {
        // Otherwise nothing was allocated.
        #[cfg(CONFIG_CPUMASK_OFFSTACK)]
        // SAFETY: by the type invariant, `alloc_cpumask_var()` made it, and nobody uses it any more.
        unsafe {
            bindings::free_cpumask_var(self.mask)
        };
    }
}
