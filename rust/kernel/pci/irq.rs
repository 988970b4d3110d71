// SPDX-License-Identifier: GPL-2.0

//! A PCI device's interrupt vectors.
//!
//! C header: [`include/linux/pci.h`](srctree/include/linux/pci.h)

use super::Device;
use crate::{
    cpumask::Cpumask,
    device::{self, Bound, CoreInternal},
    devres::Node,
    error::to_result,
    irq::IrqRequest,
    prelude::*,
};
use core::{
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

/// Lets vectors be freed as late as the driver's data, and frees those that [`irq::register`](crate::irq::register) has
/// kept even after that.
///
/// Called before anything else is added to the device, so that what it adds is released last.
pub(super) fn free_vectors_at_unbind(dev: &device::Device<CoreInternal<'_>>) -> Result {
    /// # Safety
    ///
    /// `dev` is a valid `struct pci_dev` whose interrupts nobody handles any more.
    unsafe fn free(pdev: *mut c_void) {
        // SAFETY: By the requirements of this function; to free no vectors is fine.
        unsafe { bindings::pci_free_irq_vectors(pdev.cast()) };
    }

    let pdev: &Device<CoreInternal<'_>> = dev.try_into()?;
    // SAFETY: The device is valid, and being bound.
    unsafe { bindings::pci_make_msi_data(pdev.as_raw()) };
    // SAFETY: When this is called nobody has the device, as a driver's, any more: neither its resources nor its data.
    unsafe { Node::add(dev, pdev.as_raw().cast(), free, GFP_KERNEL) }
}

/// How a device interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IrqType {
    /// By a line, which devices may share.
    Intx,
    /// By messages: one or a power of two.
    Msi,
    /// By messages, each of its own.
    MsiX,
}

impl IrqType {
    // `PCI_IRQ_LEGACY` got a better name in v6.8.
    #[cfg(kmod_has = "const:PCI_IRQ_INTX")]
    const INTX: u32 = bindings::PCI_IRQ_INTX as u32;
    #[cfg(not(kmod_has = "const:PCI_IRQ_INTX"))]
    const INTX: u32 = bindings::PCI_IRQ_LEGACY as u32;

    const fn as_raw(self) -> u32 {
        match self {
            Self::Intx => Self::INTX,
            Self::Msi => bindings::PCI_IRQ_MSI as u32,
            Self::MsiX => bindings::PCI_IRQ_MSIX as u32,
        }
    }
}

/// A set of [`IrqType`]s.
///
/// # Examples
///
/// ```
/// use kernel::pci::{IrqType, IrqTypes};
///
/// const MESSAGES: IrqTypes = IrqTypes::all();
/// let either = IrqTypes::default().with(IrqType::Msi).with(IrqType::MsiX);
/// # let _ = (MESSAGES, either);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct IrqTypes(u32);

impl IrqTypes {
    /// All types.
    pub const fn all() -> Self {
        Self(0).with(IrqType::Intx).with(IrqType::Msi).with(IrqType::MsiX)
    }

    /// This set, and `irq_type`.
    pub const fn with(self, irq_type: IrqType) -> Self {
        Self(self.0 | irq_type.as_raw())
    }

    const fn as_raw(self) -> u32 {
        self.0
    }
}

/// Which vectors the kernel ties to processors: all but some at the beginning and the end.
///
/// Beyond mainline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IrqAffinity {
    /// How many at the beginning are left as they are, for what no processor asks for: a queue of commands, say.
    pub pre_vectors: u32,
    /// How many at the end are.
    pub post_vectors: u32,
}

/// One of a device's vectors, from which an [`IrqRequest`] is made.
///
/// # Invariants
///
/// `irq` is the number of the vector `index` of `vectors`.
#[derive(Clone, Copy)]
pub struct IrqVector<'a> {
    vectors: &'a IrqVectorRegistration<'a>,
    index: u32,
    irq: u32,
}

impl<'a> IrqVector<'a> {
    /// The vectors that it is one of.
    pub fn vectors(&self) -> &'a IrqVectorRegistration<'a> {
        self.vectors
    }

    /// How it interrupts.
    pub fn irq_type(&self) -> IrqType {
        self.vectors.irq_type()
    }

    /// The processors that the kernel has tied it to, if it has.
    ///
    /// Beyond mainline.
    pub fn affinity(&self) -> Option<&'a Cpumask> {
        if !self.vectors.spread().contains(&(self.index as usize)) {
            return None;
        }
        // SAFETY: The device is valid, and has the vector.
        let mask = unsafe { bindings::pci_irq_get_affinity(self.vectors.pdev.as_raw(), self.index as c_int) };
        // SAFETY: It is null, or a mask that stays as it is for as long as the vectors are allocated.
        (!mask.is_null()).then(|| unsafe { Cpumask::from_raw(mask) })
    }
}

impl<'a> From<IrqVector<'a>> for IrqRequest<'a> {
    fn from(vector: IrqVector<'a>) -> Self {
        // SAFETY: The interrupt is the device's for as long as the vectors are allocated, which is at least `'a`.
        unsafe { IrqRequest::new(vector.vectors.pdev.as_ref(), vector.irq) }.keeping(&vector.vectors.kept)
    }
}

/// Vectors allocated for a device, freed on drop; or when the device is unbound, if
/// [`irq::register`](crate::irq::register) has handed a handler for one of them to the device.
///
/// # Invariants
///
/// The device has `len` vectors of type `irq_type`.
pub struct IrqVectorRegistration<'a> {
    pdev: &'a Device<Bound>,
    len: usize,
    irq_type: IrqType,
    spread: Range<usize>,
    kept: AtomicBool,
}

impl<'a> IrqVectorRegistration<'a> {
    /// How many there are.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// How they interrupt.
    pub fn irq_type(&self) -> IrqType {
        self.irq_type
    }

    /// Which of the vectors the kernel has tied to processors, so that each processor has one: those between the first and
    /// the last of [`IrqAffinity`]; none of those that [`alloc_irq_vectors`](Device::alloc_irq_vectors) made.
    ///
    /// Beyond mainline.
    pub fn spread(&self) -> Range<usize> {
        self.spread.clone()
    }

    /// One of the vectors. Fails with `EINVAL` if there are not so many.
    pub fn index(&self, index: usize) -> Result<IrqVector<'_>> {
        if index >= self.len {
            return Err(EINVAL);
        }
        // SAFETY: The device is valid; and as it has so many vectors, the index fits an integer.
        let irq = unsafe { bindings::pci_irq_vector(self.pdev.as_raw(), index as u32) };
        to_result(irq)?;
        // INVARIANT: C gave the number of that vector.
        Ok(IrqVector { vectors: self, index: index as u32, irq: irq as u32 })
    }
}

impl Drop for IrqVectorRegistration<'_> {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            // SAFETY: By the type's invariant; a handler borrows `self` or has set `kept`, hence there is none.
            unsafe { bindings::pci_free_irq_vectors(self.pdev.as_raw()) };
        }
    }
}

impl Device<Bound> {
    /// Allocates between `min_vecs` and `max_vecs` vectors of the best of the types: MSI-X, else MSI, else INTx.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{device::Bound, irq::IrqRequest, pci::{self, IrqType, IrqTypes}, prelude::*};
    ///
    /// fn vectors(dev: &pci::Device<Bound>) -> Result {
    ///     let vectors = dev.alloc_irq_vectors(1, 4, IrqTypes::all())?;
    ///     assert!(vectors.irq_type() != IrqType::Intx || vectors.len() == 1);
    ///     let first: IrqRequest<'_> = vectors.index(0)?.into();
    ///     dev_info!(dev, "{} vectors, the first is {}\n", vectors.len(), first.irq());
    ///     Ok(())
    /// }
    /// ```
    pub fn alloc_irq_vectors(
        &self,
        min_vecs: u32,
        max_vecs: u32,
        irq_types: IrqTypes,
    ) -> Result<IrqVectorRegistration<'_>> {
        // SAFETY: The device is valid.
        let len = unsafe { bindings::pci_alloc_irq_vectors(self.as_raw(), min_vecs, max_vecs, irq_types.as_raw()) };
        // SAFETY: That is what C said.
        unsafe { self.allocated(len, None) }
    }

    /// As [`alloc_irq_vectors`](Self::alloc_irq_vectors), and ties the vectors that `affinity` does not leave out to
    /// processors, such that each processor has one of them, and each of them some processors.
    ///
    /// The kernel moves such a vector no more, nor may user space; it is off while none of its processors is on. Of
    /// messages only: a line is never tied.
    ///
    /// Beyond mainline.
    ///
    /// # Examples
    ///
    /// One vector for commands, and one for each queue of requests, of which there are no more than processors:
    ///
    /// ```
    /// use kernel::{cpu::nr_cpu_ids, device::Bound, pci::{self, IrqAffinity, IrqTypes}, prelude::*};
    ///
    /// fn vectors(dev: &pci::Device<Bound>) -> Result {
    ///     let affinity = IrqAffinity { pre_vectors: 1, ..Default::default() };
    ///     let vectors = dev.alloc_irq_vectors_affinity(2, 1 + nr_cpu_ids(), IrqTypes::all(), affinity)?;
    ///     for queue in vectors.spread() {
    ///         let cpus = vectors.index(queue)?.affinity().ok_or(EIO)?;
    ///         dev_info!(dev, "queue {queue}: for {} processors\n", cpus.weight());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn alloc_irq_vectors_affinity(
        &self,
        min_vecs: u32,
        max_vecs: u32,
        irq_types: IrqTypes,
        affinity: IrqAffinity,
    ) -> Result<IrqVectorRegistration<'_>> {
        let mut raw = bindings::irq_affinity {
            pre_vectors: affinity.pre_vectors,
            post_vectors: affinity.post_vectors,
            ..pin_init::zeroed()
        };
        let flags = irq_types.as_raw() | bindings::PCI_IRQ_AFFINITY as u32;
        // SAFETY: The device is valid; C uses `raw` for the time of this call.
        let len =
            unsafe { bindings::pci_alloc_irq_vectors_affinity(self.as_raw(), min_vecs, max_vecs, flags, &mut raw) };
        // SAFETY: That is what C said.
        unsafe { self.allocated(len, Some(affinity)) }
    }

    /// # Safety
    ///
    /// `len` is what the allocation of vectors, just now, has returned.
    unsafe fn allocated(&self, len: c_int, affinity: Option<IrqAffinity>) -> Result<IrqVectorRegistration<'_>> {
        to_result(len)?;
        let len = len as usize;

        // SAFETY: The device is valid.
        let irq_type = match unsafe { bindings::pci_irq_type(self.as_raw()) } {
            raw if raw == IrqType::MsiX.as_raw() => IrqType::MsiX,
            raw if raw == IrqType::Msi.as_raw() => IrqType::Msi,
            _ => IrqType::Intx,
        };
        let spread = match affinity {
            Some(affinity) if irq_type != IrqType::Intx => {
                affinity.pre_vectors as usize..len.saturating_sub(affinity.post_vectors as usize)
            }
            _ => 0..0,
        };

        // INVARIANT: They have just been allocated.
        Ok(IrqVectorRegistration { pdev: self, len, irq_type, spread, kept: AtomicBool::new(false) })
    }
}
