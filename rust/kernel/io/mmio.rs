// SPDX-License-Identifier: GPL-2.0
//! Views of device memory that is mapped into the kernel, accessed with `readl()`, `writel()` and their kin.
//!
//! C header: [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h)

use super::{IoBackend, IoBase, IoCapable, IoCopyable, Region};
use crate::{error::Result, ptr::KnownSize};
use core::marker::PhantomData;

#[cfg(target_arch = "x86_64")]
mod x86_64;

/// The address of device memory that holds a `T`: it may be mapped or not, nothing can be done with it but to keep it.
///
/// An owner of a mapping keeps one, and makes an [`Mmio`] of it as long as it is mapped.
pub struct MmioRaw<T: ?Sized> {
    addr: *mut T,
}

impl<T: ?Sized> Copy for MmioRaw<T> {}

impl<T: ?Sized> Clone for MmioRaw<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

// SAFETY: it is a number, through which nothing can be accessed.
unsafe impl<T: ?Sized> Send for MmioRaw<T> {}

// SAFETY: as above.
unsafe impl<T: ?Sized> Sync for MmioRaw<T> {}

impl<T> MmioRaw<T> {
    /// Makes a raw address of device memory that holds a `T`.
    #[inline]
    pub fn new(addr: usize) -> Self {
        Self { addr: core::ptr::without_provenance_mut(addr) }
    }
}

impl<const SIZE: usize> MmioRaw<Region<SIZE>> {
    /// Makes a raw address of `size` bytes of device memory; [`EINVAL`](crate::error::code::EINVAL) if that is less
    /// than `SIZE`, or if one of address and size is not a multiple of 4.
    #[inline]
    pub fn new_region(addr: usize, size: usize) -> Result<Self> {
        let addr = Region::ptr_try_from_raw_parts_mut(core::ptr::without_provenance_mut(addr), size)?;
        Ok(Self { addr })
    }
}

impl<T: ?Sized + KnownSize> MmioRaw<T> {
    /// Returns the address.
    #[inline]
    pub fn addr(&self) -> usize {
        self.addr.addr()
    }

    /// Returns the size in bytes.
    #[inline]
    pub fn size(&self) -> usize {
        KnownSize::size(self.addr)
    }
}

/// A view of mapped device memory that holds a `T`.
///
/// Its accesses are ordered against each other and against normal memory as `readl()` and `writel()` are; where that is
/// not needed, [`Mmio::relaxed`] saves the barriers.
///
/// # Invariants
///
/// For `'a`, the address is that of device memory mapped into the kernel that holds a `T`, aligned to 4 at least where
/// a `u64` is concerned.
pub struct Mmio<'a, T: ?Sized> {
    raw: MmioRaw<T>,
    _lifetime: PhantomData<&'a ()>,
}

impl<T: ?Sized> Copy for Mmio<'_, T> {}

impl<T: ?Sized> Clone for Mmio<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

// SAFETY: it is a shared view, which other threads may use if they may share a `T`.
unsafe impl<T: ?Sized + Sync> Send for Mmio<'_, T> {}

// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for Mmio<'_, T> {}

impl<'a, T: ?Sized> Mmio<'a, T> {
    /// Makes a view of device memory.
    ///
    /// # Safety
    ///
    /// For `'a`, `raw` must be the address of device memory mapped into the kernel that holds a `T`.
    #[inline]
    pub unsafe fn from_raw(raw: MmioRaw<T>) -> Self {
        // INVARIANT: the caller's promise.
        Self { raw, _lifetime: PhantomData }
    }

    /// Makes a view of the same memory whose accesses are ordered against each other only, not against normal memory or
    /// locks.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio, Region};
    ///
    /// fn drain(fifo: Mmio<'_, Region<0x8>>, words: usize) -> u32 {
    ///     let fifo = fifo.relaxed();
    ///     (0..words).fold(0, |sum, _| sum ^ fifo.read32(0x4))
    /// }
    /// ```
    #[inline]
    pub fn relaxed(self) -> RelaxedMmio<'a, T> {
        RelaxedMmio(self)
    }
}

impl<'a, T: ?Sized + KnownSize> IoBase<'a> for Mmio<'a, T> {
    type Backend = MmioBackend;
    type Target = T;

    #[inline(always)]
    fn as_view(self) -> Mmio<'a, T> {
        self
    }
}

/// The [`IoBackend`] of [`Mmio`].
pub struct MmioBackend;

impl IoBackend for MmioBackend {
    type View<'a, T: ?Sized + KnownSize> = Mmio<'a, T>;

    #[inline(always)]
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
        view.raw.addr
    }

    #[inline(always)]
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        _: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U> {
        // INVARIANT: the caller promises that it is a part of what `view` shows, which is mapped for `'a`.
        Mmio { raw: MmioRaw { addr: ptr }, _lifetime: PhantomData }
    }
}

impl IoCopyable for MmioBackend {
    #[inline]
    unsafe fn copy_from_io(view: Mmio<'_, [u8]>, buffer: *mut u8) {
        let from = view.raw.addr;
        // SAFETY: by its invariant, `from.len()` bytes of device memory are mapped; the caller promises as many at
        // `buffer`.
        unsafe { bindings::memcpy_fromio(buffer.cast(), from.cast(), from.len()) }
    }

    #[inline]
    unsafe fn copy_to_io(view: Mmio<'_, [u8]>, buffer: *const u8) {
        let to = view.raw.addr;
        // SAFETY: by its invariant, `to.len()` bytes of device memory are mapped; the caller promises as many at
        // `buffer`.
        unsafe { bindings::memcpy_toio(to.cast(), buffer.cast(), to.len()) }
    }
}

/// A view of mapped device memory whose accesses are not ordered against normal memory; see [`Mmio::relaxed`].
pub struct RelaxedMmio<'a, T: ?Sized>(Mmio<'a, T>);

impl<T: ?Sized> Copy for RelaxedMmio<'_, T> {}

impl<T: ?Sized> Clone for RelaxedMmio<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

/// The [`IoBackend`] of [`RelaxedMmio`].
pub struct RelaxedMmioBackend;

impl IoBackend for RelaxedMmioBackend {
    type View<'a, T: ?Sized + KnownSize> = RelaxedMmio<'a, T>;

    #[inline(always)]
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
        MmioBackend::as_ptr(view.0)
    }

    #[inline(always)]
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        view: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U> {
        // SAFETY: the caller's promise is the same, and so is the pointer of the view.
        RelaxedMmio(unsafe { MmioBackend::project_view(view.0, ptr) })
    }
}

impl<'a, T: ?Sized + KnownSize> IoBase<'a> for RelaxedMmio<'a, T> {
    type Backend = RelaxedMmioBackend;
    type Target = T;

    #[inline(always)]
    fn as_view(self) -> RelaxedMmio<'a, T> {
        self
    }
}

macro_rules! impl_io_capable {
    ($($(#[$attr:meta])* $backend:ident, $view:ident, $type:ident: $read:path, $write:path;)*) => {$(
        $(#[$attr])*
        impl IoCapable<$type> for $backend {
            #[inline(always)]
            fn io_read<'a>(view: $view<'a, $type>) -> $type {
                // SAFETY: by the invariant of `Mmio`, it is the address of device memory that holds the integer.
                unsafe { $read(Self::as_ptr(view).cast()) }
            }

            #[inline(always)]
            fn io_write<'a>(view: $view<'a, $type>, value: $type) {
                // SAFETY: by the invariant of `Mmio`, it is the address of device memory that holds the integer.
                unsafe { $write(value, Self::as_ptr(view).cast()) }
            }
        }
    )*};
}

#[cfg(target_arch = "x86_64")]
impl_io_capable! {
    MmioBackend, Mmio, u8: x86_64::readb, x86_64::writeb;
    MmioBackend, Mmio, u16: x86_64::readw, x86_64::writew;
    MmioBackend, Mmio, u32: x86_64::readl, x86_64::writel;
    MmioBackend, Mmio, u64: x86_64::readq, x86_64::writeq;
    RelaxedMmioBackend, RelaxedMmio, u8: x86_64::readb, x86_64::writeb;
    RelaxedMmioBackend, RelaxedMmio, u16: x86_64::readw, x86_64::writew;
    RelaxedMmioBackend, RelaxedMmio, u32: x86_64::readl, x86_64::writel;
    RelaxedMmioBackend, RelaxedMmio, u64: x86_64::readq, x86_64::writeq;
}

#[cfg(not(target_arch = "x86_64"))]
impl_io_capable! {
    MmioBackend, Mmio, u8: bindings::readb, bindings::writeb;
    MmioBackend, Mmio, u16: bindings::readw, bindings::writew;
    MmioBackend, Mmio, u32: bindings::readl, bindings::writel;
    #[cfg(CONFIG_64BIT)]
    MmioBackend, Mmio, u64: bindings::readq, bindings::writeq;
    RelaxedMmioBackend, RelaxedMmio, u8: bindings::readb_relaxed, bindings::writeb_relaxed;
    RelaxedMmioBackend, RelaxedMmio, u16: bindings::readw_relaxed, bindings::writew_relaxed;
    RelaxedMmioBackend, RelaxedMmio, u32: bindings::readl_relaxed, bindings::writel_relaxed;
    #[cfg(CONFIG_64BIT)]
    RelaxedMmioBackend, RelaxedMmio, u64: bindings::readq_relaxed, bindings::writeq_relaxed;
}
