// SPDX-License-Identifier: GPL-2.0
//! The operations behind [`Atomic`](super::Atomic), on the integer and pointer types that have instructions for them.
//!
//! Nothing here calls into C: an atomic operation is one or two instructions, a call costs more. What the compiler
//! emits obeys the Linux kernel memory model (LKMM) on the architectures that can be built for, x86-64 and arm64, and
//! works on memory that C code accesses with its own atomics, because both sides end up with the same instructions:
//!
//! | operation | here | x86-64 | arm64 | C |
//! | --- | --- | --- | --- | --- |
//! | relaxed load, store | volatile access | `mov` | `ldr`, `str` | `READ_ONCE`, `WRITE_ONCE`: also volatile accesses |
//! | acquire load | Rust's | `mov` | `ldar` | `smp_load_acquire` |
//! | release store | Rust's | `mov` | `stlr` | `smp_store_release` |
//! | relaxed, acquire, release RMW | Rust's | `lock …` | `ldxr`/`stxr`, with `a` or `l` | the same |
//! | full RMW | see below | `lock …` | `dmb ish`; relaxed; `dmb ish` | `smp_mb`; relaxed; `smp_mb`, or stronger |
//!
//! - Relaxed loads are volatile because LKMM orders them by address, data and control dependencies, which a compiler
//!   keeps for volatile accesses as it does for C's.
//! - Rust's `SeqCst` is weaker than LKMM's [`Full`](super::Full): it is no barrier for other accesses. So a full
//!   operation is a relaxed one between two fences, which is LKMM's own definition. On x86 each `lock`ed instruction is
//!   a full barrier, and the compiler moves no access over a `SeqCst` read-modify-write in either direction, so the
//!   fences are left out.

use super::ordering::OrderingType;
use crate::ffi::c_void;
use core::{
    cell::UnsafeCell,
    convert::identity,
    sync::atomic::{self as rust, Ordering::*},
};

mod private {
    /// Keeps the set of representations closed.
    pub trait Sealed {}
}

/// A type that the processor can operate on atomically.
pub trait AtomicImpl: Sized + Copy + private::Sealed {
    /// What can be added to it.
    type Delta;
}

/// Storage for a `T` that is shared between threads.
#[repr(transparent)]
pub struct AtomicRepr<T: AtomicImpl>(UnsafeCell<T>);

impl<T: AtomicImpl> AtomicRepr<T> {
    /// Makes one.
    pub const fn new(v: T) -> Self {
        Self(UnsafeCell::new(v))
    }

    /// A pointer to the value, valid as long as `self` is.
    pub const fn as_ptr(&self) -> *mut T {
        self.0.get()
    }
}

/// Loads and stores.
pub trait AtomicBasicOps: AtomicImpl {
    /// Loads with relaxed or acquire ordering.
    ///
    /// # Safety
    ///
    /// `ptr` is aligned and valid for reads, and every other concurrent access to it is atomic.
    unsafe fn load(ptr: *mut Self, order: OrderingType) -> Self;

    /// Stores with relaxed or release ordering.
    ///
    /// # Safety
    ///
    /// `ptr` is aligned and valid for writes, and every other concurrent access to it is atomic.
    unsafe fn store(ptr: *mut Self, v: Self, order: OrderingType);
}

/// Exchanges.
pub trait AtomicExchangeOps: AtomicImpl {
    /// Stores `v` and returns what was there.
    ///
    /// # Safety
    ///
    /// `ptr` is aligned and valid for reads and writes, and every other concurrent access to it is atomic.
    unsafe fn xchg(ptr: *mut Self, v: Self, order: OrderingType) -> Self;

    /// Stores `new` if `old` is there; returns what was there, as an error when it was not `old`.
    ///
    /// # Safety
    ///
    /// As [`xchg`](Self::xchg).
    unsafe fn cmpxchg(ptr: *mut Self, old: Self, new: Self, order: OrderingType) -> Result<Self, Self>;
}

/// Arithmetic, wrapping around on overflow.
pub trait AtomicArithmeticOps: AtomicImpl {
    /// Adds, without an ordering.
    ///
    /// # Safety
    ///
    /// `ptr` is aligned and valid for reads and writes, and every other concurrent access to it is atomic.
    unsafe fn add(ptr: *mut Self, delta: Self::Delta);

    /// Adds and returns what was there before.
    ///
    /// # Safety
    ///
    /// As [`add`](Self::add).
    unsafe fn fetch_add(ptr: *mut Self, delta: Self::Delta, order: OrderingType) -> Self;

    /// Subtracts and returns what was there before.
    ///
    /// # Safety
    ///
    /// As [`add`](Self::add).
    unsafe fn fetch_sub(ptr: *mut Self, delta: Self::Delta, order: OrderingType) -> Self;
}

/// Whether each atomic read-modify-write instruction is a full barrier by itself.
const RMW_IS_FULL_BARRIER: bool = cfg!(target_arch = "x86_64");

/// Runs a read-modify-write with the Rust ordering, and the fences around it, that make up `order`.
#[inline(always)]
fn ordered<R>(order: OrderingType, op: impl FnOnce(rust::Ordering) -> R) -> R {
    match order {
        OrderingType::Relaxed => op(Relaxed),
        OrderingType::Acquire => op(Acquire),
        OrderingType::Release => op(Release),
        OrderingType::Full if RMW_IS_FULL_BARRIER => op(SeqCst),
        OrderingType::Full => {
            rust::fence(SeqCst);
            let old = op(Relaxed);
            rust::fence(SeqCst);
            old
        }
    }
}

macro_rules! impl_atomic {
    ($ty:ty, $delta:ty, $atomic:ty, $to:expr, $from:expr) => {
        impl private::Sealed for $ty {}

        impl AtomicImpl for $ty {
            type Delta = $delta;
        }

        impl AtomicBasicOps for $ty {
            #[inline(always)]
            unsafe fn load(ptr: *mut Self, order: OrderingType) -> Self {
                match order {
                    // SAFETY: The caller promises a valid pointer; a volatile access of this size is one instruction.
                    OrderingType::Relaxed => unsafe { ptr.read_volatile() },
                    // SAFETY: The caller promises a valid pointer and atomic accesses; the layouts are the same.
                    _ => $from(unsafe { <$atomic>::from_ptr(ptr.cast()) }.load(Acquire)),
                }
            }

            #[inline(always)]
            unsafe fn store(ptr: *mut Self, v: Self, order: OrderingType) {
                match order {
                    // SAFETY: The caller promises a valid pointer; a volatile access of this size is one instruction.
                    OrderingType::Relaxed => unsafe { ptr.write_volatile(v) },
                    // SAFETY: The caller promises a valid pointer and atomic accesses; the layouts are the same.
                    _ => unsafe { <$atomic>::from_ptr(ptr.cast()) }.store($to(v), Release),
                }
            }
        }

        impl AtomicExchangeOps for $ty {
            #[inline(always)]
            unsafe fn xchg(ptr: *mut Self, v: Self, order: OrderingType) -> Self {
                // SAFETY: The caller promises a valid pointer and atomic accesses; the layouts are the same.
                let atomic = unsafe { <$atomic>::from_ptr(ptr.cast()) };
                $from(ordered(order, |o| atomic.swap($to(v), o)))
            }

            #[inline(always)]
            unsafe fn cmpxchg(ptr: *mut Self, old: Self, new: Self, order: OrderingType) -> Result<Self, Self> {
                // SAFETY: The caller promises a valid pointer and atomic accesses; the layouts are the same.
                let atomic = unsafe { <$atomic>::from_ptr(ptr.cast()) };
                ordered(order, |o| atomic.compare_exchange($to(old), $to(new), o, Relaxed)).map($from).map_err($from)
            }
        }
    };
}

impl_atomic!(i8, i8, rust::AtomicI8, identity, identity);
impl_atomic!(i16, i16, rust::AtomicI16, identity, identity);
impl_atomic!(i32, i32, rust::AtomicI32, identity, identity);
impl_atomic!(i64, i64, rust::AtomicI64, identity, identity);
impl_atomic!(*const c_void, isize, rust::AtomicPtr<c_void>, <*const c_void>::cast_mut, <*mut c_void>::cast_const);

macro_rules! impl_arithmetic {
    ($ty:ty, $atomic:ty) => {
        impl AtomicArithmeticOps for $ty {
            #[inline(always)]
            unsafe fn add(ptr: *mut Self, delta: Self::Delta) {
                // SAFETY: The caller promises a valid pointer and atomic accesses.
                unsafe { <$atomic>::from_ptr(ptr) }.fetch_add(delta, Relaxed);
            }

            #[inline(always)]
            unsafe fn fetch_add(ptr: *mut Self, delta: Self::Delta, order: OrderingType) -> Self {
                // SAFETY: The caller promises a valid pointer and atomic accesses.
                let atomic = unsafe { <$atomic>::from_ptr(ptr) };
                ordered(order, |o| atomic.fetch_add(delta, o))
            }

            #[inline(always)]
            unsafe fn fetch_sub(ptr: *mut Self, delta: Self::Delta, order: OrderingType) -> Self {
                // SAFETY: The caller promises a valid pointer and atomic accesses.
                let atomic = unsafe { <$atomic>::from_ptr(ptr) };
                ordered(order, |o| atomic.fetch_sub(delta, o))
            }
        }
    };
}

impl_arithmetic!(i32, rust::AtomicI32);
impl_arithmetic!(i64, rust::AtomicI64);
