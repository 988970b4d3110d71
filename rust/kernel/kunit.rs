// SPDX-License-Identifier: GPL-2.0
//! Unit tests that run inside the kernel.
//!
//! C header: [`include/kunit/test.h`](srctree/include/kunit/test.h)
//!
//! Distributions' kernels are built without KUnit, so this module has a runner of its own: it keeps the interface, runs each test
//! in a thread of its own, one after the other, and prints the results to the log as KTAP. `cargo kmod test` builds a module with
//! `cfg(kmod_kunit)`; its suites then run once it is initialised. With `--fail-alloc` each test also runs once for each of its
//! allocations, which fails. All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! fn twice(n: u32) -> u32 {
//!     2 * n
//! }
//!
//! #[kunit_tests(doubling)]
//! mod tests {
//!     use super::*;
//!
//!     #[test]
//!     fn twice_doubles() {
//!         assert_eq!(twice(2), 4);
//!     }
//!
//!     #[test]
//!     fn may_fail() -> Result {
//!         KVec::<u8>::with_capacity(2, GFP_KERNEL)?;
//!         Ok(())
//!     }
//! }
//! # fn main() {}
//! ```

use crate::{
    bindings,
    error::from_err_ptr,
    ffi::{c_int, c_void},
    fmt,
    prelude::fmt,
    print::{call_printk, format_strings},
    str::{CStr, CStrExt as _},
    types::Opaque,
    LocalModule, ModuleMetadata,
};
use core::{
    cell::Cell,
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

#[cfg(kmod_fail_alloc)]
pub(crate) mod fail_alloc;

/// What has come out of a test.
#[derive(Clone, Copy)]
enum Outcome {
    Passed,
    /// It returned an error: what it held is dropped.
    Errored,
    /// An assertion or a panic stopped it where it was.
    Stopped {
        // Only a test whose allocations fail asks.
        #[cfg_attr(not(kmod_fail_alloc), allow(dead_code))]
        by_this_crate: bool,
    },
    Skipped(&'static str),
}

/// A test, as C calls it.
type TestFn = unsafe extern "C" fn(*mut bindings::kunit);

/// A test while it runs. The runner owns it and waits; the test's thread uses it.
struct Run {
    test: TestFn,
    outcome: Cell<Outcome>,
    done: Opaque<bindings::completion>,
}

/// The test that runs. Only its own thread looks into it.
static RUN: AtomicPtr<Run> = AtomicPtr::new(ptr::null_mut());

/// The thread of that test.
static THREAD: AtomicPtr<bindings::task_struct> = AtomicPtr::new(ptr::null_mut());

impl Run {
    /// The running test, if this is its thread.
    ///
    /// The reference must not leave the thread, which cannot outlive the `Run`.
    fn current() -> Option<&'static Self> {
        // SAFETY: There is always a current task.
        let current = unsafe { bindings::get_current() };
        // SAFETY: The runner waits for this thread to end before it drops the test; the pointer is set before the thread is.
        (THREAD.load(Ordering::Acquire) == current).then(|| unsafe { &*RUN.load(Ordering::Relaxed) })
    }

    /// Runs a test in a thread of its own and waits for its end.
    fn run(test: TestFn) -> Outcome {
        let run = Run { test, outcome: Cell::new(Outcome::Passed), done: Opaque::uninit() };
        // SAFETY: `done` is valid for writes and does not move while the thread lives.
        unsafe { bindings::init_completion(run.done.get()) };
        let data = ptr::from_ref(&run).cast_mut();
        // SAFETY: `thread` takes a pointer to a `Run`, which lives until the thread has completed it.
        match from_err_ptr(unsafe { bindings::kunit_thread(Some(Self::thread), data.cast()) }) {
            // SAFETY: `done` is initialised, and the thread completes it as the last thing it does with `run`.
            Ok(_) => unsafe { bindings::wait_for_completion(run.done.get()) },
            Err(error) => {
                err(fmt!("cannot start a thread: {error:?}\n"));
                return Outcome::Stopped { by_this_crate: true };
            }
        }
        run.outcome.get()
    }

    /// The thread of a test.
    ///
    /// # Safety
    ///
    /// `data` points to a [`Run`] that lives until it is completed.
    unsafe extern "C" fn thread(data: *mut c_void) -> c_int {
        RUN.store(data.cast(), Ordering::Relaxed);
        // SAFETY: There is always a current task.
        THREAD.store(unsafe { bindings::get_current() }, Ordering::Release);
        // SAFETY: By the safety requirement.
        let run = unsafe { &*data.cast::<Run>() };
        // SAFETY: The test is one of a table of tests, which take a pointer that they do not use.
        unsafe { (run.test)(ptr::null_mut()) };
        run.end(run.outcome.get())
    }

    /// Ends the thread of the test, wherever it is; what it holds is not dropped.
    fn end(&self, outcome: Outcome) -> ! {
        self.outcome.set(outcome);
        THREAD.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: `done` is initialised. This is the kernel thread that the runner made, and `self` is not used any more.
        unsafe { bindings::kunit_exit(self.done.get()) };
        unreachable!("kunit_exit() does not return")
    }
}

/// A table of tests and its name: what [`kunit_unsafe_test_suite!`](crate::kunit_unsafe_test_suite) registers.
///
/// # Invariants
///
/// `cases` points to tests, of which the last has no function.
#[doc(hidden)]
#[repr(C)]
// Suites lie one after the other in their section, without gaps: with `-Zmin-function-alignment` rustc aligns statics too.
#[repr(align(64))]
pub struct Suite {
    name: &'static CStr,
    cases: *const bindings::kunit_case,
}

// SAFETY: Nobody writes to the table.
unsafe impl Sync for Suite {}

impl Suite {
    /// # Safety
    ///
    /// `cases` points to tests, of which the last has no function, and which nobody changes.
    pub const unsafe fn new(name: &'static CStr, cases: *const bindings::kunit_case) -> Self {
        // INVARIANT: By the safety requirement.
        Self { name, cases }
    }

    /// The names and functions.
    fn cases(&self) -> impl Iterator<Item = (&CStr, TestFn)> {
        let mut case = self.cases;
        core::iter::from_fn(move || {
            // SAFETY: By the type invariant there is a case here, as the one before had a function.
            let this = unsafe { &*case };
            let run = this.run_case?;
            case = case.wrapping_add(1);
            // SAFETY: `kunit_case` was given a C string.
            Some((unsafe { CStr::from_char_ptr(this.name) }, run))
        })
    }
}

/// Runs the suites that are linked into this module.
#[doc(hidden)]
#[cfg(kmod_kunit)]
pub fn run_suites() {
    extern "C" {
        /// The linker puts these around all suites.
        static __start_kmod_kunit: Suite;
        static __stop_kmod_kunit: Suite;
    }
    // The section exists even if there are no suites.
    #[used]
    #[link_section = "kmod_kunit"]
    static NONE: [Suite; 0] = [];
    let (start, stop) = (&raw const __start_kmod_kunit, &raw const __stop_kmod_kunit);
    // SAFETY: Both belong to the same section, which holds nothing but suites.
    run(unsafe { core::slice::from_raw_parts(start, stop.offset_from_unsigned(start)) });
}

/// Runs suites, and prints the results as KTAP.
#[doc(hidden)]
pub fn run(suites: &[Suite]) {
    let cases = suites.iter().map(|suite| suite.cases().count()).sum::<usize>();
    info(fmt!("KTAP version 1\n"));
    info(fmt!("1..{cases}\n"));
    let all = suites.iter().flat_map(|suite| suite.cases().map(move |(name, test)| (suite.name, name, test)));
    for (number, (suite, name, test)) in (1usize..).zip(all) {
        #[cfg(not(kmod_fail_alloc))]
        let outcome = Run::run(test);
        #[cfg(kmod_fail_alloc)]
        let outcome = fail_alloc::run(suite, name, test);
        match outcome {
            Outcome::Passed => info(fmt!("ok {number} {suite}::{name}\n")),
            Outcome::Errored | Outcome::Stopped { .. } => info(fmt!("not ok {number} {suite}::{name}\n")),
            Outcome::Skipped(why) => info(fmt!("ok {number} {suite}::{name} # SKIP {why}\n")),
        }
    }
}

/// The name of the module that this code is linked into.
fn module_name() -> &'static CStr {
    // SAFETY: The name is a C string that lives, unchanged, as long as the module.
    unsafe { CStr::from_char_ptr((&raw const (*LocalModule::THIS_MODULE.as_ptr()).name).cast()) }
}

/// Prints an error.
pub fn err(args: fmt::Arguments<'_>) {
    // SAFETY: The format string is one of those, and the name ends with a NUL byte.
    unsafe { call_printk(&format_strings::ERR, module_name().to_bytes_with_nul(), args) }
}

/// Prints an information.
pub fn info(args: fmt::Arguments<'_>) {
    // SAFETY: The format string is one of those, and the name ends with a NUL byte.
    unsafe { call_printk(&format_strings::INFO, module_name().to_bytes_with_nul(), args) }
}

/// Fails the running test and ends its thread. In another thread it only prints: nobody can end the test from there.
#[doc(hidden)]
pub fn assertion_failed(name: &str, file: &str, line: i32, message: fmt::Arguments<'_>) {
    err(fmt!("# {name}: {file}:{line}: assertion failed: {message}\n"));
    match Run::current() {
        Some(run) => run.end(Outcome::Stopped { by_this_crate: false }),
        None => err(fmt!("# {name}: it failed outside of the test's thread\n")),
    }
}

/// Fails the running test and ends its thread, if it is a test that panics.
#[cfg(all(kmod_kunit, target_os = "none"))]
pub(crate) fn panicked(info: &core::panic::PanicInfo<'_>) {
    if let Some(run) = Run::current() {
        let message = info.message();
        let place = info.location().map_or(("", 0), |place| (place.file(), place.line()));
        err(fmt!("# {}:{}: panicked: {}\n", place.0, place.1, format_args!("{message}")));
        let this_crate = file!().strip_suffix("kunit.rs").unwrap_or(file!());
        run.end(Outcome::Stopped { by_this_crate: place.0.starts_with(this_crate) });
    }
}

/// Ends the running test, which has returned an error.
#[doc(hidden)]
pub fn errored(message: fmt::Arguments<'_>) {
    err(fmt!("# {message}\n"));
    if let Some(run) = Run::current() {
        run.end(Outcome::Errored);
    }
}

/// Ends the running test: it cannot be done here. Does nothing outside of a test. (Beyond mainline.)
///
/// ```
/// use kernel::kunit;
///
/// if !cfg!(CONFIG_64BIT) {
///     kunit::skip("needs wide pointers");
/// }
/// ```
pub fn skip(why: &'static str) {
    if let Some(run) = Run::current() {
        run.end(Outcome::Skipped(why));
    }
}

/// Whether this code is called by a test: lets a function answer with made-up data.
///
/// ```
/// use kernel::kunit::in_kunit_test;
///
/// fn temperature() -> i32 {
///     if in_kunit_test() {
///         return 20;
///     }
///     4
/// }
///
/// assert_eq!(temperature(), 20);
/// ```
pub fn in_kunit_test() -> bool {
    Run::current().is_some()
}

/// What a test may return.
#[doc(hidden)]
pub trait TestResult {
    /// Whether the test has passed.
    fn is_test_result_ok(&self) -> bool;
}

impl TestResult for () {
    fn is_test_result_ok(&self) -> bool {
        true
    }
}

impl<T, E> TestResult for Result<T, E> {
    fn is_test_result_ok(&self) -> bool {
        self.is_ok()
    }
}

/// Whether a test that returned `t` has passed.
#[doc(hidden)]
pub fn is_test_result_ok(t: impl TestResult) -> bool {
    t.is_test_result_ok()
}

/// An entry of a table of tests, see [`kunit_unsafe_test_suite!`](crate::kunit_unsafe_test_suite).
pub const fn kunit_case(
    name: &'static CStr,
    run_case: unsafe extern "C" fn(*mut bindings::kunit),
) -> bindings::kunit_case {
    bindings::kunit_case { run_case: Some(run_case), name: name.as_ptr().cast(), ..pin_init::zeroed() }
}

/// Registers a table of tests, of which the last is all zero.
///
/// It is better to let [`#[kunit_tests]`](macros::kunit_tests) do that.
///
/// # Safety
///
/// The table is a `static mut`, which nothing may change.
#[macro_export]
macro_rules! kunit_unsafe_test_suite {
    ($name:ident, $test_cases:ident) => {
        const _: () = {
            #[used]
            #[link_section = "kmod_kunit"]
            // SAFETY: The user of this macro answers for the table.
            static SUITE: $crate::kunit::Suite = unsafe {
                $crate::kunit::Suite::new($crate::c_str!(::core::stringify!($name)), (&raw const $test_cases).cast())
            };
        };
    };
}

/// Fails the running test unless the condition holds: `kunit_assert!(test, file, line_difference, condition)`.
///
/// In [`#[kunit_tests]`](macros::kunit_tests) and doc examples `assert!` stands for it. The line that is reported is the line of
/// the macro less the difference.
#[doc(hidden)]
#[macro_export]
macro_rules! kunit_assert {
    ($name:literal, $file:expr, $diff:expr, $condition:expr $(,)?) => {
        $crate::kunit_assert!($name, $file, $diff, $condition, "{}", ::core::stringify!($condition))
    };
    ($name:literal, $file:expr, $diff:expr, $condition:expr, $($message:tt)+) => {
        if !$condition {
            $crate::kunit::assertion_failed(
                $name,
                $file,
                ::core::line!() as i32 - $diff,
                $crate::prelude::fmt!($($message)+),
            )
        }
    };
}

/// Fails the running test unless the values are equal, see [`kunit_assert!`](crate::kunit_assert).
#[doc(hidden)]
#[macro_export]
macro_rules! kunit_assert_eq {
    ($name:literal, $file:expr, $diff:expr, $left:expr, $right:expr $(,)?) => {
        $crate::kunit_assert!($name, $file, $diff, $left == $right)
    };
    ($name:literal, $file:expr, $diff:expr, $left:expr, $right:expr, $($message:tt)+) => {
        $crate::kunit_assert!($name, $file, $diff, $left == $right, $($message)+)
    };
}
