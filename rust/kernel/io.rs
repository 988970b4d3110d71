// SPDX-License-Identifier: GPL-2.0
//! Memory that devices see too: mapped device registers, DMA memory, and views into them.
//!
//! C header: [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h)
//!
//! [`Io`] is what drivers call. A *view* of some memory ([`Mmio`], [`SysMem`], ...) is a pointer-like `Copy` value that
//! implements it; what owns the memory (a BAR, a DMA allocation) implements [`IoBase`], which makes the view. What the
//! memory holds is in the view's type: a [`Region`] of registers at offsets, or a type of Rust, of which
//! [`io_project!`] makes the view of a part.
//!
//! # Examples
//!
//! ```
//! use kernel::io::{register, Io, Mmio, Region};
//!
//! register! {
//!     /// What the device is.
//!     ID(u32) @ 0x0 {
//!         31:16 device;
//!         7:0 revision;
//!     }
//!
//!     /// Switches of the device.
//!     CTRL(u32) @ 0x4 {
//!         0:0 enable => bool;
//!     }
//! }
//!
//! fn start(regs: Mmio<'_, Region<0x100>>) -> Result {
//!     // `Region` is known to be 256 bytes: these offsets are checked while building.
//!     if regs.read(ID).device() != 0xedu32 {
//!         return Err(ENODEV);
//!     }
//!     regs.update(CTRL, |ctrl| ctrl.with_enable(true));
//!
//!     // This one is checked when it runs.
//!     regs.try_write32(1, 0x1000)
//! }
//! ```
//!
//! Every kernel has it.

use crate::{
    build_assert::build_assert,
    error::{code::EINVAL, Result},
    prelude::{FromBytes, IntoBytes},
    ptr::{Alignment, KnownSize},
};
use core::mem::MaybeUninit;

#[cfg(CONFIG_HAS_IOMEM)]
pub mod mem;
mod mmio;
pub mod poll;
mod project;
pub mod register;
pub mod resource;
mod sys_mem;

pub use crate::register;
pub use mmio::{Mmio, MmioBackend, MmioRaw, RelaxedMmio, RelaxedMmioBackend};
pub use project::ProjectHelper;
pub use resource::Resource;
pub use sys_mem::{IoSysMap, IoSysMapBackend, SysMem, SysMemBackend};

#[doc(inline)]
pub use crate::{io_project, io_read, io_write};

use register::LocatedRegister;

/// A physical address, as wide as this kernel's configuration makes it.
pub type PhysAddr = bindings::phys_addr_t;

/// The size of a [`Resource`].
pub type ResourceSize = bindings::resource_size_t;

/// Untyped memory of at least `SIZE` bytes, in which registers lie at offsets.
///
/// It is only ever behind a pointer, which knows the real size.
///
/// # Invariants
///
/// The size is a multiple of 4, as is the address, and at least `SIZE`.
#[repr(C, align(4))]
#[derive(FromBytes)]
pub struct Region<const SIZE: usize = 0> {
    bytes: [u8],
}

impl<const SIZE: usize> Region<SIZE> {
    /// Makes a pointer to a region. Whether it is one is for whoever uses the pointer to know.
    #[inline]
    pub fn ptr_from_raw_parts_mut(base: *mut u8, size: usize) -> *mut Self {
        core::ptr::slice_from_raw_parts_mut(base, size) as *mut Self
    }

    /// Makes a pointer to a region; [`EINVAL`] if the address and size cannot be those of one.
    #[inline]
    pub fn ptr_try_from_raw_parts_mut(base: *mut u8, size: usize) -> Result<*mut Self> {
        let align = Self::MIN_ALIGN.as_usize();
        if size < SIZE || !size.is_multiple_of(align) || !base.addr().is_multiple_of(align) {
            return Err(EINVAL);
        }
        Ok(Self::ptr_from_raw_parts_mut(base, size))
    }
}

impl<const SIZE: usize> KnownSize for Region<SIZE> {
    const MIN_SIZE: usize = SIZE;
    const MIN_ALIGN: Alignment = Alignment::new::<4>();

    #[inline(always)]
    fn size(p: *const Self) -> usize {
        (p as *const [u8]).len()
    }
}

// SAFETY: it is bytes, and has no padding since its size is a multiple of its alignment (type invariant).
unsafe impl<const SIZE: usize> IntoBytes for Region<SIZE> {
    // The compiler asks for no method that only a type with a size has; rust-analyzer does.
    #[cfg(rust_analyzer)]
    fn only_derive_is_allowed_to_implement_this_trait() {}
}

/// A way to access memory, and the type of view that stands for it.
pub trait IoBackend {
    /// A view of memory that holds a `T`.
    type View<'a, T: ?Sized + KnownSize>: IoBase<'a, Backend = Self, Target = T>;

    /// Returns the pointer of a view, which need not be one that the CPU can read through.
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T;

    /// Makes the view of a part of what `view` shows.
    ///
    /// # Safety
    ///
    /// `ptr` must be a pointer to a part of what [`as_ptr(view)`](IoBackend::as_ptr) points to, and that part a valid
    /// `U`.
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        view: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U>;
}

/// Backends that can read and write a `T` in one access.
pub trait IoCapable<T>: IoBackend {
    /// Reads the value that `view` shows.
    fn io_read<'a>(view: Self::View<'a, T>) -> T;

    /// Writes the value that `view` shows.
    fn io_write<'a>(view: Self::View<'a, T>, value: T);
}

/// Backends that can copy bytes, in accesses of whatever width and order.
pub trait IoCopyable: IoBackend {
    /// Copies all that `view` shows to `buffer`.
    ///
    /// # Safety
    ///
    /// `buffer` must be valid for writes of the size of `view`.
    unsafe fn copy_from_io(view: Self::View<'_, [u8]>, buffer: *mut u8);

    /// Fills all that `view` shows from `buffer`.
    ///
    /// # Safety
    ///
    /// `buffer` must be valid for reads of the size of `view`.
    unsafe fn copy_to_io(view: Self::View<'_, [u8]>, buffer: *const u8);

    /// Copies the value that `view` shows.
    #[inline]
    fn copy_read<T: FromBytes>(view: Self::View<'_, T>) -> T {
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: the buffer is as large as a `T`, which is what the view shows.
        unsafe { Self::copy_from_io(as_bytes::<Self, T>(view), value.as_mut_ptr().cast()) };
        // SAFETY: all bytes were written, and any bytes are a `T`.
        unsafe { value.assume_init() }
    }

    /// Overwrites the value that `view` shows.
    #[inline]
    fn copy_write<T: IntoBytes>(view: Self::View<'_, T>, value: T) {
        // `value` is not dropped: its bytes live on in the device's memory.
        let value = core::mem::ManuallyDrop::new(value);
        // SAFETY: the buffer is as large as a `T`, which is what the view shows, and none of its bytes is padding.
        unsafe { Self::copy_to_io(as_bytes::<Self, T>(view), (&raw const value).cast()) };
    }
}

/// Makes the view of the bytes of the value that `view` shows.
#[inline(always)]
fn as_bytes<B: IoBackend + ?Sized, T>(view: B::View<'_, T>) -> B::View<'_, [u8]> {
    let bytes = core::ptr::slice_from_raw_parts_mut(B::as_ptr(view).cast::<u8>(), size_of::<T>());
    // SAFETY: these are the bytes of the `T` that the view shows.
    unsafe { B::project_view(view, bytes) }
}

/// Where a value of type `T` is to be found in a `Base`: an offset that is a plain number, or a register.
pub trait IoLoc<Base: ?Sized, T> {
    /// The primitive type that is read and written.
    type IoType: Into<T> + From<T>;

    /// Returns the offset in bytes.
    fn offset(self) -> usize;
}

macro_rules! impl_io_loc {
    ($($type:ty),*) => {$(
        impl<const SIZE: usize> IoLoc<Region<SIZE>, $type> for usize {
            type IoType = $type;

            #[inline(always)]
            fn offset(self) -> usize {
                self
            }
        }
    )*};
}

impl_io_loc!(u8, u16, u32, u64);

/// What has a view: memory that a driver holds in some form, and the views themselves.
pub trait IoBase<'a>: Copy {
    /// How the memory is accessed.
    type Backend: IoBackend;

    /// What the memory holds.
    type Target: ?Sized + KnownSize;

    /// Returns the view of all of it.
    fn as_view(self) -> <Self::Backend as IoBackend>::View<'a, Self::Target>;
}

/// Whether a `U` at `offset` lies within `size` bytes, and is aligned as far as the offset goes.
#[inline(always)]
const fn is_within<U>(offset: usize, size: usize) -> bool {
    match offset.checked_add(size_of::<U>()) {
        Some(end) => end <= size && offset.is_multiple_of(align_of::<U>()),
        None => false,
    }
}

/// Makes the view of the `U` at `offset`, which the caller has found to lie within.
///
/// # Safety
///
/// The `U` must lie within what `view` shows, and `U` must be a primitive integer.
#[inline(always)]
unsafe fn view_at<'a, B: IoBackend, T: ?Sized + KnownSize, U>(view: B::View<'a, T>, offset: usize) -> B::View<'a, U> {
    let part = B::as_ptr(view).cast::<u8>().wrapping_add(offset).cast::<U>();
    // SAFETY: the part lies within (the caller's promise) and any bytes are a valid integer.
    unsafe { B::project_view(view, part) }
}

macro_rules! define_plain_accessors {
    ($($type:ident: $try_read:ident $try_write:ident $read:ident $write:ident;)*) => {$(
        #[doc = concat!("Reads a [`", stringify!($type), "`] at `offset`; [`EINVAL`] if that is out of bounds.")]
        #[inline]
        fn $try_read(self, offset: usize) -> Result<$type>
        where
            usize: IoLoc<Self::Target, $type, IoType = $type>,
            Self::Backend: IoCapable<$type>,
        {
            self.try_read(offset)
        }

        #[doc = concat!("Writes a [`", stringify!($type), "`] at `offset`; [`EINVAL`] if that is out of bounds.")]
        #[inline]
        fn $try_write(self, value: $type, offset: usize) -> Result
        where
            usize: IoLoc<Self::Target, $type, IoType = $type>,
            Self::Backend: IoCapable<$type>,
        {
            self.try_write(offset, value)
        }

        #[doc = concat!("Reads a [`", stringify!($type), "`] at `offset`, which is checked while building.")]
        #[inline(always)]
        fn $read(self, offset: usize) -> $type
        where
            usize: IoLoc<Self::Target, $type, IoType = $type>,
            Self::Backend: IoCapable<$type>,
        {
            self.read(offset)
        }

        #[doc = concat!("Writes a [`", stringify!($type), "`] at `offset`, which is checked while building.")]
        #[inline(always)]
        fn $write(self, value: $type, offset: usize)
        where
            usize: IoLoc<Self::Target, $type, IoType = $type>,
            Self::Backend: IoCapable<$type>,
        {
            self.write(offset, value)
        }
    )*};
}

/// Accesses to memory that a device sees too. Everything that has a view has them.
///
/// A `try_…` method checks its offset when it runs, and returns [`EINVAL`] if that is out of bounds. The others check
/// it while building, against the least size that the type of the memory promises.
pub trait Io<'a>: IoBase<'a> {
    /// Returns the size of the memory in bytes.
    #[inline]
    fn size(self) -> usize {
        KnownSize::size(<Self::Backend as IoBackend>::as_ptr(self.as_view()))
    }

    /// Returns the number of elements.
    #[inline]
    fn len<T>(self) -> usize
    where
        Self: Io<'a, Target = [T]>,
    {
        <Self::Backend as IoBackend>::as_ptr(self.as_view()).len()
    }

    /// Returns whether there is no element.
    #[inline]
    fn is_empty<T>(self) -> bool
    where
        Self: Io<'a, Target = [T]>,
    {
        self.len() == 0
    }

    /// Sees a `U` in the memory, from its beginning; [`EINVAL`] if it is too small or misaligned for that.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{io_read, Io, Mmio, Region};
    ///
    /// #[derive(FromBytes, IntoBytes)]
    /// #[repr(C)]
    /// struct Mailbox {
    ///     command: u32,
    ///     answer: u32,
    /// }
    ///
    /// fn answer(bar: Mmio<'_, Region<0x1000>>) -> Result<u32> {
    ///     let mailbox: Mmio<'_, Mailbox> = bar.try_cast()?;
    ///     Ok(io_read!(mailbox, .answer))
    /// }
    /// ```
    fn try_cast<U>(self) -> Result<<Self::Backend as IoBackend>::View<'a, U>>
    where
        Self::Target: FromBytes + IntoBytes,
        U: FromBytes + IntoBytes,
    {
        let view = self.as_view();
        let ptr = <Self::Backend as IoBackend>::as_ptr(view);
        let cast = ptr.cast::<U>();
        if KnownSize::size(ptr) < size_of::<U>() || !cast.is_aligned() {
            return Err(EINVAL);
        }
        // SAFETY: the `U` lies within the view, is aligned, and any bytes are one (and leave a valid `Target`).
        Ok(unsafe { <Self::Backend as IoBackend>::project_view(view, cast) })
    }

    /// Reads the value in one access.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio};
    ///
    /// fn doorbell_is_rung(doorbell: Mmio<'_, u32>) -> bool {
    ///     doorbell.read_val() != 0
    /// }
    /// ```
    #[inline(always)]
    fn read_val(self) -> Self::Target
    where
        Self::Backend: IoCapable<Self::Target>,
        Self::Target: Sized,
    {
        <Self::Backend as IoCapable<Self::Target>>::io_read(self.as_view())
    }

    /// Writes the value in one access.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio};
    ///
    /// fn ring(doorbell: Mmio<'_, u32>, tail: u16) {
    ///     doorbell.write_val(tail.into());
    /// }
    /// ```
    #[inline(always)]
    fn write_val(self, value: Self::Target)
    where
        Self::Backend: IoCapable<Self::Target>,
        Self::Target: Sized,
    {
        <Self::Backend as IoCapable<Self::Target>>::io_write(self.as_view(), value)
    }

    /// Copies the value out, in accesses of whatever width and order.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio};
    ///
    /// fn mac_address(rom: Mmio<'_, [u8; 6]>) -> [u8; 6] {
    ///     rom.copy_read()
    /// }
    /// ```
    #[inline]
    fn copy_read(self) -> Self::Target
    where
        Self::Backend: IoCopyable,
        Self::Target: Sized + FromBytes,
    {
        <Self::Backend as IoCopyable>::copy_read(self.as_view())
    }

    /// Copies a value in, in accesses of whatever width and order.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio};
    ///
    /// fn set_mac_address(slot: Mmio<'_, [u8; 6]>) {
    ///     slot.copy_write([0x52, 0x54, 0x00, 0x12, 0x34, 0x56]);
    /// }
    /// ```
    #[inline]
    fn copy_write(self, value: Self::Target)
    where
        Self::Backend: IoCopyable,
        Self::Target: Sized + IntoBytes,
    {
        <Self::Backend as IoCopyable>::copy_write(self.as_view(), value)
    }

    /// Copies `data` in, in accesses of whatever width and order.
    ///
    /// # Panics
    ///
    /// If the lengths differ, as [`slice::copy_from_slice`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{io_project, Io, Mmio};
    ///
    /// fn load(window: Mmio<'_, [u8]>, firmware: &[u8]) -> Result {
    ///     io_project!(window, [try: ..firmware.len()]).copy_from_slice(firmware);
    ///     Ok(())
    /// }
    /// ```
    #[inline]
    fn copy_from_slice(self, data: &[u8])
    where
        Self::Backend: IoCopyable,
        Self: Io<'a, Target = [u8]>,
    {
        assert_eq!(self.len(), data.len());
        // SAFETY: `data` is as long as the view, of which the length was just compared.
        unsafe { <Self::Backend as IoCopyable>::copy_to_io(self.as_view(), data.as_ptr()) }
    }

    /// Copies the bytes out to `data`, in accesses of whatever width and order.
    ///
    /// # Panics
    ///
    /// If the lengths differ, as [`slice::copy_from_slice`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{io_project, Io, Mmio};
    ///
    /// fn signature(window: Mmio<'_, [u8]>) -> Result<[u8; 4]> {
    ///     let mut signature = [0; 4];
    ///     io_project!(window, [try: ..4]).copy_to_slice(&mut signature);
    ///     Ok(signature)
    /// }
    /// ```
    #[inline]
    fn copy_to_slice(self, data: &mut [u8])
    where
        Self::Backend: IoCopyable,
        Self: Io<'a, Target = [u8]>,
    {
        assert_eq!(self.len(), data.len());
        // SAFETY: `data` is as long as the view, of which the length was just compared.
        unsafe { <Self::Backend as IoCopyable>::copy_from_io(self.as_view(), data.as_mut_ptr()) }
    }

    define_plain_accessors! {
        u8: try_read8 try_write8 read8 write8;
        u16: try_read16 try_write16 read16 write16;
        u32: try_read32 try_write32 read32 write32;
        u64: try_read64 try_write64 read64 write64;
    }

    /// Reads the value at `location`; [`EINVAL`] if it is out of bounds or misaligned.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio, Region};
    ///
    /// fn magic_at(io: Mmio<'_, Region>, offset: usize) -> Result<u16> {
    ///     // The width of the access is that of the value.
    ///     io.try_read(offset)
    /// }
    /// ```
    #[inline(always)]
    fn try_read<T, L>(self, location: L) -> Result<T>
    where
        L: IoLoc<Self::Target, T>,
        Self::Backend: IoCapable<L::IoType>,
    {
        let view = try_view::<_, L::IoType>(self, location.offset())?;
        Ok(<Self::Backend as IoCapable<L::IoType>>::io_read(view).into())
    }

    /// Writes `value` at `location`; [`EINVAL`] if it is out of bounds or misaligned.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio, Region};
    ///
    /// fn ring(io: Mmio<'_, Region>, queue: usize) -> Result {
    ///     io.try_write(0x1000 + queue * 4, 1u32)
    /// }
    /// ```
    #[inline(always)]
    fn try_write<T, L>(self, location: L, value: T) -> Result
    where
        L: IoLoc<Self::Target, T>,
        Self::Backend: IoCapable<L::IoType>,
    {
        let view = try_view::<_, L::IoType>(self, location.offset())?;
        <Self::Backend as IoCapable<L::IoType>>::io_write(view, value.into());
        Ok(())
    }

    /// Writes a register that knows where it is; [`EINVAL`] if that is out of bounds.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{register, Io, Mmio, Region};
    ///
    /// register! {
    ///     RESET(u32) @ 0x10 {
    ///         0:0 core => bool;
    ///     }
    /// }
    ///
    /// fn reset(io: Mmio<'_, Region>) -> Result {
    ///     io.try_write_reg(RESET::zeroed().with_core(true))
    /// }
    /// ```
    #[inline(always)]
    fn try_write_reg<T, L, V>(self, value: V) -> Result
    where
        L: IoLoc<Self::Target, T>,
        V: LocatedRegister<Self::Target, Location = L, Value = T>,
        Self::Backend: IoCapable<L::IoType>,
    {
        let (location, value) = value.into_io_op();
        self.try_write(location, value)
    }

    /// Reads the value at `location`, has `f` change it, and writes it back; [`EINVAL`] if it is out of bounds or
    /// misaligned.
    ///
    /// Nothing keeps the device, or another CPU, from changing the value in between.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio, Region};
    ///
    /// fn set_bit(io: Mmio<'_, Region>, bit: u32) -> Result {
    ///     io.try_update(0x20, |v: u32| v | (1 << (bit % 32)))
    /// }
    /// ```
    #[inline(always)]
    fn try_update<T, L, F>(self, location: L, f: F) -> Result
    where
        L: IoLoc<Self::Target, T>,
        Self::Backend: IoCapable<L::IoType>,
        F: FnOnce(T) -> T,
    {
        let view = try_view::<_, L::IoType>(self, location.offset())?;
        let value = f(<Self::Backend as IoCapable<L::IoType>>::io_read(view).into());
        <Self::Backend as IoCapable<L::IoType>>::io_write(view, value.into());
        Ok(())
    }

    /// Reads the value at `location`, which is checked while building.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio, Region};
    ///
    /// fn ticks(io: Mmio<'_, Region<0x20>>) -> u64 {
    ///     // Not built: `io.read(0x20)`.
    ///     io.read(0x18)
    /// }
    /// ```
    #[inline(always)]
    fn read<T, L>(self, location: L) -> T
    where
        L: IoLoc<Self::Target, T>,
        Self::Backend: IoCapable<L::IoType>,
    {
        <Self::Backend as IoCapable<L::IoType>>::io_read(view::<_, L::IoType>(self, location.offset())).into()
    }

    /// Writes `value` at `location`, which is checked while building.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio, Region};
    ///
    /// fn mask_interrupts(io: Mmio<'_, Region<0x20>>) {
    ///     io.write(0xc, u32::MAX);
    /// }
    /// ```
    #[inline(always)]
    fn write<T, L>(self, location: L, value: T)
    where
        L: IoLoc<Self::Target, T>,
        Self::Backend: IoCapable<L::IoType>,
    {
        <Self::Backend as IoCapable<L::IoType>>::io_write(view::<_, L::IoType>(self, location.offset()), value.into())
    }

    /// Writes a register that knows where it is, which is checked while building.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{register, Io, Mmio, Region};
    ///
    /// register! {
    ///     TIMEOUT(u16) @ 0x1e {
    ///         15:0 ticks;
    ///     }
    /// }
    ///
    /// fn set_timeout(io: Mmio<'_, Region<0x20>>, ticks: u16) {
    ///     io.write_reg(TIMEOUT::zeroed().with_ticks(ticks));
    /// }
    /// ```
    #[inline(always)]
    fn write_reg<T, L, V>(self, value: V)
    where
        L: IoLoc<Self::Target, T>,
        V: LocatedRegister<Self::Target, Location = L, Value = T>,
        Self::Backend: IoCapable<L::IoType>,
    {
        let (location, value) = value.into_io_op();
        self.write(location, value)
    }

    /// Reads the value at `location`, which is checked while building, has `f` change it, and writes it back.
    ///
    /// Nothing keeps the device, or another CPU, from changing the value in between.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{Io, Mmio, Region};
    ///
    /// fn acknowledge(io: Mmio<'_, Region<0x20>>) {
    ///     io.update(0x8, |status: u32| status & 0xff);
    /// }
    /// ```
    #[inline(always)]
    fn update<T, L, F>(self, location: L, f: F)
    where
        L: IoLoc<Self::Target, T>,
        Self::Backend: IoCapable<L::IoType>,
        F: FnOnce(T) -> T,
    {
        let view = view::<_, L::IoType>(self, location.offset());
        let value = f(<Self::Backend as IoCapable<L::IoType>>::io_read(view).into());
        <Self::Backend as IoCapable<L::IoType>>::io_write(view, value.into());
    }
}

impl<'a, T: IoBase<'a>> Io<'a> for T {}

/// Makes the view of the `U` at `offset`, if there is one.
#[inline(always)]
fn try_view<'a, I: IoBase<'a>, U>(io: I, offset: usize) -> Result<<I::Backend as IoBackend>::View<'a, U>> {
    let view = io.as_view();
    let size = KnownSize::size(<I::Backend as IoBackend>::as_ptr(view));
    if !is_within::<U>(offset, size) {
        return Err(EINVAL);
    }
    // SAFETY: just checked; the callers' `U` are `IoLoc::IoType`s, which are integers.
    Ok(unsafe { view_at::<I::Backend, _, U>(view, offset) })
}

/// Makes the view of the `U` at `offset`; does not build unless there is one for sure.
#[inline(always)]
fn view<'a, I: IoBase<'a>, U>(io: I, offset: usize) -> <I::Backend as IoBackend>::View<'a, U> {
    build_assert!(is_within::<U>(offset, I::Target::MIN_SIZE), "the access is not known to be in bounds");
    // SAFETY: just checked; the callers' `U` are `IoLoc::IoType`s, which are integers.
    unsafe { view_at::<I::Backend, _, U>(io.as_view(), offset) }
}
