// SPDX-License-Identifier: GPL-2.0

//! Drivers that set the frequency of processors.
//!
//! C header: [`include/linux/cpufreq.h`](srctree/include/linux/cpufreq.h)
//!
//! Processors that change their frequency together share a [`Policy`]. A [`Driver`] fills it in when it is made, and is
//! told what frequency to set.
//!
//! # Examples
//!
//! ```
//! # mod cpufreq_doc {
//! # use kernel::prelude::*;
//! use kernel::{clk::Hertz, cpufreq};
//!
//! struct TwoSpeeds;
//!
//! #[vtable]
//! impl cpufreq::Driver for TwoSpeeds {
//!     const NAME: &'static CStr = c"two-speeds";
//!     const FLAGS: u16 = cpufreq::flags::NEED_INITIAL_FREQ_CHECK;
//!     const BOOST_ENABLED: bool = false;
//!     type PData = KBox<cpufreq::TableBox>;
//!
//!     fn init(policy: &mut cpufreq::Policy) -> Result<Self::PData> {
//!         let mut builder = cpufreq::TableBuilder::new();
//!         builder.add(Hertz::from_mhz(800), 0, 0)?;
//!         builder.add(Hertz::from_mhz(1600), 0, 1)?;
//!         let table = KBox::new(builder.to_table()?, GFP_KERNEL)?;
//!         // SAFETY: the table is kept as the policy's data.
//!         unsafe { policy.set_freq_table(&table) };
//!         policy.set_transition_latency_ns(cpufreq::DEFAULT_TRANSITION_LATENCY_NS);
//!         Ok(table)
//!     }
//!
//!     fn verify(data: &mut cpufreq::PolicyData) -> Result {
//!         data.generic_verify()
//!     }
//!
//!     fn target_index(_policy: &mut cpufreq::Policy, index: cpufreq::TableIndex) -> Result {
//!         pr_debug!("speed {}\n", usize::from(index));
//!         Ok(())
//!     }
//! }
//! # }
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel that has `CONFIG_CPU_FREQ`.

use crate::{
    bindings,
    clk::Hertz,
    cpu::CpuId,
    cpumask,
    device::{Bound, Device},
    devres,
    error::{code::*, from_result, to_result, Result, VTABLE_DEFAULT_ERROR},
    prelude::*,
    types::{ForeignOwnable, Opaque},
};
use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    ptr,
};

#[cfg(CONFIG_COMMON_CLK)]
use crate::clk::Clk;

mod driver;
pub use driver::{Driver, Registration};

/// The time that a change of the frequency takes where nobody knows better: a millisecond.
// C's CPUFREQ_DEFAULT_TRANSITION_LATENCY_NS is younger than v5.10.
pub const DEFAULT_TRANSITION_LATENCY_NS: u32 = 1_000_000;

/// What sets a driver apart, for [`Driver::FLAGS`].
// The numbers differ between kernels, so they are taken from the header.
pub mod flags {
    use crate::bindings;

    /// The driver wants to know of changed limits even if the frequency stays.
    pub const NEED_UPDATE_LIMITS: u16 = bindings::CPUFREQ_NEED_UPDATE_LIMITS as u16;
    /// The speed of delay loops does not depend on the frequency.
    pub const CONST_LOOPS: u16 = bindings::CPUFREQ_CONST_LOOPS as u16;
    /// The driver is to be registered for cooling.
    pub const IS_COOLING_DEV: u16 = bindings::CPUFREQ_IS_COOLING_DEV as u16;
    /// Each policy may have a governor with settings of its own.
    pub const HAVE_GOVERNOR_PER_POLICY: u16 = bindings::CPUFREQ_HAVE_GOVERNOR_PER_POLICY as u16;
    /// The driver tells of the end of a change by itself.
    pub const ASYNC_NOTIFICATION: u16 = bindings::CPUFREQ_ASYNC_NOTIFICATION as u16;
    /// The frequency at the start may not be in the table, and is to be changed to one that is.
    pub const NEED_INITIAL_FREQ_CHECK: u16 = bindings::CPUFREQ_NEED_INITIAL_FREQ_CHECK as u16;
    /// Governors that change the frequency often are not for this driver.
    pub const NO_AUTO_DYNAMIC_SWITCHING: u16 = bindings::CPUFREQ_NO_AUTO_DYNAMIC_SWITCHING as u16;
}

// Efficient frequencies came with v5.16.
#[cfg(kmod_has = "const:CPUFREQ_RELATION_E")]
const EFFICIENT: u32 = bindings::CPUFREQ_RELATION_E as u32;
#[cfg(not(kmod_has = "const:CPUFREQ_RELATION_E"))]
const EFFICIENT: u32 = 0;

/// How a wished frequency becomes one of the table. With `true`, an efficient one is preferred.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Relation {
    /// The lowest that is at least the wished one.
    Low(bool),
    /// The highest that is at most the wished one.
    High(bool),
    /// The closest.
    Close(bool),
}

impl Relation {
    fn new(relation: u32) -> Result<Self> {
        let efficient = relation & EFFICIENT != 0;
        match relation & !EFFICIENT {
            bindings::CPUFREQ_RELATION_L => Ok(Self::Low(efficient)),
            bindings::CPUFREQ_RELATION_H => Ok(Self::High(efficient)),
            bindings::CPUFREQ_RELATION_C => Ok(Self::Close(efficient)),
            _ => Err(EINVAL),
        }
    }
}

impl From<Relation> for u32 {
    fn from(rel: Relation) -> Self {
        let (relation, efficient) = match rel {
            Relation::Low(efficient) => (bindings::CPUFREQ_RELATION_L, efficient),
            Relation::High(efficient) => (bindings::CPUFREQ_RELATION_H, efficient),
            Relation::Close(efficient) => (bindings::CPUFREQ_RELATION_C, efficient),
        };
        relation | if efficient { EFFICIENT } else { 0 }
    }
}

/// New limits that a driver is asked about.
///
/// # Invariants
///
/// The C object is valid.
#[repr(transparent)]
pub struct PolicyData(Opaque<bindings::cpufreq_policy_data>);

impl PolicyData {
    /// Wraps a C object.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to a valid `cpufreq_policy_data` that nothing else uses.
    #[inline]
    pub unsafe fn from_raw_mut<'a>(ptr: *mut bindings::cpufreq_policy_data) -> &'a mut Self {
        // SAFETY: the type is transparent; the caller answers for the rest.
        unsafe { &mut *ptr.cast() }
    }

    /// The C object.
    #[inline]
    pub fn as_raw(&self) -> *mut bindings::cpufreq_policy_data {
        self.0.get()
    }

    /// Brings the limits into what the table allows.
    #[inline]
    pub fn generic_verify(&self) -> Result {
        // SAFETY: the object is valid.
        to_result(unsafe { bindings::cpufreq_generic_frequency_table_verify(self.as_raw()) })
    }
}

/// The place of an entry in a [`Table`].
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TableIndex(usize);

impl TableIndex {
    /// The entry number `index`.
    ///
    /// # Safety
    ///
    /// There must be such an entry in the table that it is used with.
    pub unsafe fn new(index: usize) -> Self {
        Self(index)
    }
}

impl From<TableIndex> for usize {
    #[inline]
    fn from(index: TableIndex) -> Self {
        index.0
    }
}

/// The frequencies that there are.
///
/// # Invariants
///
/// The pointer that this is one to is the first of a valid table, with an entry at its end that says so.
#[repr(transparent)]
pub struct Table(Opaque<bindings::cpufreq_frequency_table>);

impl Table {
    /// Wraps a C table.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to the first entry of a valid table.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *const bindings::cpufreq_frequency_table) -> &'a Self {
        // SAFETY: the type is transparent; the caller answers for the rest.
        unsafe { &*ptr.cast() }
    }

    /// The C table.
    #[inline]
    pub fn as_raw(&self) -> *mut bindings::cpufreq_frequency_table {
        self.0.get()
    }

    fn entry(&self, index: TableIndex) -> bindings::cpufreq_frequency_table {
        // SAFETY: there is such an entry, by the promise of `TableIndex`.
        unsafe { *self.as_raw().add(index.into()) }
    }

    /// The frequency of an entry.
    #[inline]
    pub fn freq(&self, index: TableIndex) -> Result<Hertz> {
        Ok(Hertz::from_khz(self.entry(index).frequency.try_into()?))
    }

    /// The flags of an entry.
    #[inline]
    pub fn flags(&self, index: TableIndex) -> u32 {
        self.entry(index).flags
    }

    /// The driver's data of an entry.
    #[inline]
    pub fn data(&self, index: TableIndex) -> u32 {
        self.entry(index).driver_data
    }
}

/// A [`Table`] that belongs to the driver.
///
/// # Invariants
///
/// The entries are never changed nor moved, and the last says that it is.
pub struct TableBox {
    entries: Pin<KVec<bindings::cpufreq_frequency_table>>,
}

impl Deref for TableBox {
    type Target = Table;

    fn deref(&self) -> &Table {
        // SAFETY: by the type invariants.
        unsafe { Table::from_raw(self.entries.as_ptr()) }
    }
}

/// Collects the entries of a [`TableBox`].
///
/// # Examples
///
/// ```
/// use kernel::{clk::Hertz, cpufreq::TableBuilder};
///
/// let mut builder = TableBuilder::new();
/// builder.add(Hertz::from_mhz(700), 0, 0)?;
/// builder.add(Hertz::from_mhz(800), 0, 1)?;
/// let table = builder.to_table()?;
/// # let _ = table;
/// # Ok::<(), Error>(())
/// ```
#[derive(Default)]
#[repr(transparent)]
pub struct TableBuilder {
    entries: KVec<bindings::cpufreq_frequency_table>,
}

impl TableBuilder {
    /// No entries.
    #[inline]
    pub fn new() -> Self {
        Self { entries: KVec::new() }
    }

    fn push(&mut self, frequency: u32, flags: u32, driver_data: u32) -> Result {
        let entry = bindings::cpufreq_frequency_table { flags, driver_data, frequency };
        Ok(self.entries.push(entry, GFP_KERNEL)?)
    }

    /// Adds an entry.
    pub fn add(&mut self, freq: Hertz, flags: u32, driver_data: u32) -> Result {
        self.push(freq.as_khz().try_into()?, flags, driver_data)
    }

    /// Makes the table.
    pub fn to_table(mut self) -> Result<TableBox> {
        self.push(bindings::CPUFREQ_TABLE_END as u32, 0, 0)?;
        Ok(TableBox { entries: Pin::new(self.entries) })
    }
}

/// What processors that change their frequency together share.
///
/// # Invariants
///
/// The C object is valid, and `&mut Policy` the only access to what it changes.
#[repr(transparent)]
pub struct Policy(Opaque<bindings::cpufreq_policy>);

impl Policy {
    /// Wraps a C object.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to a valid policy, which nobody changes.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *const bindings::cpufreq_policy) -> &'a Self {
        // SAFETY: the type is transparent; the caller answers for the rest.
        unsafe { &*ptr.cast() }
    }

    /// Wraps a C object.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to a valid policy that nothing else uses.
    #[inline]
    pub unsafe fn from_raw_mut<'a>(ptr: *mut bindings::cpufreq_policy) -> &'a mut Self {
        // SAFETY: the type is transparent; the caller answers for the rest.
        unsafe { &mut *ptr.cast() }
    }

    #[inline]
    fn as_raw(&self) -> *mut bindings::cpufreq_policy {
        self.0.get()
    }

    #[inline]
    fn as_ref(&self) -> &bindings::cpufreq_policy {
        // SAFETY: the object is valid by the type invariants.
        unsafe { &*self.as_raw() }
    }

    #[inline]
    fn as_mut_ref(&mut self) -> &mut bindings::cpufreq_policy {
        // SAFETY: the object is valid, and only ours, by the type invariants.
        unsafe { &mut *self.as_raw() }
    }

    /// The processor that stands for all.
    #[inline]
    pub fn cpu(&self) -> CpuId {
        // SAFETY: C gives the number of a processor that there is.
        unsafe { CpuId::from_u32_unchecked(self.as_ref().cpu) }
    }

    /// The lower limit.
    #[inline]
    pub fn min(&self) -> Hertz {
        Hertz::from_khz(self.as_ref().min as usize)
    }

    /// Sets the lower limit.
    #[inline]
    pub fn set_min(&mut self, min: Hertz) -> &mut Self {
        self.as_mut_ref().min = min.as_khz() as u32;
        self
    }

    /// The upper limit.
    #[inline]
    pub fn max(&self) -> Hertz {
        Hertz::from_khz(self.as_ref().max as usize)
    }

    /// Sets the upper limit.
    #[inline]
    pub fn set_max(&mut self, max: Hertz) -> &mut Self {
        self.as_mut_ref().max = max.as_khz() as u32;
        self
    }

    /// The present frequency.
    #[inline]
    pub fn cur(&self) -> Hertz {
        Hertz::from_khz(self.as_ref().cur as usize)
    }

    /// The frequency during suspend.
    #[inline]
    pub fn suspend_freq(&self) -> Hertz {
        Hertz::from_khz(self.as_ref().suspend_freq as usize)
    }

    /// Sets the frequency during suspend.
    #[inline]
    pub fn set_suspend_freq(&mut self, freq: Hertz) -> &mut Self {
        self.as_mut_ref().suspend_freq = freq.as_khz() as u32;
        self
    }

    /// Sets the frequency for suspend, as most drivers do.
    #[inline]
    pub fn generic_suspend(&mut self) -> Result {
        // SAFETY: the policy is valid.
        to_result(unsafe { bindings::cpufreq_generic_suspend(self.as_mut_ref()) })
    }

    /// The frequency of the policy's clock, in kHz.
    #[inline]
    pub fn generic_get(&self) -> Result<u32> {
        // SAFETY: any number may be passed.
        Ok(unsafe { bindings::cpufreq_generic_get(u32::from(self.cpu())) })
    }

    /// Registers the processors with the energy model, by their operating points.
    #[cfg(CONFIG_PM_OPP)]
    #[inline]
    pub fn register_em_opp(&mut self) {
        // SAFETY: the policy is valid.
        unsafe { bindings::cpufreq_register_em_with_opp(self.as_mut_ref()) };
    }

    /// The processors.
    #[inline]
    pub fn cpus(&mut self) -> &mut cpumask::Cpumask {
        // SAFETY: the set is valid, and borrowed with `self`.
        unsafe { cpumask::CpumaskVar::from_raw_mut(&mut self.as_mut_ref().cpus) }
    }

    /// Sets the clock of the processors, and gives it to be kept.
    ///
    /// # Safety
    ///
    /// The result must be kept as long as the policy is in use.
    #[cfg(CONFIG_COMMON_CLK)]
    pub unsafe fn set_clk(&mut self, dev: &Device, name: Option<&CStr>) -> Result<Clk> {
        let clk = Clk::get(dev, name)?;
        self.as_mut_ref().clk = clk.as_raw();
        Ok(clk)
    }

    /// Whether any processor may change the frequency, not only those of the policy.
    #[inline]
    pub fn set_dvfs_possible_from_any_cpu(&mut self, val: bool) -> &mut Self {
        self.as_mut_ref().dvfs_possible_from_any_cpu = val;
        self
    }

    /// Whether the frequency can be changed without sleeping.
    #[inline]
    pub fn fast_switch_possible(&self) -> bool {
        self.as_ref().fast_switch_possible
    }

    /// Sets whether the frequency can be changed without sleeping.
    #[inline]
    pub fn set_fast_switch_possible(&mut self, val: bool) -> &mut Self {
        self.as_mut_ref().fast_switch_possible = val;
        self
    }

    /// Sets how long a change of the frequency takes.
    #[inline]
    pub fn set_transition_latency_ns(&mut self, latency_ns: u32) -> &mut Self {
        self.as_mut_ref().cpuinfo.transition_latency = latency_ns;
        self
    }

    /// Sets the lowest frequency that the processors can have.
    #[inline]
    pub fn set_cpuinfo_min_freq(&mut self, min_freq: Hertz) -> &mut Self {
        self.as_mut_ref().cpuinfo.min_freq = min_freq.as_khz() as u32;
        self
    }

    /// Sets the highest frequency that the processors can have.
    #[inline]
    pub fn set_cpuinfo_max_freq(&mut self, max_freq: Hertz) -> &mut Self {
        self.as_mut_ref().cpuinfo.max_freq = max_freq.as_khz() as u32;
        self
    }

    /// Sets how long a governor should wait between changes.
    #[inline]
    pub fn set_transition_delay_us(&mut self, transition_delay_us: u32) -> &mut Self {
        self.as_mut_ref().transition_delay_us = transition_delay_us;
        self
    }

    /// The table of frequencies; [`EINVAL`] if there is none.
    #[inline]
    pub fn freq_table(&self) -> Result<&Table> {
        if self.as_ref().freq_table.is_null() {
            return Err(EINVAL);
        }
        // SAFETY: the table is valid as long as the policy is.
        Ok(unsafe { Table::from_raw(self.as_ref().freq_table) })
    }

    /// Sets the table of frequencies.
    ///
    /// # Safety
    ///
    /// The table must stay as long as the policy is in use.
    #[inline]
    pub unsafe fn set_freq_table(&mut self, table: &Table) -> &mut Self {
        self.as_mut_ref().freq_table = table.as_raw();
        self
    }

    /// The driver's data, which [`Driver::init`] returned, if it did already.
    pub fn data<T: ForeignOwnable>(&mut self) -> Option<<T>::Borrowed<'_>> {
        let data = self.as_ref().driver_data;
        if data.is_null() {
            return None;
        }
        // SAFETY: `set_data` put it there, and it is only given back when the policy is at its end.
        Some(unsafe { T::borrow(data) })
    }

    /// Keeps the driver's data. There must be none so far: [`EBUSY`].
    fn set_data<T: ForeignOwnable>(&mut self, data: T) -> Result {
        if !self.as_ref().driver_data.is_null() {
            return Err(EBUSY);
        }
        self.as_mut_ref().driver_data = data.into_foreign();
        Ok(())
    }

    /// Gives the driver's data back.
    fn clear_data<T: ForeignOwnable>(&mut self) -> Option<T> {
        let data = core::mem::replace(&mut self.as_mut_ref().driver_data, ptr::null_mut());
        // SAFETY: null, or put there by `set_data`; nothing borrows it, as the policy is ours alone.
        unsafe { T::try_from_foreign(data) }
    }
}

/// The policy of a processor, which is held as long as this.
struct PolicyCpu<'a>(&'a mut Policy);

impl PolicyCpu<'_> {
    fn from_cpu(cpu: u32) -> Result<Self> {
        // SAFETY: any number may be passed.
        let policy = unsafe { bindings::cpufreq_cpu_get(cpu) };
        let policy = ptr::NonNull::new(policy).ok_or(ENODEV)?;
        // SAFETY: the policy is valid until `cpufreq_cpu_put`. The core serialises the callbacks of a policy, one of which
        // this is for.
        Ok(Self(unsafe { Policy::from_raw_mut(policy.as_ptr()) }))
    }
}

impl Deref for PolicyCpu<'_> {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        self.0
    }
}

impl DerefMut for PolicyCpu<'_> {
    fn deref_mut(&mut self) -> &mut Policy {
        self.0
    }
}

impl Drop for PolicyCpu<'_> {
    fn drop(&mut self) {
        // SAFETY: `from_cpu` took a count.
        unsafe { bindings::cpufreq_cpu_put(self.0.as_raw()) };
    }
}
