// SPDX-License-Identifier: GPL-2.0
//! C: `readl(regs + 0x10)` of a BAR of 16 bytes
use kernel::{device::Core, io::Io, pci, prelude::*};

struct Driver;

kernel::pci_device_table!(
    TABLE,
    <Driver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 5), ())]
);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;
    const ID_TABLE: pci::IdTable<()> = &TABLE;

    fn probe<'bound>(pdev: &'bound pci::Device<Core<'_>>, _: Option<&'bound ()>) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let bar = pdev.iomap_region_sized::<16>(0, c"past")?;
            dev_info!(pdev, "{}\n", bar.read32(0xc));
            dev_info!(pdev, "{}\n", bar.read32(0x10)); //- //~ build_assert
            Ok(Ok::<_, Error>(Self))
        })
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "past",
    description: "reads past its BAR",
    license: "GPL",
}
