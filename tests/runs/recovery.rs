// SPDX-License-Identifier: GPL-2.0
//! C: a driver without `pci_error_handlers`, whose device forgets all in a reset under its hands
//!
//! User space resets the card by its bus, which clears the configuration space. Then the kernel's own module `aer_inject` is given a
//! fatal error of the link (bus 0, device 1, function 0; bit 4 of the uncorrectable ones), which the root port above the card reports.
//@ --device
//@ pcie-root-port,id=rp
//@ --device
//@ edu,bus=rp
//@ --module
//@ aer_inject
//@ --exec
//@ echo 1 >/sys/bus/pci/devices/0000:01:00.0/reset; z='\000\000\000\000'; printf "\000\001\000\000\020\000\000\000$z$z$z$z$z$z" >/dev/aer_inject; for n in $(seq 100); do dmesg | grep -q "resume: the device" && break; sleep 0.1; done
//~ reset_prepare: the device is there
//~ reset_done: the device is there
//~ error_detected: Frozen
//~ slot_reset: the device is there
//~ resume: the device is there
use kernel::{
    device::Core,
    io::Io,
    pci::{self, ChannelState, ErrorHandler, ErrorHandlers, ErsResult},
    prelude::*,
};

struct Driver;

struct Card<'bound> {
    bar: pci::Bar<'bound, 0x80>,
}

impl Card<'_> {
    fn say(&self, dev: &pci::Device, what: &str) -> bool {
        let there = self.bar.read32(0) == 0x0100_00ed;
        dev_info!(dev, "{what}: the device is {}\n", if there { "there" } else { "gone" });
        there
    }
}

kernel::pci_device_table!(TABLE, (), [(pci::DeviceId::from_id(pci::Vendor::QEMU, 0x11e8), ())]);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Card<'bound>;
    const ID_TABLE: pci::IdTable<()> = &TABLE;
    const ERROR_HANDLERS: ErrorHandlers<Self> = ErrorHandlers::new();

    fn probe<'bound>(
        dev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Card<'bound>, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            dev.enable_device_mem()?;
            dev.save_state()?;
            let bar = dev.iomap_region_sized(0, c"recovery")?;
            Ok(Ok::<_, Error>(Card { bar }))
        })
    }
}

#[vtable]
impl ErrorHandler for Driver {
    fn error_detected(dev: &pci::Device<Core<'_>>, _card: Pin<&Card<'_>>, state: ChannelState) -> ErsResult {
        dev_info!(dev, "error_detected: {state:?}\n");
        ErsResult::NeedReset
    }

    fn slot_reset(dev: &pci::Device<Core<'_>>, card: Pin<&Card<'_>>) -> ErsResult {
        dev.restore_state();
        if card.say(dev, "slot_reset") {
            ErsResult::Recovered
        } else {
            ErsResult::Disconnect
        }
    }

    fn resume(dev: &pci::Device<Core<'_>>, card: Pin<&Card<'_>>) {
        card.say(dev, "resume");
    }

    fn reset_prepare(dev: &pci::Device<Core<'_>>, card: Pin<&Card<'_>>) {
        card.say(dev, "reset_prepare");
    }

    fn reset_done(dev: &pci::Device<Core<'_>>, card: Pin<&Card<'_>>) {
        card.say(dev, "reset_done");
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "recovery",
    description: "lives through resets",
    license: "GPL",
}
