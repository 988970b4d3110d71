// SPDX-License-Identifier: GPL-2.0

//! A PCI device's interrupt vectors.
//!
//! C header: [`include/linux/pci.h`](srctree/include/linux/pci.h)

use super::Device;
use crate::{
    device::{self, Bound, CoreInternal},
    devres::Node,
    error::to_result,
    irq::IrqRequest,
    prelude::*,
};
use core::sync::atomic::{AtomicBool, Ordering};

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

/// One of a device's vectors, from which an [`IrqRequest`] is made.
///
/// # Invariants
///
/// `irq` is the number of a vector of `vectors`.
#[derive(Clone, Copy)]
pub struct IrqVector<'a> {
    vectors: &'a IrqVectorRegistration<'a>,
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

    /// One of the vectors. Fails with `EINVAL` if there are not so many.
    pub fn index(&self, index: usize) -> Result<IrqVector<'_>> {
        if index >= self.len {
            return Err(EINVAL);
        }
        // SAFETY: The device is valid; and as it has so many vectors, the index fits an integer.
        let irq = unsafe { bindings::pci_irq_vector(self.pdev.as_raw(), index as u32) };
        to_result(irq)?;
        // INVARIANT: C gave the number of that vector.
        Ok(IrqVector { vectors: self, irq: irq as u32 })
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
        to_result(len)?;

        // SAFETY: The device is valid.
        let irq_type = match unsafe { bindings::pci_irq_type(self.as_raw()) } {
            raw if raw == IrqType::MsiX.as_raw() => IrqType::MsiX,
            raw if raw == IrqType::Msi.as_raw() => IrqType::Msi,
            _ => IrqType::Intx,
        };

        // INVARIANT: They have just been allocated.
        Ok(IrqVectorRegistration { pdev: self, len: len as usize, irq_type, kept: AtomicBool::new(false) })
    }
}
