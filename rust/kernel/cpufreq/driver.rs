// SPDX-License-Identifier: GPL-2.0

//! What a driver does: `struct cpufreq_driver`.

use super::*;

/// A driver of the frequency of processors. See the [module's page](super) for an example.
///
/// Left out functions are left out of the C table too.
#[vtable]
pub trait Driver {
    /// The name that user space sees, of at most 15 bytes.
    const NAME: &'static CStr;

    /// What sets the driver apart: a union of [`flags`].
    const FLAGS: u16;

    /// Whether frequencies above the usual are allowed from the start.
    const BOOST_ENABLED: bool;

    /// The driver's data of one policy.
    type PData: ForeignOwnable;

    /// A policy is made: fills it in.
    fn init(policy: &mut Policy) -> Result<Self::PData>;

    /// A policy goes away.
    fn exit(_policy: &mut Policy, _data: Option<Self::PData>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The first processor of a policy comes back.
    fn online(_policy: &mut Policy) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The last processor of a policy is taken away for a while.
    fn offline(_policy: &mut Policy) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The machine is suspended.
    fn suspend(_policy: &mut Policy) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The machine is resumed.
    fn resume(_policy: &mut Policy) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A policy is in place.
    fn ready(_policy: &mut Policy) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Brings new limits into what is possible.
    fn verify(data: &mut PolicyData) -> Result;

    /// Takes over new limits, for a driver that chooses the frequency by itself.
    fn setpolicy(_policy: &mut Policy) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets a frequency, in kHz.
    fn target(_policy: &mut Policy, _target_freq: u32, _relation: Relation) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets a frequency of the table.
    fn target_index(_policy: &mut Policy, _index: TableIndex) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets a frequency, in kHz, without sleeping; tells which was set.
    fn fast_switch(_policy: &mut Policy, _target_freq: u32) -> u32 {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets how much work is to be done in a given time, without sleeping. Not called on kernels before v5.12.
    fn adjust_perf(_policy: &mut Policy, _min_perf: usize, _target_perf: usize, _max_perf: usize, _capacity: usize) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The frequency to be set before that of an entry, in kHz, or 0.
    fn get_intermediate(_policy: &mut Policy, _index: TableIndex) -> u32 {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets that frequency.
    fn target_intermediate(_policy: &mut Policy, _index: TableIndex) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The present frequency, in kHz.
    fn get(_policy: &mut Policy) -> Result<u32> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The firmware changed the limits.
    fn update_limits(_policy: &mut Policy) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The firmware's upper limit, in kHz.
    fn bios_limit(_policy: &mut Policy) -> Result<u32> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Allows frequencies above the usual, or not.
    fn set_boost(_policy: &mut Policy, _state: i32) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Registers the processors with the energy model. Not called on kernels before v5.15.
    fn register_em(_policy: &mut Policy) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A registered driver, until this is dropped.
///
/// # Invariants
///
/// The C object is registered.
#[repr(transparent)]
pub struct Registration<T: Driver>(KBox<UnsafeCell<bindings::cpufreq_driver>>, PhantomData<T>);

// SAFETY: `&self` gives no access.
unsafe impl<T: Driver> Sync for Registration<T> {}

// SAFETY: the driver may be unregistered on any thread.
unsafe impl<T: Driver> Send for Registration<T> {}

/// A name with the NULs that C wants behind it.
const fn name<const N: usize>(name: &CStr) -> [c_char; N] {
    let bytes = name.to_bytes_with_nul();
    assert!(bytes.len() <= N, "the name is too long");

    let mut raw = [0; N];
    let mut i = 0;
    while i < bytes.len() {
        raw[i] = bytes[i];
        i += 1;
    }
    raw
}

impl<T: Driver> Registration<T> {
    const VTABLE: bindings::cpufreq_driver = bindings::cpufreq_driver {
        name: name(T::NAME),
        boost_enabled: T::BOOST_ENABLED,
        flags: T::FLAGS,
        init: Some(Self::init_callback),
        verify: Some(Self::verify_callback),
        // The data must be given back in any case.
        exit: Some(Self::exit_callback),
        online: if T::HAS_ONLINE { Some(Self::online_callback) } else { None },
        offline: if T::HAS_OFFLINE { Some(Self::offline_callback) } else { None },
        suspend: if T::HAS_SUSPEND { Some(Self::suspend_callback) } else { None },
        resume: if T::HAS_RESUME { Some(Self::resume_callback) } else { None },
        ready: if T::HAS_READY { Some(Self::ready_callback) } else { None },
        setpolicy: if T::HAS_SETPOLICY { Some(Self::setpolicy_callback) } else { None },
        target: if T::HAS_TARGET { Some(Self::target_callback) } else { None },
        target_index: if T::HAS_TARGET_INDEX { Some(Self::target_index_callback) } else { None },
        fast_switch: if T::HAS_FAST_SWITCH { Some(Self::fast_switch_callback) } else { None },
        #[cfg(kmod_has = "field:cpufreq_driver.adjust_perf")]
        adjust_perf: if T::HAS_ADJUST_PERF { Some(Self::adjust_perf_callback) } else { None },
        get_intermediate: if T::HAS_GET_INTERMEDIATE { Some(Self::get_intermediate_callback) } else { None },
        target_intermediate: if T::HAS_TARGET_INTERMEDIATE { Some(Self::target_intermediate_callback) } else { None },
        get: if T::HAS_GET { Some(Self::get_callback) } else { None },
        update_limits: if T::HAS_UPDATE_LIMITS { Some(Self::update_limits_callback) } else { None },
        bios_limit: if T::HAS_BIOS_LIMIT { Some(Self::bios_limit_callback) } else { None },
        set_boost: if T::HAS_SET_BOOST { Some(Self::set_boost_callback) } else { None },
        #[cfg(kmod_has = "field:cpufreq_driver.register_em")]
        register_em: if T::HAS_REGISTER_EM { Some(Self::register_em_callback) } else { None },
        ..pin_init::zeroed()
    };

    /// Registers the driver. There can be one.
    pub fn new() -> Result<Self> {
        let drv = KBox::new(UnsafeCell::new(Self::VTABLE), GFP_KERNEL)?;
        // SAFETY: the object is filled in, and stays in place until it is unregistered.
        to_result(unsafe { bindings::cpufreq_register_driver(drv.get()) })?;
        Ok(Self(drv, PhantomData))
    }

    /// Registers the driver for as long as `dev` is bound to its own.
    pub fn new_foreign_owned(dev: &Device<Bound>) -> Result
    where
        T: 'static,
    {
        devres::register(dev, Self::new()?, GFP_KERNEL)
    }
}

impl<T: Driver> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: the driver is registered by the type invariant.
        unsafe { bindings::cpufreq_unregister_driver(self.0.get()) };
    }
}

/// The result of a callback that has no value.
fn status(result: Result) -> c_int {
    from_result(|| result.map(|()| 0))
}

// The core calls these for a policy that is theirs alone during the call: it holds the policy's lock, or is the only one to
// know the policy.
impl<T: Driver> Registration<T> {
    unsafe extern "C" fn init_callback(ptr: *mut bindings::cpufreq_policy) -> c_int {
        // SAFETY: what all callbacks are promised.
        let policy = unsafe { Policy::from_raw_mut(ptr) };
        status(T::init(policy).and_then(|data| policy.set_data(data)))
    }

    fn exit(policy: &mut Policy) -> Result {
        let data = policy.clear_data();
        if T::HAS_EXIT {
            return T::exit(policy, data);
        }
        Ok(())
    }

    // Since v6.11 errors are of no interest.
    #[cfg(kmod_has = "sig:cpufreq_driver.exit=void (*)(struct cpufreq_policy *)")]
    unsafe extern "C" fn exit_callback(ptr: *mut bindings::cpufreq_policy) {
        // SAFETY: what all callbacks are promised.
        let _ = Self::exit(unsafe { Policy::from_raw_mut(ptr) });
    }

    #[cfg(not(kmod_has = "sig:cpufreq_driver.exit=void (*)(struct cpufreq_policy *)"))]
    unsafe extern "C" fn exit_callback(ptr: *mut bindings::cpufreq_policy) -> c_int {
        // SAFETY: what all callbacks are promised.
        status(Self::exit(unsafe { Policy::from_raw_mut(ptr) }))
    }

    unsafe extern "C" fn online_callback(ptr: *mut bindings::cpufreq_policy) -> c_int {
        // SAFETY: what all callbacks are promised.
        status(T::online(unsafe { Policy::from_raw_mut(ptr) }))
    }

    unsafe extern "C" fn offline_callback(ptr: *mut bindings::cpufreq_policy) -> c_int {
        // SAFETY: what all callbacks are promised.
        status(T::offline(unsafe { Policy::from_raw_mut(ptr) }))
    }

    unsafe extern "C" fn suspend_callback(ptr: *mut bindings::cpufreq_policy) -> c_int {
        // SAFETY: what all callbacks are promised.
        status(T::suspend(unsafe { Policy::from_raw_mut(ptr) }))
    }

    unsafe extern "C" fn resume_callback(ptr: *mut bindings::cpufreq_policy) -> c_int {
        // SAFETY: what all callbacks are promised.
        status(T::resume(unsafe { Policy::from_raw_mut(ptr) }))
    }

    unsafe extern "C" fn ready_callback(ptr: *mut bindings::cpufreq_policy) {
        // SAFETY: what all callbacks are promised.
        T::ready(unsafe { Policy::from_raw_mut(ptr) });
    }

    unsafe extern "C" fn verify_callback(ptr: *mut bindings::cpufreq_policy_data) -> c_int {
        // SAFETY: the core passes limits that are ours alone.
        status(T::verify(unsafe { PolicyData::from_raw_mut(ptr) }))
    }

    unsafe extern "C" fn setpolicy_callback(ptr: *mut bindings::cpufreq_policy) -> c_int {
        // SAFETY: what all callbacks are promised.
        status(T::setpolicy(unsafe { Policy::from_raw_mut(ptr) }))
    }

    unsafe extern "C" fn target_callback(
        ptr: *mut bindings::cpufreq_policy,
        target_freq: c_uint,
        relation: c_uint,
    ) -> c_int {
        // SAFETY: what all callbacks are promised.
        let policy = unsafe { Policy::from_raw_mut(ptr) };
        status(Relation::new(relation).and_then(|relation| T::target(policy, target_freq, relation)))
    }

    unsafe extern "C" fn target_index_callback(ptr: *mut bindings::cpufreq_policy, index: c_uint) -> c_int {
        // SAFETY: what all callbacks are promised; the core passes the number of an entry.
        let (policy, index) = unsafe { (Policy::from_raw_mut(ptr), TableIndex::new(index as usize)) };
        status(T::target_index(policy, index))
    }

    unsafe extern "C" fn fast_switch_callback(ptr: *mut bindings::cpufreq_policy, target_freq: c_uint) -> c_uint {
        // SAFETY: what all callbacks are promised.
        T::fast_switch(unsafe { Policy::from_raw_mut(ptr) }, target_freq)
    }

    // Since v7.0 the core passes the policy instead of the processor. Where it passes no upper limit, that is the capacity.
    #[cfg(
        kmod_has = "sig:cpufreq_driver.adjust_perf=void (*)(struct cpufreq_policy *, unsigned long, unsigned long, unsigned long)"
    )]
    unsafe extern "C" fn adjust_perf_callback(
        ptr: *mut bindings::cpufreq_policy,
        min_perf: c_ulong,
        target_perf: c_ulong,
        capacity: c_ulong,
    ) {
        // SAFETY: what all callbacks are promised.
        T::adjust_perf(unsafe { Policy::from_raw_mut(ptr) }, min_perf, target_perf, capacity, capacity);
    }

    #[cfg(
        kmod_has = "sig:cpufreq_driver.adjust_perf=void (*)(unsigned int, unsigned long, unsigned long, unsigned long)"
    )]
    unsafe extern "C" fn adjust_perf_callback(cpu: c_uint, min_perf: c_ulong, target_perf: c_ulong, capacity: c_ulong) {
        if let Ok(mut policy) = PolicyCpu::from_cpu(cpu) {
            T::adjust_perf(&mut policy, min_perf, target_perf, capacity, capacity);
        }
    }

    #[cfg(kmod_has = "field:cpufreq_driver.adjust_perf/5")]
    unsafe extern "C" fn adjust_perf_callback(
        ptr: *mut bindings::cpufreq_policy,
        min_perf: c_ulong,
        target_perf: c_ulong,
        max_perf: c_ulong,
        capacity: c_ulong,
    ) {
        // SAFETY: what all callbacks are promised.
        T::adjust_perf(unsafe { Policy::from_raw_mut(ptr) }, min_perf, target_perf, max_perf, capacity);
    }

    unsafe extern "C" fn get_intermediate_callback(ptr: *mut bindings::cpufreq_policy, index: c_uint) -> c_uint {
        // SAFETY: what all callbacks are promised; the core passes the number of an entry.
        let (policy, index) = unsafe { (Policy::from_raw_mut(ptr), TableIndex::new(index as usize)) };
        T::get_intermediate(policy, index)
    }

    unsafe extern "C" fn target_intermediate_callback(ptr: *mut bindings::cpufreq_policy, index: c_uint) -> c_int {
        // SAFETY: what all callbacks are promised; the core passes the number of an entry.
        let (policy, index) = unsafe { (Policy::from_raw_mut(ptr), TableIndex::new(index as usize)) };
        status(T::target_intermediate(policy, index))
    }

    unsafe extern "C" fn get_callback(cpu: c_uint) -> c_uint {
        // 0 is how C says that nobody knows.
        PolicyCpu::from_cpu(cpu).and_then(|mut policy| T::get(&mut policy)).unwrap_or(0)
    }

    #[cfg(kmod_has = "sig:cpufreq_driver.update_limits=void (*)(struct cpufreq_policy *)")]
    unsafe extern "C" fn update_limits_callback(ptr: *mut bindings::cpufreq_policy) {
        // SAFETY: what all callbacks are promised.
        T::update_limits(unsafe { Policy::from_raw_mut(ptr) });
    }

    // Up to v6.15 the core passes the processor.
    #[cfg(not(kmod_has = "sig:cpufreq_driver.update_limits=void (*)(struct cpufreq_policy *)"))]
    unsafe extern "C" fn update_limits_callback(cpu: c_uint) {
        if let Ok(mut policy) = PolicyCpu::from_cpu(cpu) {
            T::update_limits(&mut policy);
        }
    }

    unsafe extern "C" fn bios_limit_callback(cpu: c_int, limit: *mut c_uint) -> c_int {
        from_result(|| {
            let mut policy = PolicyCpu::from_cpu(u32::try_from(cpu)?)?;
            // SAFETY: the core passes a place for the limit.
            unsafe { *limit = T::bios_limit(&mut policy)? };
            Ok(0)
        })
    }

    unsafe extern "C" fn set_boost_callback(ptr: *mut bindings::cpufreq_policy, state: c_int) -> c_int {
        // SAFETY: what all callbacks are promised.
        status(T::set_boost(unsafe { Policy::from_raw_mut(ptr) }, state))
    }

    #[cfg(kmod_has = "field:cpufreq_driver.register_em")]
    unsafe extern "C" fn register_em_callback(ptr: *mut bindings::cpufreq_policy) {
        // SAFETY: what all callbacks are promised.
        T::register_em(unsafe { Policy::from_raw_mut(ptr) });
    }
}
