// SPDX-License-Identifier: GPL-2.0
//! Tests whose steps fail, one at a time: the first, then the second, until the test takes no more. A step is an allocation, or a call
//! of C that gives the driver something: memory for DMA, an interrupt, a region, a node (`fails` in `rust/bindings/bindgen.toml`).
//!
//! So do the probes of a driver: in the first probe its first step fails, in the second its second.
//!
//! Only with `cfg(kmod_fail_alloc)`, which `cargo kmod test --fail-alloc` and `run --fail-alloc` set. Of each run it is asked that it
//! hold no more in the end than the run in which none fails, and that this crate does not panic. The test itself may
//! return an error, fail an assertion, or find another way.

use super::{err, info, Outcome, Run, TestFn};
use crate::{
    bindings,
    error::Result,
    ffi::c_char,
    prelude::fmt,
    str::{CStr, CStrExt as _},
    time::{delay::fsleep, Delta},
};
use core::{
    ptr,
    sync::atomic::{AtomicIsize, AtomicPtr, AtomicUsize, Ordering::Relaxed},
};

/// How much is held: allocations of each allocator, and what C gave.
static LIVE: [AtomicIsize; 4] = [const { AtomicIsize::new(0) }; 4];

const NAMES: [&str; 4] = ["Kmalloc", "Vmalloc", "KVmalloc", RESOURCES];
const RESOURCES: &str = "the resources of C";

/// Counts down with each step of the running test; the one that makes it 0 fails. It then goes on, far from 0.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// The step that failed last, a C string.
static FAILED: AtomicPtr<c_char> = AtomicPtr::new(c"".as_ptr().cast_mut().cast());

/// The thread that probes.
static PROBING: AtomicPtr<bindings::task_struct> = AtomicPtr::new(ptr::null_mut());

/// How many probes there were.
static PROBES: AtomicUsize = AtomicUsize::new(0);

/// How many devices are bound.
static BOUND: AtomicUsize = AtomicUsize::new(0);

/// What lived before the first probe.
static BEFORE: [AtomicIsize; 4] = [const { AtomicIsize::new(0) }; 4];

/// Whether the allocation that is about to be made has to fail.
pub(crate) fn fails() -> bool {
    kmod_fails(c"an allocation")
}

/// Whether the step that is about to be taken, of that name, has to fail.
#[no_mangle]
fn kmod_fails(step: &'static CStr) -> bool {
    let counts = super::in_kunit_test() || PROBING.load(Relaxed) == current();
    let fails = counts && LEFT.fetch_sub(1, Relaxed) == 1;
    if fails {
        FAILED.store(step.as_ptr().cast_mut().cast(), Relaxed);
    }
    fails
}

/// So many resources more are held.
#[no_mangle]
fn kmod_held(by: isize) {
    count(RESOURCES, by);
}

/// What failed last.
fn last_failed() -> &'static CStr {
    // SAFETY: Only pointers of such strings are stored.
    unsafe { CStr::from_char_ptr(FAILED.load(Relaxed)) }
}

/// A device was unbound.
pub(crate) fn unbound() {
    BOUND.fetch_sub(1, Relaxed);
}

fn current() -> *mut bindings::task_struct {
    // SAFETY: There is always a current task.
    unsafe { bindings::get_current() }
}

/// Runs a probe, in which a step fails: in the module's n-th probe the n-th. Whatever the probes before it have left
/// held is said to have leaked, if they failed or their devices were unbound since.
///
/// A probe within a probe, of a device that the outer one adds, is a part of it.
pub(crate) fn probe<T>(probe: impl FnOnce() -> Result<T>) -> Result<T> {
    if PROBING.load(Relaxed) == current() {
        return probe().inspect(|_| _ = BOUND.fetch_add(1, Relaxed));
    }
    let nth = PROBES.fetch_add(1, Relaxed) + 1;
    let before = || -> [isize; 4] { core::array::from_fn(|at| BEFORE[at].load(Relaxed)) };
    if nth == 1 {
        live().into_iter().zip(&BEFORE).for_each(|(live, before)| before.store(live, Relaxed));
    }
    if BOUND.load(Relaxed) == 0 {
        let more = settled(before(), [0; 4]);
        for (allocator, more) in NAMES.iter().zip(more).filter(|(_, more)| *more > 0) {
            err(fmt!("# before probe {nth}: {more} of {allocator} leaked\n"));
        }
    }

    LEFT.store(nth, Relaxed);
    PROBING.store(current(), Relaxed);
    let result = probe();
    PROBING.store(ptr::null_mut(), Relaxed);
    let came = LEFT.swap(0, Relaxed).wrapping_sub(1) >= nth;
    BOUND.fetch_add(result.is_ok().into(), Relaxed);
    let outcome = if result.is_ok() { "bound" } else { "not bound" };
    match came {
        true => info(fmt!("# probe {nth}: step {nth} failed ({}), {outcome}\n", last_failed())),
        false => info(fmt!("# probe {nth}: step {nth} was not taken, {outcome}\n")),
    }
    result
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

/// Runs a test once more for each of its steps.
pub(super) fn run(suite: &CStr, name: &CStr, test: TestFn) -> Outcome {
    let (outcome, _, kept) = once(test, 0, [0; 4]);
    if !matches!(outcome, Outcome::Passed) {
        return outcome;
    }
    for nth in 1.. {
        let (outcome, failed, left) = once(test, nth, kept);
        if !failed {
            info(fmt!("# {suite}::{name}: {} steps failed in turn\n", nth - 1));
            break;
        }
        if let Outcome::Stopped { by_this_crate: true } = outcome {
            err(fmt!("# step {nth} ({}) failed, and the kernel crate panicked\n", last_failed()));
            return outcome;
        }
        for ((allocator, left), kept) in NAMES.iter().zip(left).zip(kept) {
            if left <= kept {
                continue;
            }
            let more = left - kept;
            // What a test holds that is stopped where it is, nobody drops.
            if let Outcome::Stopped { .. } = outcome {
                info(fmt!("# {suite}::{name}: step {nth} failed and stopped it; of {allocator}, {more} were in use\n"));
                continue;
            }
            err(fmt!("# step {nth} ({}) failed, and {more} of {allocator} leaked\n", last_failed()));
            return Outcome::Stopped { by_this_crate: false };
        }
    }
    Outcome::Passed
}

/// Runs a test, of which the `nth` step fails. Tells whether it came to that, and how much is left, of which so much may be.
fn once(test: TestFn, nth: usize, expected: [isize; 4]) -> (Outcome, bool, [isize; 4]) {
    let before = live();
    LEFT.store(nth, Relaxed);
    let outcome = Run::run(test);
    let failed = nth != 0 && LEFT.swap(0, Relaxed).wrapping_sub(1) >= nth;
    (outcome, failed, settled(before, expected))
}

/// How much is held that was not `before`. What was handed to others, such as a work item, is freed a little later: that
/// is waited for, as long as there are more than `expected`.
fn settled(before: [isize; 4], expected: [isize; 4]) -> [isize; 4] {
    let left = || -> [isize; 4] {
        let now = live();
        core::array::from_fn(|at| now[at] - before[at])
    };
    for _ in 0..1000 {
        if left().iter().zip(expected).all(|(left, expected)| *left <= expected) {
            break;
        }
        fsleep(Delta::from_millis(1));
    }
    left()
}

fn live() -> [isize; 4] {
    core::array::from_fn(|at| LIVE[at].load(Relaxed))
}
