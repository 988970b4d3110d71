// SPDX-License-Identifier: GPL-2.0
//! In-place initialisation, with the kernel's errors and allocators.
//!
//! C headers: none. All supported kernels have what this module needs.
//!
//! The crate [`pin_init`] does the work and explains it. This module adds allocation ([`InPlaceInit`]) and the macros
//! [`try_init!`](crate::try_init) and [`try_pin_init!`](crate::try_pin_init), whose error is [`Error`] by default.
//!
//! # Examples
//!
//! ```
//! use kernel::types::Opaque;
//!
//! #[pin_data]
//! struct Buffer {
//!     bytes: KVec<u8>,
//!     #[pin]
//!     raw: Opaque<u64>,
//! }
//!
//! impl Buffer {
//!     fn new(len: usize) -> impl PinInit<Self, Error> {
//!         try_pin_init!(Self {
//!             bytes: KVec::from_elem(0, len, GFP_KERNEL)?,
//!             raw <- Opaque::ffi_init(|slot| {
//!                 // SAFETY: `slot` is valid for writes.
//!                 unsafe { *slot = 7 }
//!             }),
//!         })
//!     }
//! }
//!
//! let buffer = KBox::pin_init(Buffer::new(16), GFP_KERNEL)?;
//! assert_eq!(buffer.bytes.len(), 16);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Forms
//!
//! A field takes a value (`len: 1`, or `len` alone for a variable of its name) or, behind `<-`, an initialiser. A block for `_` runs
//! between the fields and sees those before it, as references. `&this in` names a pointer to the whole, `..Zeroable::init_zeroed()`
//! leaves the other fields zero, and `? E` tells the error, if it is not that of the macro. On an error, also one by `?`, the
//! fields that are done are dropped.
//!
//! ```
//! use core::convert::Infallible;
//! use kernel::sync::{new_mutex, Mutex};
//!
//! #[pin_data]
//! struct Queue<const N: usize> {
//!     slots: [u8; N],
//!     len: usize,
//!     first: *const u8,
//!     #[pin]
//!     waiting: Mutex<KVec<u32>>,
//! }
//!
//! impl<const N: usize> Queue<N> {
//!     fn new(len: usize) -> impl PinInit<Self, Error> {
//!         try_pin_init!(&this in Self {
//!             len,
//!             _: {
//!                 if *len > N {
//!                     return Err(EINVAL);
//!                 }
//!             },
//!             slots: [0; N],
//!             // SAFETY: `this` points to a `Queue`, if not yet to an initialised one.
//!             first: unsafe { (&raw const (*this.as_ptr()).slots).cast() },
//!             waiting <- new_mutex!(KVec::with_capacity(4, GFP_KERNEL)?),
//!         })
//!     }
//!
//!     fn empty() -> impl PinInit<Self, Infallible> {
//!         pin_init!(Self {
//!             len: 0,
//!             slots: [0; N],
//!             first: core::ptr::null(),
//!             waiting <- new_mutex!(KVec::new(), "Queue::waiting"),
//!         }? Infallible)
//!     }
//! }
//!
//! let queue = KBox::pin_init(Queue::<4>::new(3), GFP_KERNEL)?;
//! assert_eq!(queue.first, queue.slots.as_ptr());
//! assert_eq!(KBox::pin_init(Queue::<4>::new(5), GFP_KERNEL).err(), Some(EINVAL));
//! assert!(KBox::pin_init(Queue::<4>::empty(), GFP_KERNEL)?.waiting.lock().is_empty());
//!
//! #[derive(Zeroable)]
//! struct Limits {
//!     low: u32,
//!     high: u32,
//! }
//!
//! let limits = KBox::init(init!(Limits { high: 9, ..Zeroable::init_zeroed() }), GFP_KERNEL)?;
//! assert_eq!((limits.low, limits.high), (0, 9));
//! # Ok::<(), Error>(())
//! ```

use crate::{
    alloc::{AllocError, Flags},
    error::{self, Error},
};
use pin_init::{init_from_closure, pin_init_from_closure, Init, PinInit};

/// Smart pointers that allocate and initialise in place.
///
/// ```
/// let pinned = KBox::pin_init(pin_init::init_zeroed::<[u32; 4]>(), GFP_KERNEL)?;
/// assert_eq!(*pinned, [0; 4]);
/// # Ok::<(), Error>(())
/// ```
pub trait InPlaceInit<T>: Sized {
    /// The pinned version of `Self`; a type whose values are always pinned is its own.
    type PinnedSelf;

    /// Allocates, and initialises pinned. Both may fail with an error of type `E`.
    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self::PinnedSelf, E>
    where
        E: From<AllocError>;

    /// Allocates, and initialises pinned. Errors become an [`Error`].
    fn pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> error::Result<Self::PinnedSelf>
    where
        Error: From<E>,
    {
        // SAFETY: The closure does to `slot` what the initialiser does; only the error is converted.
        let init = unsafe { pin_init_from_closure(|slot| init.__pinned_init(slot).map_err(Error::from)) };
        Self::try_pin_init(init, flags)
    }

    /// Allocates, and initialises. Both may fail with an error of type `E`.
    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>;

    /// Allocates, and initialises. Errors become an [`Error`].
    fn init<E>(init: impl Init<T, E>, flags: Flags) -> error::Result<Self>
    where
        Error: From<E>,
    {
        // SAFETY: The closure does to `slot` what the initialiser does; only the error is converted.
        let init = unsafe { init_from_closure(|slot| init.__init(slot).map_err(Error::from)) };
        Self::try_init(init, flags)
    }
}

/// An initialiser of a struct that may fail: with [`Error`], or with the type behind a `?` at the end.
///
/// ```
/// struct Table {
///     len: usize,
///     rows: KBox<[u64; 64]>,
/// }
///
/// impl Table {
///     fn new() -> impl Init<Self, Error> {
///         try_init!(Self {
///             len: 64,
///             rows: KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?,
///         })
///     }
/// }
///
/// let table = KBox::init(Table::new(), GFP_KERNEL)?;
/// assert_eq!(table.rows.len(), table.len);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! try_init {
    ($($arg:tt)*) => {
        ::pin_init::init!(#[default_error($crate::error::Error)] $($arg)*)
    };
}

/// An initialiser of a pinned struct that may fail: with [`Error`], or with the type behind a `?` at the end.
///
/// ```
/// use kernel::alloc::AllocError;
///
/// #[pin_data]
/// struct Name {
///     text: KVec<u8>,
/// }
///
/// fn name(text: &[u8]) -> impl PinInit<Name, AllocError> + '_ {
///     try_pin_init!(Name {
///         text: {
///             let mut v = KVec::new();
///             v.extend_from_slice(text, GFP_KERNEL)?;
///             v
///         },
///     }? AllocError)
/// }
///
/// assert_eq!(KBox::try_pin_init(name(b"abc"), GFP_KERNEL)?.text.len(), 3);
/// # Ok::<(), AllocError>(())
/// ```
#[macro_export]
macro_rules! try_pin_init {
    ($($arg:tt)*) => {
        ::pin_init::pin_init!(#[default_error($crate::error::Error)] $($arg)*)
    };
}
