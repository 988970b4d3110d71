// SPDX-License-Identifier: GPL-2.0
//! Tests whose allocations fail, one at a time: the first, then the second, until the test makes no more.
//!
//! Only with `cfg(kmod_fail_alloc)`, which `cargo kmod test --fail-alloc` sets. Of each run it is asked that it leave no more
//! allocations alive than the run in which none fails, and that this crate does not panic. The test itself may return an error,
//! fail an assertion, or find another way.

use super::{err, info, Outcome, Run, TestFn};
use crate::{
    prelude::fmt,
    str::CStr,
    time::{delay::fsleep, Delta},
};
use core::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed};

/// How many allocations of each allocator live.
static LIVE: [AtomicIsize; 3] = [const { AtomicIsize::new(0) }; 3];

const NAMES: [&str; 3] = ["Kmalloc", "Vmalloc", "KVmalloc"];

/// Counts down with each allocation of the running test; the one that makes it 0 fails. It then goes on, far from 0.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Whether the allocation that is about to be made has to fail.
pub(crate) fn fails() -> bool {
    super::in_kunit_test() && LEFT.fetch_sub(1, Relaxed) == 1
}

/// An allocation was made.
pub(crate) fn made(allocator: &str) {
    count(allocator, 1);
}

/// An allocation was freed.
pub(crate) fn freed(allocator: &str) {
    count(allocator, -1);
}

fn count(allocator: &str, by: isize) {
    if let Some(at) = NAMES.iter().position(|name| *name == allocator) {
        LIVE[at].fetch_add(by, Relaxed);
    }
}

/// Runs a test once more for each of its allocations.
pub(super) fn run(suite: &CStr, name: &CStr, test: TestFn) -> Outcome {
    let (outcome, _, kept) = once(test, 0, [0; 3]);
    if !matches!(outcome, Outcome::Passed) {
        return outcome;
    }
    for nth in 1.. {
        let (outcome, failed, left) = once(test, nth, kept);
        if !failed {
            info(fmt!("# {suite}::{name}: {} allocations failed in turn\n", nth - 1));
            break;
        }
        if let Outcome::Stopped { by_this_crate: true } = outcome {
            err(fmt!("# allocation {nth} failed, and the kernel crate panicked\n"));
            return outcome;
        }
        for ((allocator, left), kept) in NAMES.iter().zip(left).zip(kept) {
            if left <= kept {
                continue;
            }
            let more = left - kept;
            // What a test holds that is stopped where it is, nobody drops.
            if let Outcome::Stopped { .. } = outcome {
                info(fmt!(
                    "# {suite}::{name}: allocation {nth} failed and stopped it; of {allocator}, {more} were in use\n"
                ));
                continue;
            }
            err(fmt!("# allocation {nth} failed, and {more} of {allocator} leaked\n"));
            return Outcome::Stopped { by_this_crate: false };
        }
    }
    Outcome::Passed
}

/// Runs a test, of which the `nth` allocation fails. Tells whether it came to that, and how many allocations are left alive, of
/// which so many may be.
fn once(test: TestFn, nth: usize, expected: [isize; 3]) -> (Outcome, bool, [isize; 3]) {
    let before = live();
    LEFT.store(nth, Relaxed);
    let outcome = Run::run(test);
    let failed = nth != 0 && LEFT.swap(0, Relaxed).wrapping_sub(1) >= nth;
    let left = || -> [isize; 3] {
        let now = live();
        core::array::from_fn(|at| now[at] - before[at])
    };
    // What the test handed to others, such as a work item, is freed a little later.
    for _ in 0..1000 {
        if left().iter().zip(expected).all(|(left, expected)| *left <= expected) {
            break;
        }
        fsleep(Delta::from_millis(1));
    }
    (outcome, failed, left())
}

fn live() -> [isize; 3] {
    core::array::from_fn(|at| LIVE[at].load(Relaxed))
}
