// SPDX-License-Identifier: GPL-2.0
//! C: `usb_set_intfdata()` of memory that `disconnect()` forgets to free: the bus clears the pointer by itself
//!
//! The tablet is taken from the driver and given back; what the driver keeps with it is dropped each time.
//@ --module
//@ xhci-pci
//@ --device
//@ qemu-xhci
//@ --device
//@ usb-tablet
//@ --exec
//@ cd /sys/bus/usb/drivers/usb_data; for n in $(seq 600); do ls -d *:1.0 2>/dev/null && break; sleep 0.1; done; d=$(ls -d *:1.0); for n in 1 2; do echo $d >unbind; echo $d >bind; done
//~ disconnected 1
//~ dropped 1
//~ disconnected 2
//~ dropped 2
//~ dropped 3
use kernel::{
    device::Core,
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
    usb,
};

static BOUND: Atomic<u32> = Atomic::new(0);

struct Driver;

struct Data(u32);

impl Drop for Data {
    fn drop(&mut self) {
        pr_info!("dropped {}\n", self.0);
    }
}

kernel::usb_device_table!(TABLE, (), [(usb::DeviceId::from_id(0x0627, 0x0001), ())]);

impl usb::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Data;
    const ID_TABLE: usb::IdTable<()> = &TABLE;

    fn probe<'bound>(
        _interface: &'bound usb::Interface<Core<'_>>,
        _id: &usb::DeviceId,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Data, Error> + 'bound {
        Ok(Data(BOUND.fetch_add(1, Relaxed) + 1))
    }

    fn disconnect<'bound>(_interface: &'bound usb::Interface<Core<'_>>, data: Pin<&Data>) {
        pr_info!("disconnected {}\n", data.0);
    }
}

kernel::module_usb_driver! {
    type: Driver,
    name: "usb_data",
    authors: ["the cargo-kmod developers"],
    description: "keeps a number with each tablet",
    license: "GPL",
}
