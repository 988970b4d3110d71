// SPDX-License-Identifier: GPL-2.0
//! Letting time pass.
//!
//! C header: [`include/linux/delay.h`](srctree/include/linux/delay.h)
//!
//! # Examples
//!
//! ```
//! use kernel::time::{delay::fsleep, Delta, Instant, Monotonic};
//!
//! let start = Instant::<Monotonic>::now();
//! fsleep(Delta::from_millis(1));
//! assert!(start.elapsed().as_millis() >= 1);
//! ```
//!
//! Available on every supported kernel.

use super::Delta;
use crate::ffi::c_ulong;

/// The span in microseconds, rounded up; outside of zero to `max` it is `max`.
#[inline]
fn micros(delta: Delta, max: Delta) -> c_ulong {
    let delta = if (Delta::ZERO..=max).contains(&delta) { delta } else { max };
    delta.as_micros_ceil() as c_ulong
}

/// Sleeps for at least so long, by whatever means suits the length best.
///
/// A negative span, or one of more than about 36 minutes, counts as a mistake and sleeps these 36 minutes.
///
/// It may only be called where sleeping is allowed.
#[inline]
pub fn fsleep(delta: Delta) {
    const MAX: Delta = Delta::from_micros(i32::MAX as i64);

    // SAFETY: It has no requirements beyond a context that may sleep; sleeping elsewhere is a bug that C reports, not
    // undefined.
    unsafe { bindings::fsleep(micros(delta, MAX)) }
}

/// Keeps the processor busy for at least so long, in any context.
///
/// A negative span, or a longer one than the machine's delay loop can count (some milliseconds), counts as a mistake
/// and takes as long as that loop can.
#[inline]
pub fn udelay(delta: Delta) {
    const MAX: Delta = Delta::from_millis(bindings::MAX_UDELAY_MS as i64);

    // SAFETY: The argument is within what the delay loop can count.
    unsafe { bindings::udelay(micros(delta, MAX)) }
}
