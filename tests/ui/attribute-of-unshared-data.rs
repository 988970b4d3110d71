// SPDX-License-Identifier: GPL-2.0
//! C: `dev->count++` in a `show()` that two processes call at once
use core::cell::Cell;
use kernel::{device::Core, pci, prelude::*};

pub struct Driver;

pub struct Data(pub Cell<u32>);

kernel::attribute_groups!(GROUPS, pci::Adapter<Driver>, [ //-
    //~ `Cell<u32>` cannot be shared between threads safely
    [ro(c"count", |_, data, page| page.emit(fmt!("{}", data.0.replace(1))))], //-
]); //-

kernel::pci_device_table!(TABLE, (), [(pci::DeviceId::from_id(pci::Vendor::QEMU, 0x11e8), ())]);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Data;
    const ID_TABLE: pci::IdTable<()> = &TABLE;
    const DEV_GROUPS: kernel::sysfs::Groups<pci::Adapter<Self>> = GROUPS; //-

    fn probe<'bound>(_dev: &'bound pci::Device<Core<'_>>, _info: Option<&'bound ()>) -> impl PinInit<Data, Error> {
        Ok(Data(Cell::new(0)))
    }
}
