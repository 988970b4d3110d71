// SPDX-License-Identifier: GPL-2.0
//! Waiting for a device by looking again and again.
//!
//! C header: [`include/linux/iopoll.h`](srctree/include/linux/iopoll.h)
//!
//! Every kernel has it.

use crate::{
    error::{code::ETIMEDOUT, Result},
    processor::cpu_relax,
    task::might_sleep,
    time::{
        delay::{fsleep, udelay},
        Delta, Instant, Monotonic,
    },
};

/// Calls `op` until what it returns satisfies `cond`, sleeping in between; for use where one may sleep.
///
/// Returns what `op` returned last, its error if it fails, or [`ETIMEDOUT`] if `cond` is not satisfied once
/// `timeout_delta` has passed; that is looked at once more after the time. It sleeps about `sleep_delta`, or spins if
/// that is zero.
///
/// # Examples
///
/// ```
/// use kernel::{io::{poll::read_poll_timeout, Io, Mmio, Region}, time::Delta};
///
/// /// Waits up to a second for the device to have started, and returns the version of its firmware.
/// fn wait_until_started(io: Mmio<'_, Region<0x100>>) -> Result<u32> {
///     let status = read_poll_timeout(
///         || Ok(io.read32(0x8)),
///         |status| status & 1 == 1,
///         Delta::from_millis(10),
///         Delta::from_secs(1),
///     )?;
///     Ok(status >> 16)
/// }
/// ```
#[track_caller]
pub fn read_poll_timeout<Op, Cond, T>(mut op: Op, mut cond: Cond, sleep_delta: Delta, timeout_delta: Delta) -> Result<T>
where
    Op: FnMut() -> Result<T>,
    Cond: FnMut(&T) -> bool,
{
    let start: Instant<Monotonic> = Instant::now();

    might_sleep();

    loop {
        // Look at the clock first: what is read after the time is up counts still.
        let time_is_up = start.elapsed() > timeout_delta;

        let value = op()?;
        if cond(&value) {
            return Ok(value);
        }
        if time_is_up {
            return Err(ETIMEDOUT);
        }

        if !sleep_delta.is_zero() {
            fsleep(sleep_delta);
        }
        cpu_relax();
    }
}

/// Calls `op` up to `retry` times until what it returns satisfies `cond`, spinning `delay_delta` in between.
///
/// Returns what `op` returned last, its error if it fails, or [`ETIMEDOUT`] if `cond` was never satisfied. It never
/// sleeps, so it may be called in any context, and keeps the CPU busy, so better not for long.
///
/// # Examples
///
/// ```
/// use kernel::{io::{poll::read_poll_timeout_atomic, Io, Mmio, Region}, time::Delta};
///
/// /// Waits about 50 microseconds for a reset to be done.
/// fn reset(io: Mmio<'_, Region<0x100>>) -> Result {
///     io.write32(1, 0x4);
///     read_poll_timeout_atomic(|| Ok(io.read32(0x4)), |busy| *busy == 0, Delta::from_micros(5), 10)?;
///     Ok(())
/// }
/// ```
pub fn read_poll_timeout_atomic<Op, Cond, T>(mut op: Op, mut cond: Cond, delay_delta: Delta, retry: usize) -> Result<T>
where
    Op: FnMut() -> Result<T>,
    Cond: FnMut(&T) -> bool,
{
    for _ in 0..retry {
        let value = op()?;
        if cond(&value) {
            return Ok(value);
        }

        if !delay_delta.is_zero() {
            udelay(delay_delta);
        }
        cpu_relax();
    }

    Err(ETIMEDOUT)
}
