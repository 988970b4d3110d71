// SPDX-License-Identifier: GPL-2.0
//! C: callbacks in `struct dev_pm_ops` that are called for a device whose `probe()` failed, or after `remove()`
//!
//! Two cards. The one that was found first does not want to sleep, so the other, which has fallen asleep already, is woken.
//! Then a hibernation, which makes its image of the memory and, as there is no swap, has nowhere to write it. Then each card
//! alone, as user space lets it.
//@ --device
//@ edu
//@ --device
//@ edu
//@ --exec
//@ cd /sys/power; echo freeze >state 2>/dev/null; echo shutdown >disk; echo disk >state 2>/dev/null; cd /sys/bus/pci/devices/0000:00:02.0; asleep() { for n in $(seq 600); do grep -q suspended power/runtime_status && break; sleep 0.1; done; }; echo auto >power/control; asleep; cat power/runtime_status; echo on >power/control; cat power/runtime_status; echo auto >power/control; asleep; echo 0000:00:02.0 >driver/unbind
//~ 0000:00:02.0: suspend, asleep: 1
//~ 0000:00:01.0: suspend, refused
//~ 0000:00:02.0: resume, asleep: 0
//~ 0000:00:02.0: freeze, asleep: 1
//~ 0000:00:02.0: thaw, asleep: 0
//~ 0000:00:02.0: runtime_idle, asleep: 0
//~ 0000:00:02.0: runtime_suspend, asleep: 1
//~ suspended
//~ 0000:00:02.0: runtime_resume, asleep: 0
//~ active
//~ unbound, asleep: 0
use kernel::{
    device::{pm, Bound, Core, Device},
    pci,
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

struct Driver;

struct Card {
    refuses: bool,
    asleep: Atomic<i32>,
}

impl Card {
    fn sleeps(&self, dev: &Device, what: &str, change: i32) -> Result {
        let asleep = self.asleep.fetch_add(change, Relaxed) + change;
        dev_info!(dev, "{what}, asleep: {asleep}\n");
        Ok(())
    }
}

kernel::pci_device_table!(TABLE, (), [(pci::DeviceId::from_id(pci::Vendor::QEMU, 0x11e8), ())]);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Card;
    const ID_TABLE: pci::IdTable<()> = &TABLE;
    const PM_OPS: pm::Ops<pci::Adapter<Self>> = pm::Ops::new::<Self>();

    fn probe<'bound>(
        dev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Card, Error> + 'bound {
        Ok(Card { refuses: dev.dev_id() == 1 << 3, asleep: Atomic::new(0) })
    }

    fn unbind<'bound>(_dev: &'bound pci::Device<Core<'_>>, card: Pin<&Card>) {
        pr_info!("unbound, asleep: {}\n", card.asleep.load(Relaxed));
    }
}

#[vtable]
impl pm::Operations<pci::Adapter<Self>> for Driver {
    fn suspend(dev: &Device<Core<'_>>, card: Pin<&Card>) -> Result {
        if card.refuses {
            dev_info!(dev, "suspend, refused\n");
            return Err(EBUSY);
        }
        card.sleeps(dev, "suspend", 1)
    }

    fn resume(dev: &Device<Core<'_>>, card: Pin<&Card>) -> Result {
        card.sleeps(dev, "resume", -1)
    }

    fn freeze(dev: &Device<Core<'_>>, card: Pin<&Card>) -> Result {
        card.sleeps(dev, "freeze", 1)
    }

    fn thaw(dev: &Device<Core<'_>>, card: Pin<&Card>) -> Result {
        card.sleeps(dev, "thaw", -1)
    }

    fn runtime_idle(dev: &Device<Bound>, card: Pin<&Card>) -> Result {
        card.sleeps(dev, "runtime_idle", 0)
    }

    fn runtime_suspend(dev: &Device<Bound>, card: Pin<&Card>) -> Result {
        card.sleeps(dev, "runtime_suspend", 1)
    }

    fn runtime_resume(dev: &Device<Bound>, card: Pin<&Card>) -> Result {
        card.sleeps(dev, "runtime_resume", -1)
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "sleep",
    description: "says when it sleeps",
    license: "GPL",
}
