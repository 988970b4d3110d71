// SPDX-License-Identifier: GPL-2.0
//! Forgets the first allocation of its probe, and memory for DMA, when the second fails.
use core::mem::ManuallyDrop;
use kernel::{
    device::Core,
    dma::{Coherent, DmaMask},
    pci,
    prelude::*,
};

struct Driver;

kernel::pci_device_table!(
    TABLE,
    <Driver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 5), ())]
);

fn two(pdev: &pci::Device<Core<'_>>) -> Result {
    let memory = ManuallyDrop::new(Coherent::<u64>::zeroed(pdev.as_ref(), GFP_KERNEL)?);
    let first = KBox::leak(KBox::new(1, GFP_KERNEL)?);
    KBox::new(2, GFP_KERNEL)?;
    drop(ManuallyDrop::into_inner(memory));
    // SAFETY: It was just leaked.
    drop(unsafe { KBox::from_raw(first) });
    Ok(())
}

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;
    const ID_TABLE: pci::IdTable<()> = &TABLE;
    const DMA_MASK: Option<DmaMask> = Some(DmaMask::new::<32>());

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            two(pdev)?;
            Ok(Ok::<_, Error>(Driver))
        })
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "leaks",
    description: "leaks memory when there is no more",
    license: "GPL",
}
