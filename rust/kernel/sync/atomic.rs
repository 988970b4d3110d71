// SPDX-License-Identifier: GPL-2.0
//! Atomic variables that follow the Linux kernel memory model.
//!
//! They may be shared with C, which is why [`core::sync::atomic`], whose memory model is another one, does not fit. How
//! each operation is made, and why that is right on x86-64 and arm64, is explained in the `internal` module.
//!
//! C header: [`include/linux/atomic.h`](srctree/include/linux/atomic.h)
//!
//! # Examples
//!
//! ```
//! use kernel::sync::atomic::{Acquire, Atomic, Full, Relaxed, Release};
//!
//! let seen = Atomic::new(0u32);
//! seen.add(2, Relaxed);
//! assert_eq!(seen.fetch_sub(1, Full), 2);
//! assert_eq!(seen.cmpxchg(1, 7, Full), Ok(1));
//! seen.store(8, Release);
//! assert_eq!(seen.load(Acquire), 8);
//! ```
//!
//! Available on every supported kernel.

mod internal;
pub mod ordering;
mod predefine;

pub use internal::{AtomicBasicOps, AtomicImpl};
pub use ordering::{Acquire, Full, Relaxed, Release};

use core::mem::{align_of, size_of};
use internal::{AtomicArithmeticOps, AtomicExchangeOps, AtomicRepr};

/// A variable that several threads, and C code, may access at once.
///
/// # Invariants
///
/// The stored representation is always that of a valid `T`.
#[repr(transparent)]
pub struct Atomic<T: AtomicType>(AtomicRepr<T::Repr>);

// SAFETY: Sending it sends the value; whatever a `T` needs to be sent is up to who makes use of the loaded copy: it is
// plain data.
unsafe impl<T: AtomicType> Send for Atomic<T> {}

// SAFETY: Every access through a shared reference is atomic.
unsafe impl<T: AtomicType> Sync for Atomic<T> {}

/// Plain data that can be accessed atomically.
///
/// # Safety
///
/// - `Self` and [`Repr`](Self::Repr) have the same size and alignment.
/// - Every valid `Self` is a valid `Repr`, and a `Repr` made from a `Self` can be turned back into it.
/// - `Self` may go to another thread (it is like `Send`); for pointers, using what they point to is unsafe anyway.
///
/// # Examples
///
/// ```
/// use kernel::sync::atomic::{Atomic, AtomicType, Full};
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// #[repr(i32)]
/// enum Link {
///     Down,
///     Up,
/// }
///
/// // SAFETY: The enum is stored as an `i32`, and each of its values comes back as it was.
/// unsafe impl AtomicType for Link {
///     type Repr = i32;
/// }
///
/// let link = Atomic::new(Link::Down);
/// assert_eq!(link.xchg(Link::Up, Full), Link::Down);
/// ```
pub unsafe trait AtomicType: Sized + Copy {
    /// What is stored.
    type Repr: AtomicImpl;
}

/// A type to whose atomics an `Rhs` can be added.
///
/// # Safety
///
/// Adding [`rhs_into_delta`](Self::rhs_into_delta) of any `Rhs` to the representation of any valid `Self`, wrapping
/// around, gives the representation of a valid `Self`.
pub unsafe trait AtomicAdd<Rhs = Self>: AtomicType {
    /// What to add to the representation.
    fn rhs_into_delta(rhs: Rhs) -> <Self::Repr as AtomicImpl>::Delta;
}

/// Fails the build unless a `T` can be stored as its representation.
#[inline(always)]
const fn check_layout<T: AtomicType>() {
    const {
        assert!(size_of::<T>() == size_of::<T::Repr>());
        assert!(align_of::<T>() == align_of::<T::Repr>());
    }
}

#[inline(always)]
const fn into_repr<T: AtomicType>(v: T) -> T::Repr {
    check_layout::<T>();
    // SAFETY: The sizes are the same and a valid `T` is a valid `T::Repr`, says `AtomicType`.
    unsafe { core::mem::transmute_copy(&v) }
}

/// # Safety
///
/// `r` is the representation of a valid `T`.
#[inline(always)]
const unsafe fn from_repr<T: AtomicType>(r: T::Repr) -> T {
    check_layout::<T>();
    // SAFETY: The sizes are the same, and the caller promises a valid `T`.
    unsafe { core::mem::transmute_copy(&r) }
}

impl<T: AtomicType> Atomic<T> {
    /// Makes an atomic variable.
    pub const fn new(v: T) -> Self {
        // INVARIANT: `v` is a valid `T`.
        Self(AtomicRepr::new(into_repr(v)))
    }

    /// Looks at memory, e.g. a field of a C struct, as an atomic variable.
    ///
    /// # Safety
    ///
    /// - `ptr` is aligned for `T`.
    /// - It is valid for reads and writes during `'a`, and points to a valid `T` all the time.
    /// - During `'a` all other accesses to it are atomic (for C: `READ_ONCE()`, `atomic_*()` and the like) or ordered
    ///   against the ones made here.
    pub unsafe fn from_ptr<'a>(ptr: *mut T) -> &'a Self {
        check_layout::<T>();
        // INVARIANT: The caller promises a valid `T` all the time.
        // SAFETY: `Self` is a transparent wrapper of a representation laid out as `T`; the caller promises the rest.
        unsafe { &*ptr.cast::<Self>() }
    }

    /// A pointer to the value, for C functions; whatever is done through it has to be atomic.
    pub const fn as_ptr(&self) -> *mut T {
        self.0.as_ptr().cast()
    }

    /// The value itself: an exclusive reference needs no atomics.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: It is valid and nobody else has access while `self` is borrowed exclusively; the type invariant says
        // it is a `T`.
        unsafe { &mut *self.as_ptr() }
    }
}

impl<T: AtomicType> Atomic<T>
where
    T::Repr: AtomicBasicOps,
{
    /// Loads the value.
    #[inline(always)]
    pub fn load<Ordering: ordering::AcquireOrRelaxed>(&self, _: Ordering) -> T {
        // SAFETY: The pointer is valid, and all accesses to it are atomic.
        let repr = unsafe { T::Repr::load(self.0.as_ptr(), Ordering::TYPE) };
        // SAFETY: By the type invariant.
        unsafe { from_repr(repr) }
    }

    /// Stores a value.
    #[inline(always)]
    pub fn store<Ordering: ordering::ReleaseOrRelaxed>(&self, v: T, _: Ordering) {
        // INVARIANT: `v` is a valid `T`.
        // SAFETY: The pointer is valid, and all accesses to it are atomic.
        unsafe { T::Repr::store(self.0.as_ptr(), into_repr(v), Ordering::TYPE) }
    }
}

impl<T: AtomicType + core::fmt::Debug> core::fmt::Debug for Atomic<T>
where
    T::Repr: AtomicBasicOps,
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.load(Relaxed).fmt(f)
    }
}

impl<T: AtomicType> Atomic<T>
where
    T::Repr: AtomicExchangeOps,
{
    /// Stores `v` and returns the value before.
    #[inline(always)]
    pub fn xchg<Ordering: ordering::Ordering>(&self, v: T, _: Ordering) -> T {
        // INVARIANT: `v` is a valid `T`.
        // SAFETY: The pointer is valid, and all accesses to it are atomic.
        let old = unsafe { T::Repr::xchg(self.0.as_ptr(), into_repr(v), Ordering::TYPE) };
        // SAFETY: By the type invariant.
        unsafe { from_repr(old) }
    }

    /// Stores `new` if the value is `old`, and returns the value before: `Ok` if it was replaced, `Err` if it was
    /// another than `old`, in which case nothing was ordered.
    ///
    /// Values are compared by their bits.
    #[inline(always)]
    pub fn cmpxchg<Ordering: ordering::Ordering>(&self, old: T, new: T, _: Ordering) -> Result<T, T> {
        // INVARIANT: `new` is a valid `T`.
        // SAFETY: The pointer is valid, and all accesses to it are atomic.
        let was = unsafe { T::Repr::cmpxchg(self.0.as_ptr(), into_repr(old), into_repr(new), Ordering::TYPE) };
        match was {
            // SAFETY: By the type invariant.
            Ok(repr) => Ok(unsafe { from_repr(repr) }),
            // SAFETY: By the type invariant.
            Err(repr) => Err(unsafe { from_repr(repr) }),
        }
    }
}

impl<T: AtomicType> Atomic<T>
where
    T::Repr: AtomicArithmeticOps,
{
    /// Adds `v`, wrapping around.
    #[inline(always)]
    pub fn add<Rhs>(&self, v: Rhs, _: ordering::Relaxed)
    where
        T: AtomicAdd<Rhs>,
    {
        // INVARIANT: `AtomicAdd` says that the sum is a valid `T`.
        // SAFETY: The pointer is valid, and all accesses to it are atomic.
        unsafe { T::Repr::add(self.0.as_ptr(), T::rhs_into_delta(v)) }
    }

    /// Adds `v`, wrapping around, and returns the value before.
    #[inline(always)]
    pub fn fetch_add<Rhs, Ordering: ordering::Ordering>(&self, v: Rhs, _: Ordering) -> T
    where
        T: AtomicAdd<Rhs>,
    {
        // INVARIANT: `AtomicAdd` says that the sum is a valid `T`.
        // SAFETY: The pointer is valid, and all accesses to it are atomic.
        let old = unsafe { T::Repr::fetch_add(self.0.as_ptr(), T::rhs_into_delta(v), Ordering::TYPE) };
        // SAFETY: By the type invariant.
        unsafe { from_repr(old) }
    }

    /// Subtracts `v`, wrapping around, and returns the value before.
    #[inline(always)]
    pub fn fetch_sub<Rhs, Ordering: ordering::Ordering>(&self, v: Rhs, _: Ordering) -> T
    where
        T: AtomicAdd<Rhs>,
    {
        // INVARIANT: Going back by a delta is going forward by its complement, so `AtomicAdd` covers it.
        // SAFETY: The pointer is valid, and all accesses to it are atomic.
        let old = unsafe { T::Repr::fetch_sub(self.0.as_ptr(), T::rhs_into_delta(v), Ordering::TYPE) };
        // SAFETY: By the type invariant.
        unsafe { from_repr(old) }
    }
}

/// A boolean of the size that the processor exchanges fastest.
///
/// x86 and arm64 exchange bytes as fast as words; elsewhere a byte is emulated by a loop on its word.
#[derive(Clone, Copy)]
#[cfg_attr(any(CONFIG_X86_64, CONFIG_UML, CONFIG_ARM, CONFIG_ARM64), repr(C, align(1)))]
#[cfg_attr(not(any(CONFIG_X86_64, CONFIG_UML, CONFIG_ARM, CONFIG_ARM64)), repr(C, align(4)))]
struct Flag {
    #[cfg(all(not(any(CONFIG_X86_64, CONFIG_UML, CONFIG_ARM, CONFIG_ARM64)), target_endian = "big"))]
    _zero: [u8; 3],
    bool: bool,
    #[cfg(all(not(any(CONFIG_X86_64, CONFIG_UML, CONFIG_ARM, CONFIG_ARM64)), target_endian = "little"))]
    _zero: [u8; 3],
}

impl Flag {
    #[inline(always)]
    const fn new(bool: bool) -> Self {
        Self {
            bool,
            #[cfg(not(any(CONFIG_X86_64, CONFIG_UML, CONFIG_ARM, CONFIG_ARM64)))]
            _zero: [0; 3],
        }
    }
}

// SAFETY: No padding, size and alignment of the representation, and only ever its own values are stored.
unsafe impl AtomicType for Flag {
    #[cfg(any(CONFIG_X86_64, CONFIG_UML, CONFIG_ARM, CONFIG_ARM64))]
    type Repr = i8;
    #[cfg(not(any(CONFIG_X86_64, CONFIG_UML, CONFIG_ARM, CONFIG_ARM64)))]
    type Repr = i32;
}

/// An atomic boolean that is exchanged often.
///
/// Where only loads and stores matter, `Atomic<bool>` is as good and never larger.
///
/// # Examples
///
/// ```
/// use kernel::sync::atomic::{AtomicFlag, Full, Relaxed};
///
/// let busy = AtomicFlag::new(false);
/// assert!(busy.cmpxchg(false, true, Full).is_ok());
/// assert!(busy.xchg(false, Full));
/// assert!(!busy.load(Relaxed));
/// ```
pub struct AtomicFlag(Atomic<Flag>);

impl AtomicFlag {
    /// Makes a flag.
    #[inline(always)]
    pub const fn new(b: bool) -> Self {
        Self(Atomic::new(Flag::new(b)))
    }

    /// The value itself: an exclusive reference needs no atomics.
    #[inline(always)]
    pub fn get_mut(&mut self) -> &mut bool {
        &mut self.0.get_mut().bool
    }

    /// Loads the flag.
    #[inline(always)]
    pub fn load<Ordering: ordering::AcquireOrRelaxed>(&self, o: Ordering) -> bool {
        self.0.load(o).bool
    }

    /// Stores the flag.
    #[inline(always)]
    pub fn store<Ordering: ordering::ReleaseOrRelaxed>(&self, v: bool, o: Ordering) {
        self.0.store(Flag::new(v), o);
    }

    /// Stores the flag and returns what it was.
    #[inline(always)]
    pub fn xchg<Ordering: ordering::Ordering>(&self, new: bool, o: Ordering) -> bool {
        self.0.xchg(Flag::new(new), o).bool
    }

    /// Stores `new` if the flag is `old`; returns what it was, as [`Atomic::cmpxchg`].
    #[inline(always)]
    pub fn cmpxchg<Ordering: ordering::Ordering>(&self, old: bool, new: bool, o: Ordering) -> Result<bool, bool> {
        match self.0.cmpxchg(Flag::new(old), Flag::new(new), o) {
            Ok(_) => Ok(old),
            Err(flag) => Err(flag.bool),
        }
    }
}

/// Loads from memory that is not an [`Atomic`], as `READ_ONCE()` or `smp_load_acquire()` do.
///
/// # Safety
///
/// `ptr` is aligned, valid for reads and points to a valid `T`; concurrent writes to it are atomic.
#[inline(always)]
pub unsafe fn atomic_load<T: AtomicType, Ordering: ordering::AcquireOrRelaxed>(ptr: *mut T, _: Ordering) -> T
where
    T::Repr: AtomicBasicOps,
{
    check_layout::<T>();
    // SAFETY: The caller promises it; the representation is laid out as `T`.
    let repr = unsafe { T::Repr::load(ptr.cast(), Ordering::TYPE) };
    // SAFETY: The caller promises a valid `T`.
    unsafe { from_repr(repr) }
}

/// Stores to memory that is not an [`Atomic`], as `WRITE_ONCE()` or `smp_store_release()` do.
///
/// # Safety
///
/// `ptr` is aligned and valid for writes; concurrent accesses to it are atomic.
#[inline(always)]
pub unsafe fn atomic_store<T: AtomicType, Ordering: ordering::ReleaseOrRelaxed>(ptr: *mut T, v: T, _: Ordering)
where
    T::Repr: AtomicBasicOps,
{
    // SAFETY: The caller promises it; the representation is laid out as `T`.
    unsafe { T::Repr::store(ptr.cast(), into_repr(v), Ordering::TYPE) }
}

/// Exchanges memory that is not an [`Atomic`], as C's `xchg()`.
///
/// # Safety
///
/// `ptr` is aligned, valid for reads and writes and points to a valid `T`; concurrent accesses to it are atomic.
#[inline(always)]
pub unsafe fn xchg<T: AtomicType, Ordering: ordering::Ordering>(ptr: *mut T, new: T, _: Ordering) -> T
where
    T::Repr: AtomicExchangeOps,
{
    // SAFETY: The caller promises it; the representation is laid out as `T`.
    let old = unsafe { T::Repr::xchg(ptr.cast(), into_repr(new), Ordering::TYPE) };
    // SAFETY: The caller promises a valid `T`.
    unsafe { from_repr(old) }
}

/// Compares and exchanges memory that is not an [`Atomic`], as C's `try_cmpxchg()`; returns as [`Atomic::cmpxchg`].
///
/// # Safety
///
/// As [`xchg`].
#[inline(always)]
pub unsafe fn cmpxchg<T: AtomicType, Ordering: ordering::Ordering>(
    ptr: *mut T,
    old: T,
    new: T,
    _: Ordering,
) -> Result<T, T>
where
    T::Repr: AtomicExchangeOps,
{
    // SAFETY: The caller promises it; the representation is laid out as `T`.
    match unsafe { T::Repr::cmpxchg(ptr.cast(), into_repr(old), into_repr(new), Ordering::TYPE) } {
        // SAFETY: The caller promises a valid `T`.
        Ok(repr) => Ok(unsafe { from_repr(repr) }),
        // SAFETY: The caller promises a valid `T`.
        Err(repr) => Err(unsafe { from_repr(repr) }),
    }
}
