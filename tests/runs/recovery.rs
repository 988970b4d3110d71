// SPDX-License-Identifier: GPL-2.0
//! C: a driver without `pci_error_handlers`, whose device forgets all in a reset under its hands
//!
//! User space resets the card by its bus, which clears the configuration space. Then the kernel's own module `aer_inject` is given
//! two uncorrectable errors of the root port above the card (bus 0, device 1, function 0): a completion that came too late (bit 14),
//! after which the card can still be reached, and one of the link (bit 4), after which it is reset.
//@ --device
//@ pcie-root-port,id=rp
//@ --device
//@ edu,bus=rp
//@ --module
//@ aer_inject
//@ --exec
//@ said() { for n in $(seq 600); do dmesg | grep -q "$1" && break; sleep 0.1; done; }; z='\000\000\000\000'; inject() { printf "\000\001\000\000$1$z$z$z$z$z$z" >/dev/aer_inject; }; echo 1 >/sys/bus/pci/devices/0000:01:00.0/reset; inject '\000\100\000\000'; said "resume from Normal: the device"; inject '\020\000\000\000'; said "resume from Frozen: the device"
//~ reset_prepare: the device is there
//~ reset_done: the device is there
//~ error_detected: Normal
//~ mmio_enabled: the device is there
//~ resume from Normal: the device is there
//~ error_detected: Frozen
//~ slot_reset: the device is there
//~ resume from Frozen: the device is there
use kernel::{
    device::Core,
    io::Io,
    pci::{self, ChannelState, ErrorHandler, ErrorHandlers, ErsResult},
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

struct Driver;

struct Card<'bound> {
    bar: pci::Bar<'bound, 0x80>,
    frozen: Atomic<bool>,
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
            Ok(Ok::<_, Error>(Card { bar, frozen: Atomic::new(false) }))
        })
    }
}

#[vtable]
impl ErrorHandler for Driver {
    fn error_detected(dev: &pci::Device<Core<'_>>, card: Pin<&Card<'_>>, state: ChannelState) -> ErsResult {
        dev_info!(dev, "error_detected: {state:?}\n");
        card.frozen.store(state == ChannelState::Frozen, Relaxed);
        match state {
            ChannelState::Normal => ErsResult::CanRecover,
            _ => ErsResult::NeedReset,
        }
    }

    fn mmio_enabled(dev: &pci::Device<Core<'_>>, card: Pin<&Card<'_>>) -> ErsResult {
        card.say(dev, "mmio_enabled");
        ErsResult::Recovered
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
        card.say(dev, if card.frozen.load(Relaxed) { "resume from Frozen" } else { "resume from Normal" });
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
