// SPDX-License-Identifier: GPL-2.0

//! Direct memory access: memory that a device reads and writes.
//!
//! C header: [`include/linux/dma-mapping.h`](srctree/include/linux/dma-mapping.h)
//!
//! [`Coherent`] memory is seen by the device and the CPU at once. It is read and written with the methods of
//! [`Io`](crate::io::Io), each a single access, as the device may change it at any time; while the device does not know
//! of the memory yet, a [`CoherentBox`] is like any box. Lists of pages are in [`scatterlist`](crate::scatterlist).
//!
//! Beyond mainline, [`stream`] lends ordinary memory to the device for one transfer, and [`pool`] cuts coherent memory
//! into small blocks.
//!
//! All kernels have the C side; `DMA_ATTR_MMIO` only those since v6.18, elsewhere it is not there.
//!
//! # Examples
//!
//! A ring of descriptors:
//!
//! ```
//! use kernel::{
//!     device::{Bound, Device}, dma::Coherent, io::{io_read, io_write, Io}, prelude::*,
//!     transmute::{AsBytes, FromBytes},
//! };
//!
//! #[repr(C)]
//! struct Descriptor {
//!     addr: u64,
//!     len: u32,
//!     done: u32,
//! }
//! // SAFETY: There is no padding, and all bit patterns are fine.
//! unsafe impl AsBytes for Descriptor {}
//! // SAFETY: As above.
//! unsafe impl FromBytes for Descriptor {}
//!
//! fn ring(dev: &Device<Bound>) -> Result<Coherent<[Descriptor]>> {
//!     let ring: Coherent<[Descriptor]> = Coherent::zeroed_slice(dev, 64, GFP_KERNEL)?;
//!     io_write!(ring, [try: 3].len, 512);
//!     dev_info!(dev, "ring at {:#x}, {}\n", ring.dma_address(), io_read!(ring, [try: 3].done));
//!     Ok(ring)
//! }
//! ```

use crate::{
    alloc, debugfs,
    device::{self, Bound, Core, DeviceContext},
    error::to_result,
    fs::file,
    io::{Io, IoBackend, IoBase, IoCapable, IoCopyable, SysMem, SysMemBackend},
    prelude::*,
    ptr::KnownSize,
    sync::aref::ARef,
    transmute::{AsBytes, FromBytes},
    uaccess::UserSliceWriter,
};
use core::{
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

pub mod pool;
pub mod stream;

/// An address as a device sees it.
pub type DmaAddress = bindings::dma_addr_t;

/// Sets both masks of a device.
///
/// # Safety
///
/// No DMA memory is being allocated or mapped for the device.
pub(crate) unsafe fn set_mask_and_coherent<Ctx: DeviceContext>(dev: &device::Device<Ctx>, mask: DmaMask) -> Result {
    // SAFETY: The device is valid; the rest is up to the caller.
    to_result(unsafe { bindings::dma_set_mask_and_coherent(dev.as_raw(), mask.value()) })
}

/// A bus' device that can do DMA.
pub trait Device<'a>: AsRef<device::Device<Core<'a>>> {
    /// Sets the addresses that the device can use for streaming mappings.
    ///
    /// # Safety
    ///
    /// No DMA memory is being allocated or mapped for the device.
    unsafe fn dma_set_mask(&self, mask: DmaMask) -> Result {
        // SAFETY: The device is valid; the rest is up to the caller.
        to_result(unsafe { bindings::dma_set_mask(self.as_ref().as_raw(), mask.value()) })
    }

    /// Sets the addresses that the device can use for coherent memory.
    ///
    /// # Safety
    ///
    /// No DMA memory is being allocated or mapped for the device.
    unsafe fn dma_set_coherent_mask(&self, mask: DmaMask) -> Result {
        // SAFETY: The device is valid; the rest is up to the caller.
        to_result(unsafe { bindings::dma_set_coherent_mask(self.as_ref().as_raw(), mask.value()) })
    }

    /// Sets the addresses that the device can use, for both.
    ///
    /// # Safety
    ///
    /// No DMA memory is being allocated or mapped for the device.
    unsafe fn dma_set_mask_and_coherent(&self, mask: DmaMask) -> Result {
        // SAFETY: By the requirements of this function.
        unsafe { set_mask_and_coherent(self.as_ref(), mask) }
    }

    /// Sets how long a segment of a scatter-gather list may be.
    ///
    /// # Safety
    ///
    /// No DMA memory is being allocated or mapped for the device.
    unsafe fn dma_set_max_seg_size(&self, size: u32) {
        // SAFETY: The device is valid; the rest is up to the caller.
        unsafe { bindings::dma_set_max_seg_size(self.as_ref().as_raw(), size) };
    }
}

/// The addresses that a device can use: those of so many bits.
///
/// # Examples
///
/// ```
/// use kernel::dma::DmaMask;
///
/// assert_eq!(DmaMask::new::<28>().value(), 0x0fff_ffff);
/// assert_eq!(DmaMask::try_new(28)?, DmaMask::new::<28>());
/// assert!(DmaMask::try_new(65).is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DmaMask(u64);

impl DmaMask {
    /// The mask of `N` bits, checked at compile time.
    pub const fn new<const N: u32>() -> Self {
        const { assert!(N <= 64, "a DMA address has at most 64 bits") };
        Self::of_bits(N)
    }

    /// The mask of `n` bits. Fails with `EINVAL` for more than 64.
    pub const fn try_new(n: u32) -> Result<Self> {
        if n > 64 {
            return Err(EINVAL);
        }
        Ok(Self::of_bits(n))
    }

    const fn of_bits(n: u32) -> Self {
        Self(match u64::MAX.checked_shr(64 - n) {
            Some(mask) => mask,
            None => 0,
        })
    }

    /// The mask.
    pub const fn value(&self) -> u64 {
        self.0
    }
}

/// How memory is allocated or mapped, combined with `|`, `&` and `!`. The values are in [`attrs`].
#[derive(Clone, Copy, PartialEq)]
#[repr(transparent)]
pub struct Attrs(u32);

impl Attrs {
    pub(crate) fn as_raw(self) -> c_ulong {
        self.0 as c_ulong
    }

    /// Whether all of `flags` are among these.
    pub fn contains(self, flags: Attrs) -> bool {
        (self & flags) == flags
    }
}

impl core::ops::BitOr for Attrs {
    type Output = Self;

    fn bitor(self, rhs: Self) -> Self::Output {
        Self(self.0 | rhs.0)
    }
}

impl core::ops::BitAnd for Attrs {
    type Output = Self;

    fn bitand(self, rhs: Self) -> Self::Output {
        Self(self.0 & rhs.0)
    }
}

impl core::ops::Not for Attrs {
    type Output = Self;

    fn not(self) -> Self::Output {
        Self(!self.0)
    }
}

/// The values of [`Attrs`].
pub mod attrs {
    use super::Attrs;

    /// Reads and writes may be reordered, past each other too.
    pub const DMA_ATTR_WEAK_ORDERING: Attrs = Attrs(bindings::DMA_ATTR_WEAK_ORDERING as u32);

    /// Writes may be gathered.
    pub const DMA_ATTR_WRITE_COMBINE: Attrs = Attrs(bindings::DMA_ATTR_WRITE_COMBINE as u32);

    /// The CPU's caches are left alone: the caller sees to that.
    pub const DMA_ATTR_SKIP_CPU_SYNC: Attrs = Attrs(bindings::DMA_ATTR_SKIP_CPU_SYNC as u32);

    /// The memory is contiguous physically, and not only for the device.
    pub const DMA_ATTR_FORCE_CONTIGUOUS: Attrs = Attrs(bindings::DMA_ATTR_FORCE_CONTIGUOUS as u32);

    /// Large pages are not worth the while.
    pub const DMA_ATTR_ALLOC_SINGLE_PAGES: Attrs = Attrs(bindings::DMA_ATTR_ALLOC_SINGLE_PAGES as u32);

    /// A failed allocation is not reported in the log.
    pub const DMA_ATTR_NO_WARN: Attrs = Attrs(bindings::DMA_ATTR_NO_WARN as u32);

    /// Only the device's privileged parts use the memory.
    pub const DMA_ATTR_PRIVILEGED: Attrs = Attrs(bindings::DMA_ATTR_PRIVILEGED as u32);

    /// What is mapped is no memory but another device's registers.
    #[cfg(kmod_has = "const:DMA_ATTR_MMIO")]
    pub const DMA_ATTR_MMIO: Attrs = Attrs(bindings::DMA_ATTR_MMIO as u32);
}

/// Who reads and who writes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum DataDirection {
    /// Both the device and the CPU write.
    Bidirectional = bindings::dma_data_direction_DMA_BIDIRECTIONAL as u32,
    /// The CPU writes, the device reads.
    ToDevice = bindings::dma_data_direction_DMA_TO_DEVICE as u32,
    /// The device writes, the CPU reads.
    FromDevice = bindings::dma_data_direction_DMA_FROM_DEVICE as u32,
    /// Nobody: for debugging.
    None = bindings::dma_data_direction_DMA_NONE as u32,
}

impl From<DataDirection> for bindings::dma_data_direction {
    fn from(direction: DataDirection) -> Self {
        direction as Self
    }
}

/// Coherent memory that the device does not know of yet: the CPU has it for itself, like any box.
///
/// # Examples
///
/// ```
/// use kernel::{device::{Bound, Device}, dma::{Coherent, CoherentBox}, prelude::*};
///
/// fn command(dev: &Device<Bound>) -> Result<Coherent<[u32]>> {
///     let mut command = CoherentBox::<[u32]>::from_slice(dev, &[0x10, 0, 0], GFP_KERNEL)?;
///     command[2] = command[0] << 1;
///     // From here on the device may use it.
///     Ok(command.into())
/// }
/// ```
pub struct CoherentBox<T: KnownSize + ?Sized>(Coherent<T>);

impl<T: AsBytes + FromBytes> CoherentBox<[T]> {
    /// [`Self::zeroed_slice`], with attributes.
    pub fn zeroed_slice_with_attrs(
        dev: &device::Device<Bound>,
        count: usize,
        gfp_flags: alloc::Flags,
        dma_attrs: Attrs,
    ) -> Result<Self> {
        Coherent::<T>::zeroed_slice_with_attrs(dev, count, gfp_flags, dma_attrs).map(Self)
    }

    /// Allocates `count` elements, of zeros.
    pub fn zeroed_slice(dev: &device::Device<Bound>, count: usize, gfp_flags: alloc::Flags) -> Result<Self> {
        Self::zeroed_slice_with_attrs(dev, count, gfp_flags, Attrs(0))
    }

    /// Initialises element `i` anew. Fails with `EINVAL` if there is none.
    ///
    /// When `init` fails, what it has written of the element is left there.
    pub fn init_at<E>(&mut self, i: usize, init: impl Init<T, E>) -> Result
    where
        Error: From<E>,
    {
        if i >= self.0.len() {
            return Err(EINVAL);
        }

        let element: *mut T = &mut self[i];
        // SAFETY: `element` is valid for writes, and any bytes will do when it fails. `T` has no destructor to run: it
        // is `FromBytes`.
        unsafe { init.__init(element)? };
        Ok(())
    }

    /// [`Self::from_slice`], with attributes.
    pub fn from_slice_with_attrs(
        dev: &device::Device<Bound>,
        data: &[T],
        gfp_flags: alloc::Flags,
        dma_attrs: Attrs,
    ) -> Result<Self>
    where
        T: Copy,
    {
        let mut slice = Self(Coherent::<T>::alloc_slice_with_attrs(dev, data.len(), gfp_flags, dma_attrs)?);
        slice.copy_from_slice(data);
        Ok(slice)
    }

    /// Allocates a copy of `data`.
    pub fn from_slice(dev: &device::Device<Bound>, data: &[T], gfp_flags: alloc::Flags) -> Result<Self>
    where
        T: Copy,
    {
        Self::from_slice_with_attrs(dev, data, gfp_flags, Attrs(0))
    }
}

impl<T: AsBytes + FromBytes> CoherentBox<T> {
    /// [`Self::zeroed`], with attributes.
    pub fn zeroed_with_attrs(dev: &device::Device<Bound>, gfp_flags: alloc::Flags, dma_attrs: Attrs) -> Result<Self> {
        Coherent::zeroed_with_attrs(dev, gfp_flags, dma_attrs).map(Self)
    }

    /// Allocates a `T` of zeros.
    pub fn zeroed(dev: &device::Device<Bound>, gfp_flags: alloc::Flags) -> Result<Self> {
        Self::zeroed_with_attrs(dev, gfp_flags, Attrs(0))
    }
}

impl<T: KnownSize + ?Sized> Deref for CoherentBox<T> {
    type Target = T;

    fn deref(&self) -> &Self::Target {
        // SAFETY: The device does not know of the memory, and the CPU only writes through `&mut self`.
        unsafe { self.0.as_ref() }
    }
}

impl<T: AsBytes + FromBytes + KnownSize + ?Sized> DerefMut for CoherentBox<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: The device does not know of the memory, and `self` is ours.
        unsafe { self.0.as_mut() }
    }
}

impl<T: AsBytes + FromBytes + KnownSize + ?Sized> From<CoherentBox<T>> for Coherent<T> {
    fn from(value: CoherentBox<T>) -> Self {
        value.0
    }
}

/// Memory that a device and the CPU see at once, accessed with the methods of [`Io`](crate::io::Io).
///
/// # Invariants
///
/// `cpu_addr` and `dma_address` are one allocation of [`Self::size`] bytes for `dev`, with `dma_attrs`, which holds a
/// valid `T`.
pub struct Coherent<T: KnownSize + ?Sized> {
    dev: ARef<device::Device>,
    dma_address: DmaAddress,
    cpu_addr: NonNull<T>,
    dma_attrs: Attrs,
}

impl<T: KnownSize + ?Sized> Coherent<T> {
    /// The size in bytes.
    #[inline]
    pub fn size(&self) -> usize {
        T::size(self.cpu_addr.as_ptr())
    }

    /// Where the CPU finds it.
    #[inline]
    pub fn as_ptr(&self) -> *const T {
        self.cpu_addr.as_ptr()
    }

    /// Where the CPU finds it.
    #[inline]
    pub fn as_mut_ptr(&self) -> *mut T {
        self.cpu_addr.as_ptr()
    }

    /// Where the device finds it.
    #[inline]
    pub fn dma_address(&self) -> DmaAddress {
        self.dma_address
    }

    /// The memory, as a reference.
    ///
    /// # Safety
    ///
    /// While the reference lives, neither the device nor the CPU writes to the memory.
    #[inline]
    pub unsafe fn as_ref(&self) -> &T {
        // SAFETY: By the type's invariant, and the requirements of this function.
        unsafe { &*self.as_ptr() }
    }

    /// The memory, as a mutable reference.
    ///
    /// # Safety
    ///
    /// While the reference lives, neither the device nor the CPU, but through it, accesses the memory.
    #[expect(clippy::mut_from_ref, reason = "who may write is not for the borrow checker to know")]
    #[inline]
    pub unsafe fn as_mut(&self) -> &mut T {
        // SAFETY: By the type's invariant, and the requirements of this function.
        unsafe { &mut *self.as_mut_ptr() }
    }

    /// Allocates `size` bytes, which `cast` makes a pointer to `T` of.
    ///
    /// C gives zeros, but for the attributes that leave the memory without an address.
    fn alloc_raw(
        dev: &device::Device<Bound>,
        size: usize,
        gfp_flags: alloc::Flags,
        dma_attrs: Attrs,
        cast: impl FnOnce(*mut c_void) -> *mut T,
    ) -> Result<Self> {
        // The C side does not expect this.
        if size == 0 {
            return Err(EINVAL);
        }

        // C warns, and fails as well.
        // SAFETY: The device is valid.
        if unsafe { (*dev.as_raw()).coherent_dma_mask } == 0 {
            return Err(EIO);
        }

        let mut dma_address = 0;
        // SAFETY: The device is valid, and bound.
        let cpu_addr = unsafe {
            bindings::dma_alloc_attrs(dev.as_raw(), size, &mut dma_address, gfp_flags.as_raw(), dma_attrs.as_raw())
        };

        // INVARIANT: It was just allocated; it is page-aligned.
        Ok(Self { dev: dev.into(), dma_address, cpu_addr: NonNull::new(cast(cpu_addr)).ok_or(ENOMEM)?, dma_attrs })
    }
}

impl<T: AsBytes + FromBytes> Coherent<T> {
    fn alloc_with_attrs(dev: &device::Device<Bound>, gfp_flags: alloc::Flags, dma_attrs: Attrs) -> Result<Self> {
        const { assert!(align_of::<T>() <= crate::page::PAGE_SIZE) };
        Self::alloc_raw(dev, size_of::<T>(), gfp_flags, dma_attrs, |ptr| ptr.cast())
    }

    fn alloc_slice_with_attrs(
        dev: &device::Device<Bound>,
        len: usize,
        gfp_flags: alloc::Flags,
        dma_attrs: Attrs,
    ) -> Result<Coherent<[T]>> {
        const { assert!(align_of::<T>() <= crate::page::PAGE_SIZE) };
        let size = size_of::<T>().checked_mul(len).ok_or(EOVERFLOW)?;
        Coherent::alloc_raw(dev, size, gfp_flags, dma_attrs, |ptr| core::ptr::slice_from_raw_parts_mut(ptr.cast(), len))
    }

    /// [`Self::zeroed`], with attributes.
    pub fn zeroed_with_attrs(dev: &device::Device<Bound>, gfp_flags: alloc::Flags, dma_attrs: Attrs) -> Result<Self> {
        Self::alloc_with_attrs(dev, gfp_flags | __GFP_ZERO, dma_attrs)
    }

    /// Allocates a `T` of zeros.
    pub fn zeroed(dev: &device::Device<Bound>, gfp_flags: alloc::Flags) -> Result<Self> {
        Self::zeroed_with_attrs(dev, gfp_flags, Attrs(0))
    }

    /// [`Self::init`], with attributes.
    pub fn init_with_attrs<E>(
        dev: &device::Device<Bound>,
        gfp_flags: alloc::Flags,
        dma_attrs: Attrs,
        init: impl Init<T, E>,
    ) -> Result<Self>
    where
        Error: From<E>,
    {
        let value = Self::alloc_with_attrs(dev, gfp_flags, dma_attrs)?;
        // SAFETY: The memory is valid for writes, and nobody else knows of it. When this fails, the memory is just
        // freed.
        unsafe { init.__init(value.as_mut_ptr())? };
        Ok(value)
    }

    /// Allocates a `T` and initialises it in place.
    pub fn init<E>(dev: &device::Device<Bound>, gfp_flags: alloc::Flags, init: impl Init<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        Self::init_with_attrs(dev, gfp_flags, Attrs(0), init)
    }

    /// [`Self::zeroed_slice`], with attributes.
    pub fn zeroed_slice_with_attrs(
        dev: &device::Device<Bound>,
        len: usize,
        gfp_flags: alloc::Flags,
        dma_attrs: Attrs,
    ) -> Result<Coherent<[T]>> {
        Self::alloc_slice_with_attrs(dev, len, gfp_flags | __GFP_ZERO, dma_attrs)
    }

    /// Allocates `len` elements, of zeros.
    pub fn zeroed_slice(dev: &device::Device<Bound>, len: usize, gfp_flags: alloc::Flags) -> Result<Coherent<[T]>> {
        Self::zeroed_slice_with_attrs(dev, len, gfp_flags, Attrs(0))
    }

    /// [`Self::from_slice`], with attributes.
    pub fn from_slice_with_attrs(
        dev: &device::Device<Bound>,
        data: &[T],
        gfp_flags: alloc::Flags,
        dma_attrs: Attrs,
    ) -> Result<Coherent<[T]>>
    where
        T: Copy,
    {
        CoherentBox::from_slice_with_attrs(dev, data, gfp_flags, dma_attrs).map(Into::into)
    }

    /// Allocates a copy of `data`.
    pub fn from_slice(dev: &device::Device<Bound>, data: &[T], gfp_flags: alloc::Flags) -> Result<Coherent<[T]>>
    where
        T: Copy,
    {
        Self::from_slice_with_attrs(dev, data, gfp_flags, Attrs(0))
    }
}

impl<T> Coherent<[T]> {
    /// The number of elements.
    #[inline]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.cpu_addr.len()
    }
}

impl<T: KnownSize + ?Sized> Drop for Coherent<T> {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, that is what was allocated; who accesses it borrows `self`.
        unsafe {
            bindings::dma_free_attrs(
                self.dev.as_raw(),
                self.size(),
                self.cpu_addr.as_ptr().cast(),
                self.dma_address,
                self.dma_attrs.as_raw(),
            )
        };
    }
}

// SAFETY: The memory may be accessed and freed in any thread, if the `T` in it may.
unsafe impl<T: KnownSize + Send + ?Sized> Send for Coherent<T> {}

// SAFETY: `&Coherent` allows single accesses, which do not disturb each other, and raw pointers.
unsafe impl<T: KnownSize + ?Sized + AsBytes + FromBytes + Sync> Sync for Coherent<T> {}

/// Writes the memory's bytes as they are when they are read, in pieces.
impl<T: KnownSize + AsBytes + ?Sized> debugfs::BinaryWriter for Coherent<T> {
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut file::Offset) -> Result<usize> {
        let start = usize::try_from(*offset)?;
        let end = self.size().min(start.saturating_add(writer.len()));
        let mut piece = [0; 256];

        for at in (start..end).step_by(piece.len()) {
            let len = piece.len().min(end - at);
            let memory = core::ptr::slice_from_raw_parts_mut(self.as_mut_ptr().cast::<u8>().wrapping_add(at), len);
            // SAFETY: `at + len` is at most the size of the memory, which lives as long as `self`, and is only accessed in
            // ways that allow for others.
            unsafe { SysMem::new(memory) }.copy_to_slice(&mut piece[..len]);
            writer.write_slice(&piece[..len])?;
            *offset += len as file::Offset;
        }
        Ok(end.saturating_sub(start))
    }
}

/// Memory for a device alone: the CPU has no address for it.
///
/// # Invariants
///
/// The memory was allocated with `DMA_ATTR_NO_KERNEL_MAPPING`: what stands for its address is only for freeing it.
pub struct CoherentHandle(Coherent<[u8]>);

impl CoherentHandle {
    /// [`Self::alloc`], with attributes.
    pub fn alloc_with_attrs(
        dev: &device::Device<Bound>,
        size: usize,
        gfp_flags: alloc::Flags,
        dma_attrs: Attrs,
    ) -> Result<Self> {
        let dma_attrs = dma_attrs | Attrs(bindings::DMA_ATTR_NO_KERNEL_MAPPING as u32);
        Coherent::<u8>::alloc_slice_with_attrs(dev, size, gfp_flags, dma_attrs).map(Self)
    }

    /// Allocates `size` bytes.
    pub fn alloc(dev: &device::Device<Bound>, size: usize, gfp_flags: alloc::Flags) -> Result<Self> {
        Self::alloc_with_attrs(dev, size, gfp_flags, Attrs(0))
    }

    /// Where the device finds it.
    #[inline]
    pub fn dma_address(&self) -> DmaAddress {
        self.0.dma_address()
    }

    /// The size in bytes.
    #[inline]
    pub fn size(&self) -> usize {
        self.0.size()
    }
}

/// A view of [`Coherent`] memory, or of a part of it.
///
/// # Invariants
///
/// `cpu_addr` and `dma_address` are the same place in an allocation that lives for `'a`.
pub struct CoherentView<'a, T: ?Sized> {
    cpu_addr: SysMem<'a, T>,
    dma_address: DmaAddress,
}

impl<T: ?Sized> Copy for CoherentView<'_, T> {}

impl<T: ?Sized> Clone for CoherentView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, T: ?Sized> CoherentView<'a, T> {
    /// The same, without the device's address.
    #[inline]
    pub fn as_sys_mem(self) -> SysMem<'a, T> {
        self.cpu_addr
    }

    /// Where the device finds it.
    #[inline]
    pub fn dma_address(self) -> DmaAddress {
        self.dma_address
    }

    /// The memory, as a reference.
    ///
    /// # Safety
    ///
    /// For `'a`, neither the device nor the CPU writes to the memory.
    #[inline]
    pub unsafe fn as_ref(self) -> &'a T {
        // SAFETY: By the type's invariant, and the requirements of this function.
        unsafe { &*self.cpu_addr.as_ptr() }
    }

    /// The memory, as a mutable reference.
    ///
    /// # Safety
    ///
    /// For `'a`, neither the device nor the CPU, but through the reference, accesses the memory.
    #[inline]
    pub unsafe fn as_mut(self) -> &'a mut T {
        // SAFETY: By the type's invariant, and the requirements of this function.
        unsafe { &mut *self.cpu_addr.as_ptr() }
    }
}

/// How [`Coherent`] memory is accessed: as memory that may change under one's hands.
pub struct CoherentIoBackend;

impl IoBackend for CoherentIoBackend {
    type View<'a, T: ?Sized + KnownSize> = CoherentView<'a, T>;

    #[inline]
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
        view.cpu_addr.as_ptr()
    }

    #[inline]
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        view: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U> {
        // Within an allocation nothing overflows, and not to check it makes each access shorter.
        let offset = ptr.addr().wrapping_sub(view.cpu_addr.as_ptr().addr());
        // INVARIANT: The caller says that `ptr` is within `view`; both addresses move by the same offset.
        CoherentView {
            // SAFETY: By the requirements of this function.
            cpu_addr: unsafe { SysMemBackend::project_view(view.cpu_addr, ptr) },
            dma_address: view.dma_address.wrapping_add(offset as DmaAddress),
        }
    }
}

impl<T> IoCapable<T> for CoherentIoBackend
where
    SysMemBackend: IoCapable<T>,
{
    #[inline]
    fn io_read<'a>(view: Self::View<'a, T>) -> T {
        SysMemBackend::io_read(view.cpu_addr)
    }

    #[inline]
    fn io_write<'a>(view: Self::View<'a, T>, value: T) {
        SysMemBackend::io_write(view.cpu_addr, value);
    }
}

impl IoCopyable for CoherentIoBackend {
    #[inline]
    unsafe fn copy_from_io(view: Self::View<'_, [u8]>, buffer: *mut u8) {
        // SAFETY: By the requirements of this function.
        unsafe { SysMemBackend::copy_from_io(view.cpu_addr, buffer) };
    }

    #[inline]
    unsafe fn copy_to_io(view: Self::View<'_, [u8]>, buffer: *const u8) {
        // SAFETY: By the requirements of this function.
        unsafe { SysMemBackend::copy_to_io(view.cpu_addr, buffer) };
    }
}

impl<'a, T: ?Sized + KnownSize> IoBase<'a> for CoherentView<'a, T> {
    type Backend = CoherentIoBackend;
    type Target = T;

    #[inline]
    fn as_view(self) -> CoherentView<'a, T> {
        self
    }
}

impl<'a, T: ?Sized + KnownSize> IoBase<'a> for &'a Coherent<T> {
    type Backend = CoherentIoBackend;
    type Target = T;

    #[inline]
    fn as_view(self) -> CoherentView<'a, T> {
        // INVARIANT: Both are the start of the allocation.
        CoherentView {
            // SAFETY: The memory lives as long as `self`, and is only accessed in ways that allow for others.
            cpu_addr: unsafe { SysMem::new(self.as_mut_ptr()) },
            dma_address: self.dma_address,
        }
    }
}
