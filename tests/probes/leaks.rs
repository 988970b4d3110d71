// SPDX-License-Identifier: GPL-2.0
//! Forgets the first allocation of its probe when the second fails.
use kernel::{device::Core, pci, prelude::*};

struct Driver;

kernel::pci_device_table!(
    TABLE,
    <Driver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 5), ())]
);

fn two() -> Result {
    let first = KBox::leak(KBox::new(1, GFP_KERNEL)?);
    KBox::new(2, GFP_KERNEL)?;
    // SAFETY: It was just leaked.
    drop(unsafe { KBox::from_raw(first) });
    Ok(())
}

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;
    const ID_TABLE: pci::IdTable<()> = &TABLE;

    fn probe<'bound>(
        _pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            two()?;
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
