// SPDX-License-Identifier: GPL-2.0
//! Views of normal memory that a device sees too, and of memory that may be either normal or the device's.

use super::{IoBackend, IoBase, IoCapable, IoCopyable, Mmio, MmioBackend};
use crate::ptr::KnownSize;
use core::marker::PhantomData;

/// A view of normal memory that holds a `T`, and that others, such as a device, may change at any time.
///
/// # Invariants
///
/// For `'a`, the pointer is valid for reads and writes of a `T`, each access to which is volatile, in case somebody
/// else's comes at the same time. A `u64` may be aligned to 4 only.
pub struct SysMem<'a, T: ?Sized> {
    ptr: *mut T,
    _lifetime: PhantomData<&'a ()>,
}

impl<T: ?Sized> Copy for SysMem<'_, T> {}

impl<T: ?Sized> Clone for SysMem<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

// SAFETY: it is a shared view, which other threads may use if they may share a `T`.
unsafe impl<T: ?Sized + Sync> Send for SysMem<'_, T> {}

// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for SysMem<'_, T> {}

impl<'a, T: ?Sized> SysMem<'a, T> {
    /// Makes a view of normal memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{io_project, io_read, io_write, Io, SysMem};
    ///
    /// #[repr(C)]
    /// struct Slot {
    ///     owner: u16,
    ///     data: [u8; 6],
    /// }
    ///
    /// fn answer(slots: SysMem<'_, [Slot; 4]>, i: usize) -> Result {
    ///     io_project!(slots, [try: i].data).copy_write(*b"answer");
    ///     // Last, so that whoever waits for the slot finds the data.
    ///     io_write!(slots, [try: i].owner, 1);
    ///     Ok(())
    /// }
    ///
    /// let mut memory = [const { Slot { owner: 0, data: [0; 6] } }; 4];
    /// // SAFETY: nobody else uses the memory as long as the view is used.
    /// let slots = unsafe { SysMem::new(&raw mut memory) };
    /// answer(slots, 3)?;
    /// assert_eq!(answer(slots, 4), Err(ERANGE));
    /// assert_eq!(io_read!(slots, [build: 3].owner), 1);
    /// assert_eq!(memory[3].data, *b"answer");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must be aligned and valid for volatile reads and writes of a `T`, and nobody may access the
    /// memory in a way that is a data race with those.
    #[inline]
    pub unsafe fn new(ptr: *mut T) -> Self {
        // INVARIANT: the caller's promise.
        Self { ptr, _lifetime: PhantomData }
    }

    /// Returns the pointer.
    #[inline]
    pub fn as_ptr(self) -> *mut T {
        self.ptr
    }
}

impl<'a, T: ?Sized + KnownSize> IoBase<'a> for SysMem<'a, T> {
    type Backend = SysMemBackend;
    type Target = T;

    #[inline(always)]
    fn as_view(self) -> SysMem<'a, T> {
        self
    }
}

/// The [`IoBackend`] of [`SysMem`].
pub struct SysMemBackend;

impl IoBackend for SysMemBackend {
    type View<'a, T: ?Sized + KnownSize> = SysMem<'a, T>;

    #[inline(always)]
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
        view.ptr
    }

    #[inline(always)]
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        _: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U> {
        // INVARIANT: the caller promises that it is a part of what `view` shows, of which the invariant holds for `'a`.
        SysMem { ptr, _lifetime: PhantomData }
    }
}

macro_rules! impl_io_capable {
    ($($type:ty),*) => {$(
        impl IoCapable<$type> for SysMemBackend {
            #[inline(always)]
            fn io_read<'a>(view: SysMem<'a, $type>) -> $type {
                // SAFETY: by the invariant of `SysMem`, the pointer is aligned and valid for reads.
                unsafe { view.ptr.read_volatile() }
            }

            #[inline(always)]
            fn io_write<'a>(view: SysMem<'a, $type>, value: $type) {
                // SAFETY: by the invariant of `SysMem`, the pointer is aligned and valid for writes.
                unsafe { view.ptr.write_volatile(value) }
            }
        }
    )*};
}

impl_io_capable!(u8, u16, u32);

/// A `u64` as the CPU accesses it where it is aligned to 4 bytes only.
#[cfg(CONFIG_64BIT)]
#[repr(C, packed(4))]
struct Aligned4(u64);

#[cfg(CONFIG_64BIT)]
impl IoCapable<u64> for SysMemBackend {
    #[inline(always)]
    fn io_read<'a>(view: SysMem<'a, u64>) -> u64 {
        // SAFETY: by the invariant of `SysMem`, the pointer is valid for reads, and aligned as this type wants it.
        unsafe { view.ptr.cast::<Aligned4>().read_volatile() }.0
    }

    #[inline(always)]
    fn io_write<'a>(view: SysMem<'a, u64>, value: u64) {
        // SAFETY: by the invariant of `SysMem`, the pointer is valid for writes, and aligned as this type wants it.
        unsafe { view.ptr.cast::<Aligned4>().write_volatile(Aligned4(value)) }
    }
}

impl IoCopyable for SysMemBackend {
    #[inline]
    unsafe fn copy_from_io(view: SysMem<'_, [u8]>, buffer: *mut u8) {
        // SAFETY: by its invariant the view is valid for reads; the caller promises as many bytes at `buffer`, which is
        // memory of its own and so does not overlap.
        unsafe { view.ptr.cast::<u8>().copy_to_nonoverlapping(buffer, view.ptr.len()) }
    }

    #[inline]
    unsafe fn copy_to_io(view: SysMem<'_, [u8]>, buffer: *const u8) {
        // SAFETY: by its invariant the view is valid for writes; the caller promises as many bytes at `buffer`, which
        // is memory of its own and so does not overlap.
        unsafe { view.ptr.cast::<u8>().copy_from_nonoverlapping(buffer, view.ptr.len()) }
    }
}

/// A view of memory that turns out only at run time to be the device's or normal, as C's `struct iosys_map`.
pub enum IoSysMap<'a, T: ?Sized> {
    /// The device's memory.
    Io(Mmio<'a, T>),
    /// Normal memory.
    Sys(SysMem<'a, T>),
}

impl<T: ?Sized> Copy for IoSysMap<'_, T> {}

impl<T: ?Sized> Clone for IoSysMap<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, T: ?Sized> From<Mmio<'a, T>> for IoSysMap<'a, T> {
    #[inline]
    fn from(view: Mmio<'a, T>) -> Self {
        Self::Io(view)
    }
}

impl<'a, T: ?Sized> From<SysMem<'a, T>> for IoSysMap<'a, T> {
    #[inline]
    fn from(view: SysMem<'a, T>) -> Self {
        Self::Sys(view)
    }
}

impl<'a, T: ?Sized + KnownSize> IoBase<'a> for IoSysMap<'a, T> {
    type Backend = IoSysMapBackend;
    type Target = T;

    #[inline(always)]
    fn as_view(self) -> IoSysMap<'a, T> {
        self
    }
}

/// The [`IoBackend`] of [`IoSysMap`].
pub struct IoSysMapBackend;

impl IoBackend for IoSysMapBackend {
    type View<'a, T: ?Sized + KnownSize> = IoSysMap<'a, T>;

    #[inline]
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
        match view {
            IoSysMap::Io(view) => MmioBackend::as_ptr(view),
            IoSysMap::Sys(view) => SysMemBackend::as_ptr(view),
        }
    }

    #[inline]
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        view: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U> {
        match view {
            // SAFETY: the caller's promise is the same, and so is the pointer of the view.
            IoSysMap::Io(view) => IoSysMap::Io(unsafe { MmioBackend::project_view(view, ptr) }),
            // SAFETY: as above.
            IoSysMap::Sys(view) => IoSysMap::Sys(unsafe { SysMemBackend::project_view(view, ptr) }),
        }
    }
}

impl<T> IoCapable<T> for IoSysMapBackend
where
    MmioBackend: IoCapable<T>,
    SysMemBackend: IoCapable<T>,
{
    #[inline]
    fn io_read<'a>(view: IoSysMap<'a, T>) -> T {
        match view {
            IoSysMap::Io(view) => MmioBackend::io_read(view),
            IoSysMap::Sys(view) => SysMemBackend::io_read(view),
        }
    }

    #[inline]
    fn io_write<'a>(view: IoSysMap<'a, T>, value: T) {
        match view {
            IoSysMap::Io(view) => MmioBackend::io_write(view, value),
            IoSysMap::Sys(view) => SysMemBackend::io_write(view, value),
        }
    }
}

impl IoCopyable for IoSysMapBackend {
    #[inline]
    unsafe fn copy_from_io(view: IoSysMap<'_, [u8]>, buffer: *mut u8) {
        match view {
            // SAFETY: the caller's promise is the same.
            IoSysMap::Io(view) => unsafe { MmioBackend::copy_from_io(view, buffer) },
            // SAFETY: as above.
            IoSysMap::Sys(view) => unsafe { SysMemBackend::copy_from_io(view, buffer) },
        }
    }

    #[inline]
    unsafe fn copy_to_io(view: IoSysMap<'_, [u8]>, buffer: *const u8) {
        match view {
            // SAFETY: the caller's promise is the same.
            IoSysMap::Io(view) => unsafe { MmioBackend::copy_to_io(view, buffer) },
            // SAFETY: as above.
            IoSysMap::Sys(view) => unsafe { SysMemBackend::copy_to_io(view, buffer) },
        }
    }
}
