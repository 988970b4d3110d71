// SPDX-License-Identifier: GPL-2.0

//! Streaming DMA: ordinary memory, lent to a device for a transfer.
//!
//! C header: [`include/linux/dma-mapping.h`](srctree/include/linux/dma-mapping.h)
//!
//! Beyond mainline. A [`Mapping`] owns the memory and says in its type who may touch it. To begin with that is the
//! device ([`ForDevice`]): then there is no way to the memory for the CPU. When the transfer is over one takes it back
//! for a while ([`Mapping::sync_for_cpu`]) or for good ([`Mapping::into_buffer`]). While the memory is mapped, the CPU
//! only copies: if the device was not done after all, it reads nonsense, and no reference is broken. All kernels have
//! the C side.
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     device::{Bound, Device}, dma::stream::{FromDevice, Mapping, ToDevice}, io::Io, prelude::*,
//! };
//!
//! fn transfer(dev: &Device<Bound>, start: impl Fn(u64, usize)) -> Result<KVec<u8>> {
//!     let command = KVec::from_elem(0x5a, 64, GFP_KERNEL)?;
//!     let command = Mapping::<_, ToDevice>::new(dev, command)?;
//!     start(command.dma_address(), command.len());
//!
//!     let answer = KVec::from_elem(0, 512, GFP_KERNEL)?;
//!     let answer = Mapping::<_, FromDevice>::new(dev, answer)?;
//!     start(answer.dma_address(), answer.len());
//!
//!     // The device has interrupted: look at the beginning, and let it go on.
//!     let answer = answer.sync_for_cpu();
//!     let mut begin = [0; 512];
//!     (&answer).copy_to_slice(&mut begin);
//!     let answer = answer.sync_for_device();
//!
//!     // It has interrupted again.
//!     Ok(answer.into_buffer())
//! }
//! ```

use super::{DataDirection, DmaAddress};
use crate::{
    device::{Bound, Device},
    io::{IoBase, SysMem, SysMemBackend},
    page::{Page, PAGE_SIZE},
    prelude::*,
    transmute::{AsBytes, FromBytes},
};
use core::{marker::PhantomData, ptr::NonNull, slice};

mod private {
    pub trait Sealed {}
}
use private::Sealed;

/// Who reads and who writes, as a type.
pub trait Direction: Sealed {
    /// As a value.
    const DIRECTION: DataDirection;
}

/// The device reads what the CPU has written.
pub struct ToDevice;

/// The device writes what the CPU will read.
pub struct FromDevice;

/// Both read and write.
pub struct Bidirectional;

macro_rules! impl_direction {
    ($($direction:ident),+) => {$(
        impl Sealed for $direction {}

        impl Direction for $direction {
            const DIRECTION: DataDirection = DataDirection::$direction;
        }
    )+};
}
impl_direction!(ToDevice, FromDevice, Bidirectional);

/// Who may touch the memory.
pub trait Owner: Sealed {}

/// The CPU may, by copying.
pub struct ForCpu;

/// Only the device may.
pub struct ForDevice;

impl Sealed for ForCpu {}
impl Sealed for ForDevice {}
impl Owner for ForCpu {}
impl Owner for ForDevice {}

/// Memory that can be lent to a device.
///
/// # Safety
///
/// The memory that [`Self::memory`] gives
///
/// - is in the kernel's linear mapping and not part of an object that is something else's;
/// - stays where it is when `Self` is moved, and as it is, until `Self` is dropped or [`Self::memory`] is called again;
/// - may be overwritten with any bytes.
pub unsafe trait Buffer {
    /// The memory. `None` if it cannot be lent, or there is none.
    fn memory(&mut self) -> Option<NonNull<[u8]>>;
}

/// The bytes of `values`.
fn bytes_of<T>(values: &mut [T]) -> Option<NonNull<[u8]>> {
    let len = size_of_val(values);
    let start = NonNull::from(values).cast::<u8>();
    (len > 0).then(|| NonNull::slice_from_raw_parts(start, len))
}

// SAFETY: `kmalloc` memory is what streaming DMA is for; the box owns it, and any bytes are a `T`.
unsafe impl<T: AsBytes + FromBytes> Buffer for KBox<T> {
    fn memory(&mut self) -> Option<NonNull<[u8]>> {
        bytes_of(slice::from_mut(&mut **self))
    }
}

// SAFETY: As above.
unsafe impl<T: AsBytes + FromBytes> Buffer for KVec<T> {
    fn memory(&mut self) -> Option<NonNull<[u8]>> {
        bytes_of(self)
    }
}

// SAFETY: The page is owned, and `page_address` gives its place in the linear mapping.
unsafe impl Buffer for Page {
    fn memory(&mut self) -> Option<NonNull<[u8]>> {
        // SAFETY: `self` is a valid page.
        let start = NonNull::new(unsafe { bindings::page_address(self.as_ptr()) })?;
        Some(NonNull::slice_from_raw_parts(start.cast(), PAGE_SIZE))
    }
}

/// A mapping, undone on drop.
///
/// # Invariants
///
/// `memory` is mapped for `dev` at `dma_address`, in `direction`.
struct Mapped<'a> {
    dev: &'a Device<Bound>,
    memory: NonNull<[u8]>,
    dma_address: DmaAddress,
    direction: DataDirection,
}

impl Drop for Mapped<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant.
        unsafe {
            bindings::dma_unmap_single(self.dev.as_raw(), self.dma_address, self.memory.len(), self.direction.into())
        };
    }
}

/// Memory lent to a device, in direction `D`, which `O` may touch now.
///
/// # Invariants
///
/// `mapped` is the memory of `buffer`.
pub struct Mapping<'a, B: Buffer, D: Direction, O: Owner = ForDevice> {
    // Dropped first.
    mapped: Mapped<'a>,
    buffer: B,
    _type: PhantomData<(D, O)>,
}

// SAFETY: The memory may be unmapped, and if the buffer may, dropped, in any thread.
unsafe impl<B: Buffer + Send, D: Direction, O: Owner> Send for Mapping<'_, B, D, O> {}

// SAFETY: `&Mapping` allows single accesses, which do not disturb each other.
unsafe impl<B: Buffer + Sync, D: Direction, O: Owner> Sync for Mapping<'_, B, D, O> {}

impl<'a, B: Buffer, D: Direction> Mapping<'a, B, D> {
    /// Lends `buffer` to the device. Fails with `EINVAL` if it is empty, with `EIO` if nobody has said what the device can
    /// address, and with `ENOMEM` if it cannot be mapped.
    pub fn new(dev: &'a Device<Bound>, mut buffer: B) -> Result<Self> {
        let memory = buffer.memory().ok_or(EINVAL)?;
        // C warns, and fails as well.
        // SAFETY: The device is valid.
        if unsafe { (*dev.as_raw()).dma_mask }.is_null() {
            return Err(EIO);
        }

        let mut dma_address = 0;
        // SAFETY: The device is valid, and bound; the memory is as the requirements of `Buffer` say.
        let ret = unsafe {
            bindings::dma_map_single(
                dev.as_raw(),
                memory.as_ptr().cast(),
                memory.len(),
                D::DIRECTION.into(),
                &mut dma_address,
            )
        };
        crate::error::to_result(ret)?;

        // INVARIANT: It was just mapped.
        let mapped = Mapped { dev, memory, dma_address, direction: D::DIRECTION };
        // INVARIANT: `memory` is the buffer's.
        Ok(Self { mapped, buffer, _type: PhantomData })
    }

    /// Takes the memory back, while it stays mapped. The device should be done with it.
    pub fn sync_for_cpu(self) -> Mapping<'a, B, D, ForCpu> {
        let mapped = &self.mapped;
        // SAFETY: By the invariant of `Mapped`.
        unsafe {
            bindings::dma_sync_single_for_cpu(
                mapped.dev.as_raw(),
                mapped.dma_address,
                mapped.memory.len(),
                mapped.direction.into(),
            )
        };
        self.owned_by()
    }
}

impl<'a, B: Buffer, D: Direction> Mapping<'a, B, D, ForCpu> {
    /// Lends the memory to the device again.
    pub fn sync_for_device(self) -> Mapping<'a, B, D, ForDevice> {
        let mapped = &self.mapped;
        // SAFETY: By the invariant of `Mapped`.
        unsafe {
            bindings::dma_sync_single_for_device(
                mapped.dev.as_raw(),
                mapped.dma_address,
                mapped.memory.len(),
                mapped.direction.into(),
            )
        };
        self.owned_by()
    }
}

impl<'a, B: Buffer, D: Direction, O: Owner> Mapping<'a, B, D, O> {
    fn owned_by<New: Owner>(self) -> Mapping<'a, B, D, New> {
        Mapping { mapped: self.mapped, buffer: self.buffer, _type: PhantomData }
    }

    /// Where the device finds the memory.
    #[inline]
    pub fn dma_address(&self) -> DmaAddress {
        self.mapped.dma_address
    }

    /// The size in bytes: at least 1.
    #[inline]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.mapped.memory.len()
    }

    /// Takes the memory back for good. The device must not use it any more.
    pub fn into_buffer(self) -> B {
        drop(self.mapped);
        self.buffer
    }
}

impl<'b, B: Buffer, D: Direction> IoBase<'b> for &'b Mapping<'_, B, D, ForCpu> {
    type Backend = SysMemBackend;
    type Target = [u8];

    #[inline]
    fn as_view(self) -> SysMem<'b, [u8]> {
        // SAFETY: By the type's invariant, and the requirements of `Buffer`: the memory lives as long as `self`, may
        // hold any bytes, and is reached through such views only.
        unsafe { SysMem::new(self.mapped.memory.as_ptr()) }
    }
}
