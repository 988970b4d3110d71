// SPDX-License-Identifier: GPL-2.0
//! Time: clocks, instants and spans.
//!
//! An [`Instant`] belongs to a clock, so that instants of different clocks cannot be mixed; a [`Delta`] is the span
//! between two. Both saturate instead of overflowing: 292 years are as good as for ever.
//!
//! C headers: [`include/linux/ktime.h`](srctree/include/linux/ktime.h),
//! [`include/linux/jiffies.h`](srctree/include/linux/jiffies.h)
//!
//! # Examples
//!
//! ```
//! use kernel::time::{delay::udelay, Delta, Instant, Monotonic};
//!
//! let start = Instant::<Monotonic>::now();
//! udelay(Delta::from_micros(10));
//! assert!(start.elapsed() >= Delta::from_micros(10));
//! assert_eq!(Delta::from_millis(3) + Delta::from_micros(1), Delta::from_nanos(3_001_000));
//! ```
//!
//! Available on every supported kernel.

use core::{cmp::Ordering, marker::PhantomData, ops};

pub mod delay;
pub mod hrtimer;

/// Nanoseconds in a microsecond.
pub const NSEC_PER_USEC: i64 = bindings::NSEC_PER_USEC as i64;

/// Nanoseconds in a millisecond.
pub const NSEC_PER_MSEC: i64 = bindings::NSEC_PER_MSEC as i64;

/// Nanoseconds in a second.
pub const NSEC_PER_SEC: i64 = bindings::NSEC_PER_SEC as i64;

/// Ticks of the kernel's timer.
pub type Jiffies = crate::ffi::c_ulong;

/// Milliseconds.
pub type Msecs = crate::ffi::c_uint;

/// How many ticks it takes until so many milliseconds have passed, rounded up.
#[inline]
pub fn msecs_to_jiffies(msecs: Msecs) -> Jiffies {
    // SAFETY: It computes.
    unsafe { bindings::__msecs_to_jiffies(msecs) }
}

/// A clock of the kernel.
///
/// # Safety
///
/// [`ktime_get`](Self::ktime_get) returns what the clock [`ID`](Self::ID) shows, which is never negative.
pub unsafe trait ClockSource {
    /// What C calls it.
    const ID: bindings::clockid_t;

    /// What it shows now.
    fn ktime_get() -> bindings::ktime_t;
}

/// Time since boot, without the time in suspend; it only goes forward. The default choice for drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic;

/// Wall-clock time in UTC, in nanoseconds since 1970; it may be set, even backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RealTime;

/// Time since boot, with the time in suspend; it only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootTime;

/// International atomic time: like [`RealTime`] but without leap seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tai;

macro_rules! impl_clock {
    ($($clock:ty, $id:expr, $get:expr;)*) => {$(
        // SAFETY: The function reads that clock.
        unsafe impl ClockSource for $clock {
            const ID: bindings::clockid_t = $id as bindings::clockid_t;

            #[inline]
            fn ktime_get() -> bindings::ktime_t {
                // SAFETY: Clocks can be read in any context.
                unsafe { $get }
            }
        }
    )*};
}

impl_clock! {
    Monotonic, bindings::CLOCK_MONOTONIC, bindings::ktime_get();
    RealTime, bindings::CLOCK_REALTIME, bindings::ktime_get_real();
    BootTime, bindings::CLOCK_BOOTTIME, bindings::ktime_get_boottime();
    Tai, bindings::CLOCK_TAI, bindings::ktime_get_clocktai();
}

/// A point in time on the clock `C`.
///
/// # Invariants
///
/// `inner` is not negative.
#[repr(transparent)]
#[derive(Debug)]
pub struct Instant<C: ClockSource> {
    inner: bindings::ktime_t,
    _c: PhantomData<C>,
}

impl<C: ClockSource> Clone for Instant<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: ClockSource> Copy for Instant<C> {}

impl<C: ClockSource> PartialEq for Instant<C> {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl<C: ClockSource> Eq for Instant<C> {}

impl<C: ClockSource> PartialOrd for Instant<C> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<C: ClockSource> Ord for Instant<C> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.inner.cmp(&other.inner)
    }
}

impl<C: ClockSource> Instant<C> {
    /// What the clock shows now.
    #[inline]
    pub fn now() -> Self {
        // INVARIANT: A clock never shows a negative value.
        Self { inner: C::ktime_get(), _c: PhantomData }
    }

    /// The time since then; negative if the clock has been set back.
    #[inline]
    pub fn elapsed(&self) -> Delta {
        Self::now() - *self
    }

    /// The value that C has.
    #[inline]
    pub(crate) fn as_nanos(&self) -> i64 {
        self.inner
    }

    /// Takes a value from C.
    ///
    /// # Safety
    ///
    /// It is not negative.
    #[inline]
    pub(crate) unsafe fn from_ktime(ktime: bindings::ktime_t) -> Self {
        // INVARIANT: The caller promises it.
        Self { inner: ktime, _c: PhantomData }
    }
}

impl<C: ClockSource> ops::Sub for Instant<C> {
    type Output = Delta;

    #[inline]
    fn sub(self, other: Instant<C>) -> Delta {
        // Neither is negative, so this does not overflow.
        Delta::from_nanos(self.inner.wrapping_sub(other.inner))
    }
}

impl<T: ClockSource> ops::Add<Delta> for Instant<T> {
    type Output = Self;

    #[inline]
    fn add(self, rhs: Delta) -> Self {
        // INVARIANT: Never below zero.
        Self { inner: self.inner.saturating_add(rhs.value).max(0), _c: PhantomData }
    }
}

impl<T: ClockSource> ops::Sub<Delta> for Instant<T> {
    type Output = Self;

    #[inline]
    fn sub(self, rhs: Delta) -> Self {
        // INVARIANT: Never below zero.
        Self { inner: self.inner.saturating_sub(rhs.value).max(0), _c: PhantomData }
    }
}

mod private {
    /// Keeps the set of units closed.
    pub trait Sealed {}

    impl Sealed for super::Nsec {}
    impl Sealed for super::Jiffy {}
}

/// What a [`Delta`] counts.
pub trait TimeUnit: private::Sealed {
    /// The number that counts it.
    type Repr: Copy + Clone + PartialEq + PartialOrd + Eq + Ord + core::fmt::Debug;
}

/// Nanoseconds.
#[derive(Copy, Clone, PartialEq, PartialOrd, Eq, Ord, Debug)]
pub enum Nsec {}

impl TimeUnit for Nsec {
    type Repr = i64;
}

/// Ticks of the kernel's timer.
#[derive(Copy, Clone, PartialEq, PartialOrd, Eq, Ord, Debug)]
pub enum Jiffy {}

impl TimeUnit for Jiffy {
    type Repr = isize;
}

/// A span of time, in nanoseconds unless said otherwise; it may be negative.
///
/// # Examples
///
/// ```
/// use kernel::time::{Delta, Jiffy};
///
/// let timeout = Delta::from_micros(1500);
/// assert_eq!((timeout.as_millis(), timeout.as_millis_ceil()), (1, 2));
/// assert_eq!(timeout * 4 / Delta::from_millis(2), 3);
/// assert_eq!(timeout.rem_nanos(1_000_000), Delta::from_micros(500));
/// assert!((timeout - Delta::from_secs(1)).is_negative());
///
/// // Ticks do not mix with nanoseconds.
/// let ticks = Delta::<Jiffy>::from_jiffies(2);
/// assert_eq!(ticks.as_jiffies(), 2);
/// ```
#[derive(Copy, Clone, PartialEq, PartialOrd, Eq, Ord, Debug)]
pub struct Delta<U: TimeUnit = Nsec> {
    value: U::Repr,
}

impl Delta<Jiffy> {
    /// So many ticks.
    #[inline]
    pub const fn from_jiffies(jiffies: isize) -> Self {
        Self { value: jiffies }
    }

    /// The number of ticks.
    #[inline]
    pub const fn as_jiffies(self) -> isize {
        self.value
    }
}

impl ops::Add for Delta {
    type Output = Self;

    #[inline]
    fn add(self, rhs: Self) -> Self {
        Self::from_nanos(self.value.saturating_add(rhs.value))
    }
}

impl ops::AddAssign for Delta {
    #[inline]
    fn add_assign(&mut self, rhs: Self) {
        *self = *self + rhs;
    }
}

impl ops::Sub for Delta {
    type Output = Self;

    #[inline]
    fn sub(self, rhs: Self) -> Self {
        Self::from_nanos(self.value.saturating_sub(rhs.value))
    }
}

impl ops::SubAssign for Delta {
    #[inline]
    fn sub_assign(&mut self, rhs: Self) {
        *self = *self - rhs;
    }
}

impl ops::Mul<i64> for Delta {
    type Output = Self;

    #[inline]
    fn mul(self, rhs: i64) -> Self {
        Self::from_nanos(self.value.saturating_mul(rhs))
    }
}

impl ops::MulAssign<i64> for Delta {
    #[inline]
    fn mul_assign(&mut self, rhs: i64) {
        *self = *self * rhs;
    }
}

/// How many times one span fits into the other.
///
/// # Panics
///
/// As every integer division: if the divisor is zero.
impl ops::Div for Delta {
    type Output = i64;

    #[inline]
    fn div(self, rhs: Self) -> i64 {
        self.value.saturating_div(rhs.value)
    }
}

impl Delta {
    /// No time.
    pub const ZERO: Self = Self::from_nanos(0);

    /// So many nanoseconds.
    #[inline]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { value: nanos }
    }

    /// So many microseconds.
    #[inline]
    pub const fn from_micros(micros: i64) -> Self {
        Self::from_nanos(micros.saturating_mul(NSEC_PER_USEC))
    }

    /// So many milliseconds.
    #[inline]
    pub const fn from_millis(millis: i64) -> Self {
        Self::from_nanos(millis.saturating_mul(NSEC_PER_MSEC))
    }

    /// So many seconds.
    #[inline]
    pub const fn from_secs(secs: i64) -> Self {
        Self::from_nanos(secs.saturating_mul(NSEC_PER_SEC))
    }

    /// Says whether it is no time at all.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.value == 0
    }

    /// Says whether it goes backwards.
    #[inline]
    pub fn is_negative(self) -> bool {
        self.value < 0
    }

    /// Nanoseconds.
    #[inline]
    pub const fn as_nanos(self) -> i64 {
        self.value
    }

    /// Microseconds, rounded up.
    #[inline]
    pub fn as_micros_ceil(self) -> i64 {
        self.value.saturating_add(NSEC_PER_USEC - 1) / NSEC_PER_USEC
    }

    /// Milliseconds, rounded towards zero.
    #[inline]
    pub fn as_millis(self) -> i64 {
        self.value / NSEC_PER_MSEC
    }

    /// Milliseconds, rounded up.
    #[inline]
    pub fn as_millis_ceil(self) -> i64 {
        self.value.saturating_add(NSEC_PER_MSEC - 1) / NSEC_PER_MSEC
    }

    /// What is left of it after taking away `dividend` nanoseconds as often as possible; it has the sign of `self`.
    ///
    /// # Panics
    ///
    /// As every integer division: if `dividend` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::time::Delta;
    ///
    /// assert_eq!(Delta::from_micros(7).rem_nanos(2_000), Delta::from_nanos(1_000));
    /// ```
    #[inline]
    pub fn rem_nanos(self, dividend: i32) -> Self {
        Self::from_nanos(self.value.wrapping_rem(i64::from(dividend)))
    }
}
