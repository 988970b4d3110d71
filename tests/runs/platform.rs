// SPDX-License-Identifier: GPL-2.0
//! C: a platform driver's `dev_groups` and `pm`, which are called for a device whose `probe()` failed, or after `remove()`
//!
//! The device does not want to sleep, so the system stays awake. Then a hibernation, which makes its image of the memory and, as there
//! is no swap, has nowhere to write it. The file in sysfs counts; it goes with the driver.
//@ --device
//@ acpi:LNUXBEEF
//@ --exec
//@ cd /sys/bus/platform/devices/LNUXBEEF:00; cat sleeps; echo freeze >/sys/power/state 2>/dev/null || echo it stays awake; echo shutdown >/sys/power/disk; echo disk >/sys/power/state 2>/dev/null; cat sleeps; echo 40 >sleeps; cat sleeps; echo LNUXBEEF:00 >driver/unbind; ls sleeps 2>&1; true
//~ slept 0 times
//~ suspend is refused
//~ it stays awake
//~ freeze
//~ thaw
//~ slept 1 times
//~ slept 40 times
//~ unbound
//~ ls: sleeps: No such file or directory
use kernel::{
    acpi,
    device::{pm, Core, Device},
    platform,
    prelude::*,
    str::parse_int::ParseInt,
    sync::atomic::{Atomic, Relaxed},
    sysfs::Groups,
};

struct Driver;

struct Data {
    sleeps: Atomic<u32>,
}

kernel::acpi_device_table!(TABLE, (), [(acpi::DeviceId::new(c"LNUXBEEF"), ())]);

kernel::attribute_groups!(
    GROUPS,
    platform::Adapter<Driver>,
    [[rw(
        c"sleeps",
        |_, data, page| page.emit(fmt!("slept {} times", data.sleeps.load(Relaxed))),
        |_, data, text| {
            data.sleeps.store(u32::from_str(text)?, Relaxed);
            Ok(())
        },
    )]]
);

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Data;
    const ACPI_ID_TABLE: Option<acpi::IdTable<()>> = Some(&TABLE);
    const DEV_GROUPS: Groups<platform::Adapter<Self>> = GROUPS;
    const PM_OPS: pm::Ops<platform::Adapter<Self>> = pm::Ops::new::<Self>();

    fn probe<'bound>(
        _dev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Data, Error> + 'bound {
        Ok(Data { sleeps: Atomic::new(0) })
    }

    fn unbind<'bound>(dev: &'bound platform::Device<Core<'_>>, _data: Pin<&Data>) {
        dev_info!(dev, "unbound\n");
    }
}

#[vtable]
impl pm::Operations<platform::Adapter<Self>> for Driver {
    fn suspend(dev: &Device<Core<'_>>, _data: Pin<&Data>) -> Result {
        dev_info!(dev, "suspend is refused\n");
        Err(EBUSY)
    }

    fn freeze(dev: &Device<Core<'_>>, data: Pin<&Data>) -> Result {
        dev_info!(dev, "freeze\n");
        data.sleeps.add(1, Relaxed);
        Ok(())
    }

    fn thaw(dev: &Device<Core<'_>>, _data: Pin<&Data>) -> Result {
        dev_info!(dev, "thaw\n");
        Ok(())
    }
}

kernel::module_platform_driver! {
    type: Driver,
    name: "platform",
    description: "says when it sleeps, and how often",
    license: "GPL",
}
