// SPDX-License-Identifier: GPL-2.0

//! Operating performance points: the pairs of frequency and voltage at which a device can run.
//!
//! C header: [`include/linux/pm_opp.h`](srctree/include/linux/pm_opp.h)
//!
//! The points of a device are in its [`Table`]; an [`OPP`] is one of them. They come from the device tree, or are added by
//! [`Data::add_opp`]. A [`Config`] says how the device is brought to a point.
//!
//! # Examples
//!
//! ```
//! use kernel::{clk::Hertz, device::Device, opp::{SearchType, Table}};
//!
//! /// Runs the device at the lowest point that is at least as fast as `freq`.
//! fn run_at(dev: &Device, freq: Hertz) -> Result {
//!     let table = Table::from_dev(dev)?;
//!     let opp = table.opp_from_freq(freq, None, None, SearchType::Ceil)?;
//!     table.set_opp(&opp)
//! }
//! # let _ = run_at;
//! # Ok::<(), Error>(())
//! ```
//!
//! Only on kernels with `CONFIG_PM_OPP` where points and tables can be counted, which they can since v6.16.

use crate::{
    bindings,
    clk::Hertz,
    cpumask::{Cpumask, CpumaskVar},
    device::Device,
    error::{code::*, from_err_ptr, from_result, to_result, Result, VTABLE_DEFAULT_ERROR},
    prelude::*,
    str::CString,
    sync::aref::{ARef, AlwaysRefCounted},
    types::Opaque,
};
use core::{
    marker::PhantomData,
    ptr::{self, NonNull},
};

#[cfg(CONFIG_CPU_FREQ)]
mod freq {
    use super::*;
    use crate::cpufreq;
    use core::ops::Deref;

    /// The frequencies of a [`Table`], as cpufreq wants them.
    ///
    /// # Invariants
    ///
    /// `ptr` is a table that `dev_pm_opp_init_cpufreq_table` made for `dev`.
    pub struct FreqTable {
        dev: ARef<Device>,
        ptr: *mut bindings::cpufreq_frequency_table,
    }

    impl FreqTable {
        pub(super) fn new(table: &Table) -> Result<Self> {
            let mut ptr = ptr::null_mut();
            // SAFETY: the device is valid, and `ptr` for writes.
            to_result(unsafe { bindings::dev_pm_opp_init_cpufreq_table(table.dev.as_raw(), &mut ptr) })?;
            Ok(Self { dev: table.dev.clone(), ptr })
        }
    }

    // SAFETY: a table may be read and freed on any thread.
    unsafe impl Send for FreqTable {}

    // SAFETY: a table is never changed.
    unsafe impl Sync for FreqTable {}

    impl Deref for FreqTable {
        type Target = cpufreq::Table;

        fn deref(&self) -> &cpufreq::Table {
            // SAFETY: by the type invariant, the table is valid.
            unsafe { cpufreq::Table::from_raw(self.ptr) }
        }
    }

    impl Drop for FreqTable {
        fn drop(&mut self) {
            // SAFETY: by the type invariant, the table was made for this device.
            unsafe { bindings::dev_pm_opp_free_cpufreq_table(self.dev.as_raw(), &mut self.ptr) };
        }
    }
}

#[cfg(CONFIG_CPU_FREQ)]
pub use freq::FreqTable;

/// A voltage.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct MicroVolt(pub c_ulong);

impl From<MicroVolt> for c_ulong {
    #[inline]
    fn from(volt: MicroVolt) -> Self {
        volt.0
    }
}

/// A power.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct MicroWatt(pub c_ulong);

impl From<MicroWatt> for c_ulong {
    #[inline]
    fn from(power: MicroWatt) -> Self {
        power.0
    }
}

/// A point that was added, until this is dropped.
pub struct Token {
    dev: ARef<Device>,
    freq: Hertz,
}

impl Token {
    fn new(dev: &ARef<Device>, mut data: Data) -> Result<Self> {
        // SAFETY: the device is valid, and the data copied.
        to_result(unsafe { bindings::dev_pm_opp_add_dynamic(dev.as_raw(), &mut data.0) })?;
        Ok(Self { dev: dev.clone(), freq: data.freq() })
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        // SAFETY: the device is valid, and the point was added in `new`.
        unsafe { bindings::dev_pm_opp_remove(self.dev.as_raw(), self.freq.into()) };
    }
}

/// A point that is to be added.
#[repr(transparent)]
pub struct Data(bindings::dev_pm_opp_data);

impl Data {
    /// The point at `freq` and `volt`, of a performance level, and perhaps only for a short time.
    pub fn new(freq: Hertz, volt: MicroVolt, level: u32, turbo: bool) -> Self {
        Self(bindings::dev_pm_opp_data { turbo, freq: freq.into(), u_volt: volt.into(), level })
    }

    /// Adds the point to the device's table, which is made if there is none.
    #[inline]
    pub fn add_opp(self, dev: &ARef<Device>) -> Result<Token> {
        Token::new(dev, self)
    }

    fn freq(&self) -> Hertz {
        Hertz(self.0.freq)
    }
}

/// Which point is looked for.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum SearchType {
    /// That with just this value.
    Exact,
    /// The highest with at most this value.
    Floor,
    /// The lowest with at least this value.
    Ceil,
}

/// How a device is brought to a point.
///
/// Left out functions are done as the library does.
#[vtable]
pub trait ConfigOps {
    /// Sets the clocks.
    #[inline]
    fn config_clks(_dev: &Device, _table: &Table, _opp: &OPP, _scaling_down: bool) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets the regulators.
    #[inline]
    fn config_regulators(
        _dev: &Device,
        _opp_old: &OPP,
        _opp_new: &OPP,
        _data: *mut *mut bindings::regulator,
        _count: u32,
    ) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A [`Config`] that is in force, until this is dropped.
pub struct ConfigToken(i32);

impl Drop for ConfigToken {
    fn drop(&mut self) {
        // SAFETY: `dev_pm_opp_set_config` gave the number.
        unsafe { bindings::dev_pm_opp_clear_config(self.0) };
    }
}

/// What a device's table is to know before points are added.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, opp::{Config, ConfigOps, ConfigToken}, str::CString};
///
/// #[derive(Default)]
/// struct Plain;
///
/// #[vtable]
/// impl ConfigOps for Plain {}
///
/// fn configure(dev: &Device) -> Result<ConfigToken> {
///     let mut names = KVec::new();
///     names.push(CString::try_from(c"vdd")?, GFP_KERNEL)?;
///     Config::<Plain>::new().set_regulator_names(names)?.set(dev)
/// }
/// # let _ = configure;
/// # Ok::<(), Error>(())
/// ```
#[derive(Default)]
pub struct Config<T: ConfigOps>
where
    T: Default,
{
    clk_names: Option<KVec<CString>>,
    prop_name: Option<CString>,
    regulator_names: Option<KVec<CString>>,
    supported_hw: Option<KVec<u32>>,
    required_dev: Option<(ARef<Device>, u32)>,
    _data: PhantomData<T>,
}

impl<T: ConfigOps + Default> Config<T> {
    /// Nothing.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the clocks, of which there must be some.
    pub fn set_clk_names(mut self, names: KVec<CString>) -> Result<Self> {
        if self.clk_names.is_some() {
            return Err(EBUSY);
        }
        if names.is_empty() {
            return Err(EINVAL);
        }
        self.clk_names = Some(names);
        Ok(self)
    }

    /// Names the variant of the properties in the device tree.
    pub fn set_prop_name(mut self, name: CString) -> Result<Self> {
        if self.prop_name.is_some() {
            return Err(EBUSY);
        }
        self.prop_name = Some(name);
        Ok(self)
    }

    /// Names the regulators, of which there must be some.
    pub fn set_regulator_names(mut self, names: KVec<CString>) -> Result<Self> {
        if self.regulator_names.is_some() {
            return Err(EBUSY);
        }
        if names.is_empty() {
            return Err(EINVAL);
        }
        self.regulator_names = Some(names);
        Ok(self)
    }

    /// Gives the device with the required points of the number `index`.
    pub fn set_required_dev(mut self, dev: ARef<Device>, index: u32) -> Result<Self> {
        if self.required_dev.is_some() {
            return Err(EBUSY);
        }
        self.required_dev = Some((dev, index));
        Ok(self)
    }

    /// Gives the versions of the hardware, of which there must be some.
    pub fn set_supported_hw(mut self, hw: KVec<u32>) -> Result<Self> {
        if self.supported_hw.is_some() {
            return Err(EBUSY);
        }
        if hw.is_empty() {
            return Err(EINVAL);
        }
        self.supported_hw = Some(hw);
        Ok(self)
    }

    /// A C list of names, ended by null.
    fn list(names: Option<&KVec<CString>>) -> Result<KVec<*const c_char>> {
        let mut list = KVec::new();
        for name in names.map_or(&[][..], |names| &names[..]) {
            list.push(name.as_char_ptr(), GFP_KERNEL)?;
        }
        list.push(ptr::null(), GFP_KERNEL)?;
        Ok(list)
    }

    /// Puts the configuration in force for the device.
    pub fn set(self, dev: &Device) -> Result<ConfigToken> {
        // The lists, and what they point to, must stay until C has made its copies.
        let clk_names = Self::list(self.clk_names.as_ref())?;
        let regulator_names = Self::list(self.regulator_names.as_ref())?;

        let mut config = bindings::dev_pm_opp_config {
            clk_names: if self.clk_names.is_some() { clk_names.as_ptr() } else { ptr::null() },
            config_clks: if T::HAS_CONFIG_CLKS { Some(Self::config_clks) } else { None },
            prop_name: self.prop_name.as_ref().map_or(ptr::null(), |name| name.as_char_ptr()),
            regulator_names: if self.regulator_names.is_some() { regulator_names.as_ptr() } else { ptr::null() },
            config_regulators: if T::HAS_CONFIG_REGULATORS { Some(Self::config_regulators) } else { None },
            supported_hw: self.supported_hw.as_ref().map_or(ptr::null(), |hw| hw.as_ptr()),
            supported_hw_count: self.supported_hw.as_ref().map_or(0, |hw| hw.len() as u32),
            required_dev: self.required_dev.as_ref().map_or(ptr::null_mut(), |(dev, _)| dev.as_raw()),
            required_dev_index: self.required_dev.as_ref().map_or(0, |(_, index)| *index),
            ..pin_init::zeroed()
        };

        // SAFETY: the device is valid, and the configuration filled in.
        let ret = unsafe { bindings::dev_pm_opp_set_config(dev.as_raw(), &mut config) };
        to_result(ret.min(0))?;
        Ok(ConfigToken(ret))
    }

    /// # Safety
    ///
    /// The pointers must be valid for this call.
    unsafe extern "C" fn config_clks(
        dev: *mut bindings::device,
        opp_table: *mut bindings::opp_table,
        opp: *mut bindings::dev_pm_opp,
        _data: *mut c_void,
        scaling_down: bool,
    ) -> c_int {
        from_result(|| {
            // SAFETY: the library passes valid objects, and the table of the device.
            let (dev, opp) = unsafe { (Device::get_device(dev), OPP::from_raw_opp(opp)?) };
            // SAFETY: as above; the table gets a count of its own.
            let table = unsafe { Table::from_raw_table(opp_table, &dev) };
            T::config_clks(&dev, &table, opp, scaling_down).map(|()| 0)
        })
    }

    /// # Safety
    ///
    /// The pointers must be valid for this call.
    unsafe extern "C" fn config_regulators(
        dev: *mut bindings::device,
        old_opp: *mut bindings::dev_pm_opp,
        new_opp: *mut bindings::dev_pm_opp,
        regulators: *mut *mut bindings::regulator,
        count: c_uint,
    ) -> c_int {
        from_result(|| {
            // SAFETY: the library passes valid objects.
            let (dev, old_opp, new_opp) =
                unsafe { (Device::get_device(dev), OPP::from_raw_opp(old_opp)?, OPP::from_raw_opp(new_opp)?) };
            T::config_regulators(&dev, old_opp, new_opp, regulators, count).map(|()| 0)
        })
    }
}

/// The points of a device.
///
/// # Invariants
///
/// * `ptr` is the table of `dev`, on which we have a count.
/// * With `em`, the device was registered with the energy model; with `of`, its points came from the device tree; with
///   `cpus`, so did those of these processors. All this is undone on drop.
pub struct Table {
    ptr: *mut bindings::opp_table,
    dev: ARef<Device>,
    #[allow(dead_code)]
    em: bool,
    #[allow(dead_code)]
    of: bool,
    cpus: Option<CpumaskVar>,
}

// SAFETY: a table may be given up on any thread.
unsafe impl Send for Table {}

// SAFETY: the library locks the table.
unsafe impl Sync for Table {}

impl Table {
    /// # Safety
    ///
    /// `ptr` must point to the table of `dev`.
    unsafe fn from_raw_table(ptr: *mut bindings::opp_table, dev: &ARef<Device>) -> Self {
        // SAFETY: the table is valid.
        unsafe { bindings::dev_pm_opp_get_opp_table_ref(ptr) };
        Self { ptr, dev: dev.clone(), em: false, of: false, cpus: None }
    }

    /// The table of a device that has one.
    pub fn from_dev(dev: &Device) -> Result<Self> {
        // SAFETY: the device is valid.
        let ptr = from_err_ptr(unsafe { bindings::dev_pm_opp_get_opp_table(dev.as_raw()) })?;
        Ok(Self { ptr, dev: dev.into(), em: false, of: false, cpus: None })
    }

    /// The table of a device, with the points number `index` of its node in the device tree.
    #[cfg(CONFIG_OF)]
    pub fn from_of(dev: &ARef<Device>, index: i32) -> Result<Self> {
        // SAFETY: the device is valid.
        to_result(unsafe { bindings::dev_pm_opp_of_add_table_indexed(dev.as_raw(), index) })?;
        let mut table = Self::from_dev(dev).inspect_err(|_| {
            // SAFETY: the points were added above.
            unsafe { bindings::dev_pm_opp_of_remove_table(dev.as_raw()) };
        })?;
        table.of = true;
        Ok(table)
    }

    /// The table of a processor, with the points of all those in `cpumask` from the device tree.
    #[cfg(CONFIG_OF)]
    pub fn from_of_cpumask(dev: &Device, cpumask: &mut Cpumask) -> Result<Self> {
        let cpus = CpumaskVar::try_clone(cpumask)?;
        // SAFETY: the set is valid.
        to_result(unsafe { bindings::dev_pm_opp_of_cpumask_add_table(cpumask.as_raw()) })?;
        let mut table = Self::from_dev(dev).inspect_err(|_| {
            // SAFETY: the points were added above.
            unsafe { bindings::dev_pm_opp_of_cpumask_remove_table(cpumask.as_raw()) };
        })?;
        table.cpus = Some(cpus);
        Ok(table)
    }

    /// How many points are available.
    pub fn opp_count(&self) -> Result<u32> {
        // SAFETY: the device is valid.
        let ret = unsafe { bindings::dev_pm_opp_get_opp_count(self.dev.as_raw()) };
        u32::try_from(ret).map_err(|_| Error::from_errno(ret))
    }

    /// How long a change of the clock takes at most.
    #[inline]
    pub fn max_clock_latency_ns(&self) -> usize {
        // SAFETY: the device is valid.
        unsafe { bindings::dev_pm_opp_get_max_clock_latency(self.dev.as_raw()) }
    }

    /// How long a change of the voltage takes at most.
    #[inline]
    pub fn max_volt_latency_ns(&self) -> usize {
        // SAFETY: the device is valid.
        unsafe { bindings::dev_pm_opp_get_max_volt_latency(self.dev.as_raw()) }
    }

    /// How long a change of the point takes at most.
    #[inline]
    pub fn max_transition_latency_ns(&self) -> usize {
        // SAFETY: the device is valid.
        unsafe { bindings::dev_pm_opp_get_max_transition_latency(self.dev.as_raw()) }
    }

    /// The frequency for suspend, or 0.
    #[inline]
    pub fn suspend_freq(&self) -> Hertz {
        // SAFETY: the device is valid.
        Hertz(unsafe { bindings::dev_pm_opp_get_suspend_opp_freq(self.dev.as_raw()) })
    }

    /// Sets the regulators to the present point's voltage.
    #[inline]
    pub fn sync_regulators(&self) -> Result {
        // SAFETY: the device is valid.
        to_result(unsafe { bindings::dev_pm_opp_sync_regulators(self.dev.as_raw()) })
    }

    /// Puts the processors that share a processor's table into `cpumask`.
    #[inline]
    pub fn sharing_cpus(dev: &Device, cpumask: &mut Cpumask) -> Result {
        // SAFETY: the device and the set are valid.
        to_result(unsafe { bindings::dev_pm_opp_get_sharing_cpus(dev.as_raw(), cpumask.as_raw()) })
    }

    /// Lets the processors in `cpumask` share this table.
    pub fn set_sharing_cpus(&mut self, cpumask: &mut Cpumask) -> Result {
        // SAFETY: the device and the set are valid.
        to_result(unsafe { bindings::dev_pm_opp_set_sharing_cpus(self.dev.as_raw(), cpumask.as_raw()) })?;
        if let Some(cpus) = self.cpus.as_mut() {
            // Their points are to be removed too.
            cpumask.copy(cpus);
        }
        Ok(())
    }

    /// Puts the processors that share a processor's table by the device tree into `cpumask`.
    #[cfg(CONFIG_OF)]
    #[inline]
    pub fn of_sharing_cpus(dev: &Device, cpumask: &mut Cpumask) -> Result {
        // SAFETY: the device and the set are valid.
        to_result(unsafe { bindings::dev_pm_opp_of_get_sharing_cpus(dev.as_raw(), cpumask.as_raw()) })
    }

    /// Changes the voltage of the point at `freq`.
    #[inline]
    pub fn adjust_voltage(&self, freq: Hertz, volt: MicroVolt, volt_min: MicroVolt, volt_max: MicroVolt) -> Result {
        // SAFETY: the device is valid.
        to_result(unsafe {
            bindings::dev_pm_opp_adjust_voltage(
                self.dev.as_raw(),
                freq.into(),
                volt.into(),
                volt_min.into(),
                volt_max.into(),
            )
        })
    }

    /// The frequencies, as cpufreq wants them.
    #[cfg(CONFIG_CPU_FREQ)]
    #[inline]
    pub fn cpufreq_table(&mut self) -> Result<FreqTable> {
        FreqTable::new(self)
    }

    /// Brings the device to the point for a frequency.
    #[inline]
    pub fn set_rate(&self, freq: Hertz) -> Result {
        // SAFETY: the device is valid.
        to_result(unsafe { bindings::dev_pm_opp_set_rate(self.dev.as_raw(), freq.into()) })
    }

    /// Brings the device to a point.
    #[inline]
    pub fn set_opp(&self, opp: &OPP) -> Result {
        // SAFETY: the device and the point are valid.
        to_result(unsafe { bindings::dev_pm_opp_set_opp(self.dev.as_raw(), opp.as_raw()) })
    }

    /// The point with a frequency, that of the clock number `index`.
    ///
    /// `available` is of interest for an exact search: whether the point is to be enabled.
    pub fn opp_from_freq(
        &self,
        freq: Hertz,
        available: Option<bool>,
        index: Option<u32>,
        stype: SearchType,
    ) -> Result<ARef<OPP>> {
        let dev = self.dev.as_raw();
        let index = index.unwrap_or(0);
        let mut rate = freq.into();

        // SAFETY: the device is valid, and `rate` for writes.
        let ptr = unsafe {
            match stype {
                SearchType::Exact => {
                    bindings::dev_pm_opp_find_freq_exact_indexed(dev, rate, index, available.ok_or(EINVAL)?)
                }
                SearchType::Ceil => bindings::dev_pm_opp_find_freq_ceil_indexed(dev, &mut rate, index),
                SearchType::Floor => bindings::dev_pm_opp_find_freq_floor_indexed(dev, &mut rate, index),
            }
        };
        // SAFETY: the library gave us a count with the point.
        unsafe { OPP::from_raw_opp_owned(from_err_ptr(ptr)?) }
    }

    /// The point with a performance level.
    pub fn opp_from_level(&self, mut level: u32, stype: SearchType) -> Result<ARef<OPP>> {
        let dev = self.dev.as_raw();
        // SAFETY: the device is valid, and `level` for writes.
        let ptr = unsafe {
            match stype {
                SearchType::Exact => bindings::dev_pm_opp_find_level_exact(dev, level),
                SearchType::Ceil => bindings::dev_pm_opp_find_level_ceil(dev, &mut level),
                SearchType::Floor => bindings::dev_pm_opp_find_level_floor(dev, &mut level),
            }
        };
        // SAFETY: the library gave us a count with the point.
        unsafe { OPP::from_raw_opp_owned(from_err_ptr(ptr)?) }
    }

    /// The point with a bandwidth, that of the path number `index`. There is no exact search: [`EINVAL`].
    pub fn opp_from_bw(&self, mut bw: u32, index: i32, stype: SearchType) -> Result<ARef<OPP>> {
        let dev = self.dev.as_raw();
        // SAFETY: the device is valid, and `bw` for writes.
        let ptr = unsafe {
            match stype {
                SearchType::Exact => return Err(EINVAL),
                SearchType::Ceil => bindings::dev_pm_opp_find_bw_ceil(dev, &mut bw, index),
                SearchType::Floor => bindings::dev_pm_opp_find_bw_floor(dev, &mut bw, index),
            }
        };
        // SAFETY: the library gave us a count with the point.
        unsafe { OPP::from_raw_opp_owned(from_err_ptr(ptr)?) }
    }

    /// Makes the point at a frequency available.
    #[inline]
    pub fn enable_opp(&self, freq: Hertz) -> Result {
        // SAFETY: the device is valid.
        to_result(unsafe { bindings::dev_pm_opp_enable(self.dev.as_raw(), freq.into()) })
    }

    /// Makes the point at a frequency unavailable.
    #[inline]
    pub fn disable_opp(&self, freq: Hertz) -> Result {
        // SAFETY: the device is valid.
        to_result(unsafe { bindings::dev_pm_opp_disable(self.dev.as_raw(), freq.into()) })
    }

    /// Registers the processors with the energy model.
    #[cfg(CONFIG_OF)]
    pub fn of_register_em(&mut self, cpumask: &mut Cpumask) -> Result {
        // SAFETY: the device and the set are valid.
        to_result(unsafe { bindings::dev_pm_opp_of_register_em(self.dev.as_raw(), cpumask.as_raw()) })?;
        self.em = true;
        Ok(())
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: we have a count on the table.
        unsafe { bindings::dev_pm_opp_put_opp_table(self.ptr) };

        #[cfg(CONFIG_OF)]
        {
            if self.em {
                // SAFETY: the device was registered with the energy model.
                unsafe { bindings::em_dev_unregister_perf_domain(self.dev.as_raw()) };
            }
            if self.of {
                // SAFETY: the points came from the device tree.
                unsafe { bindings::dev_pm_opp_of_remove_table(self.dev.as_raw()) };
            } else if let Some(cpus) = &self.cpus {
                // SAFETY: the points of these processors came from the device tree.
                unsafe { bindings::dev_pm_opp_of_cpumask_remove_table(cpus.as_raw()) };
            }
        }
    }
}

/// One point of a device.
///
/// # Invariants
///
/// The C object is valid.
#[repr(transparent)]
pub struct OPP(Opaque<bindings::dev_pm_opp>);

// SAFETY: a point may be given up on any thread.
unsafe impl Send for OPP {}

// SAFETY: the library locks the point.
unsafe impl Sync for OPP {}

// SAFETY: `dev_pm_opp_get` and `dev_pm_opp_put` change the point's own count.
unsafe impl AlwaysRefCounted for OPP {
    fn inc_ref(&self) {
        // SAFETY: a reference means that the count is not zero.
        unsafe { bindings::dev_pm_opp_get(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller gives up one count.
        unsafe { bindings::dev_pm_opp_put(obj.cast().as_ptr()) }
    }
}

impl OPP {
    /// Takes over a C object with a count on it; [`EINVAL`] for null.
    ///
    /// # Safety
    ///
    /// `ptr` must be null or point to a valid point, on which the caller gives up a count.
    pub unsafe fn from_raw_opp_owned(ptr: *mut bindings::dev_pm_opp) -> Result<ARef<Self>> {
        let ptr = NonNull::new(ptr).ok_or(EINVAL)?;
        // SAFETY: the type is transparent; the caller gives up a count.
        Ok(unsafe { ARef::from_raw(ptr.cast()) })
    }

    /// Wraps a C object; [`EINVAL`] for null.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must be null or point to a valid point.
    #[inline]
    pub unsafe fn from_raw_opp<'a>(ptr: *mut bindings::dev_pm_opp) -> Result<&'a Self> {
        // SAFETY: the type is transparent; the caller answers for the rest.
        unsafe { ptr.cast::<Self>().as_ref() }.ok_or(EINVAL)
    }

    #[inline]
    fn as_raw(&self) -> *mut bindings::dev_pm_opp {
        self.0.get()
    }

    /// The frequency, that of the clock number `index`.
    pub fn freq(&self, index: Option<u32>) -> Hertz {
        // SAFETY: the point is valid.
        Hertz(unsafe { bindings::dev_pm_opp_get_freq_indexed(self.as_raw(), index.unwrap_or(0)) })
    }

    /// The voltage.
    #[inline]
    pub fn voltage(&self) -> MicroVolt {
        // SAFETY: the point is valid.
        MicroVolt(unsafe { bindings::dev_pm_opp_get_voltage(self.as_raw()) })
    }

    /// The performance level.
    #[inline]
    pub fn level(&self) -> u32 {
        // SAFETY: the point is valid.
        unsafe { bindings::dev_pm_opp_get_level(self.as_raw()) }
    }

    /// The power.
    #[inline]
    pub fn power(&self) -> MicroWatt {
        // SAFETY: the point is valid.
        MicroWatt(unsafe { bindings::dev_pm_opp_get_power(self.as_raw()) })
    }

    /// The performance state that is required of the power domain number `index`.
    #[inline]
    pub fn required_pstate(&self, index: u32) -> u32 {
        // SAFETY: the point is valid.
        unsafe { bindings::dev_pm_opp_get_required_pstate(self.as_raw(), index) }
    }

    /// Whether the point is for a short time only.
    #[inline]
    pub fn is_turbo(&self) -> bool {
        // SAFETY: the point is valid.
        unsafe { bindings::dev_pm_opp_is_turbo(self.as_raw()) }
    }
}
