// SPDX-License-Identifier: GPL-2.0
//! The memory orderings of the Linux kernel memory model, as types.
//!
//! - [`Relaxed`] orders nothing, as C's `atomic_*_relaxed()`, `READ_ONCE()` and `WRITE_ONCE()`.
//! - [`Acquire`]: the load of the operation comes before everything that follows it in program order.
//! - [`Release`]: everything before it in program order comes before the store of the operation.
//! - [`Full`]: a read-modify-write with a full barrier (`smp_mb()`) before and after it, as C's operations without a
//!   suffix. A failed conditional operation orders nothing.
//!
//! C documentation: [`tools/memory-model/Documentation`](srctree/tools/memory-model/Documentation)
//!
//! # Examples
//!
//! ```
//! use kernel::sync::atomic::{ordering, Atomic};
//!
//! let ready = Atomic::new(0i32);
//! ready.store(1, ordering::Release);
//! assert_eq!(ready.load(ordering::Acquire), 1);
//! ```
//!
//! Available on every supported kernel.

/// Orders nothing.
pub struct Relaxed;

/// Orders the operation's load before everything after it.
pub struct Acquire;

/// Orders everything before it before the operation's store.
pub struct Release;

/// Orders everything before the operation, the operation, and everything after it.
pub struct Full;

mod internal {
    /// Keeps the set of orderings closed.
    pub trait Sealed {}

    impl Sealed for super::Relaxed {}
    impl Sealed for super::Acquire {}
    impl Sealed for super::Release {}
    impl Sealed for super::Full {}
}

/// An ordering as a value, for `match` in const context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderingType {
    /// See [`Relaxed`].
    Relaxed,
    /// See [`Acquire`].
    Acquire,
    /// See [`Release`].
    Release,
    /// See [`Full`].
    Full,
}

/// Any of the four orderings.
pub trait Ordering: internal::Sealed {
    /// Which one it is.
    const TYPE: OrderingType;
}

impl Ordering for Relaxed {
    const TYPE: OrderingType = OrderingType::Relaxed;
}

impl Ordering for Acquire {
    const TYPE: OrderingType = OrderingType::Acquire;
}

impl Ordering for Release {
    const TYPE: OrderingType = OrderingType::Release;
}

impl Ordering for Full {
    const TYPE: OrderingType = OrderingType::Full;
}

/// What a load can have.
pub trait AcquireOrRelaxed: Ordering {}

impl AcquireOrRelaxed for Acquire {}
impl AcquireOrRelaxed for Relaxed {}

/// What a store can have.
pub trait ReleaseOrRelaxed: Ordering {}

impl ReleaseOrRelaxed for Release {}
impl ReleaseOrRelaxed for Relaxed {}
