// SPDX-License-Identifier: GPL-2.0
//! A driver for QEMU's PCI device `edu`: is it alive?
#![no_std]

mod regs;

use kernel::{device::Core, io::Io, pci, prelude::*};
use regs::{Bar0, IDENTITY, LIVENESS};

struct MyDriver;

/// Lives while the driver is bound to a device.
struct Bound<'bound> {
    pdev: &'bound pci::Device,
    bar: Bar0<'bound>,
}

kernel::pci_device_table!(
    PCI_TABLE,
    <MyDriver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(regs::VENDOR, regs::DEVICE), ())]
);

impl pci::Driver for MyDriver {
    type IdInfo = ();
    type Data<'bound> = Bound<'bound>;

    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound {
        pdev.enable_device_mem()?;
        let bar = pdev.iomap_region_sized::<{ regs::END }>(0, c"my_driver")?;

        if !is_alive(&bar) {
            dev_err!(pdev, "the device does not answer\n");
            return Err(ENODEV);
        }
        let identity = bar.read(IDENTITY);
        let (major, minor) = (u32::from(identity.major()), u32::from(identity.minor()));
        dev_info!(pdev, "version {major}.{minor}\n");
        Ok(Bound { pdev, bar })
    }
}

impl Drop for Bound<'_> {
    fn drop(&mut self) {
        // The BAR is still mapped: it is unmapped when this is gone.
        dev_info!(self.pdev, "unbound, alive: {}\n", is_alive(&self.bar));
    }
}

/// The device returns the complement of what is written.
fn is_alive(bar: &Bar0<'_>) -> bool {
    const PROBE: u32 = 0x1234_5678;
    bar.write_reg(LIVENESS::zeroed().with_value(PROBE));
    bar.read(LIVENESS).into_raw() == !PROBE
}

kernel::module_pci_driver! {
    type: MyDriver,
    name: "my_driver",
    authors: ["me"],
    description: "Finds out whether a PCI device is alive",
    license: "GPL",
}
