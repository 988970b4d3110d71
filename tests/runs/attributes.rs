// SPDX-License-Identifier: GPL-2.0
//! C: `device_create_file()` in probe, and a reader that finds the data freed, or `sprintf()` past the page
//!
//! What an attribute may do: have rights, be in a folder, not be there, be full, fail. Who reads it while the device is unbound
//! keeps the data alive until he has read.
//@ --device
//@ edu
//@ --exec
//@ cd /sys/bus/pci/devices/0000:00:01.0; echo $(stat -c "%a %n" plain secret folder/inner); echo $(cat plain plain_too folder/inner); echo $(ls hidden 2>&1; cat too_long 2>&1; wc -c <full); printf 'two words\n' >secret; (echo x >fails) 2>&1 | tail -c 17; (cat slow) & for n in $(seq 600); do dmesg | grep -q 'slow is read' && break; sleep 0.1; done; echo 0000:00:01.0 >driver/unbind; wait; ls plain 2>&1; true
//~ 444 plain 600 secret 444 folder/inner
//~ a newline is added or is there in a folder
//~ ls: hidden: No such file or directory cat: read error: No space left on device 4095
//~ got "two words"
//~ Invalid argument
//~ the data is here
//~ dropped
//~ ls: plain: No such file or directory
use kernel::{
    device::Core,
    pci,
    prelude::*,
    sysfs::Groups,
    time::{delay::fsleep, Delta},
};

struct Driver;

struct Data(u32);

impl Drop for Data {
    fn drop(&mut self) {
        self.0 = 0;
        pr_info!("dropped\n");
    }
}

kernel::attribute_groups!(GROUPS, pci::Adapter<Driver>, [
    [
        ro(c"plain", |_, _, page| page.emit(fmt!("{} newline is added", "a"))),
        ro(c"plain_too", |_, _, page| page.emit(fmt!("or is there\n"))),
        ro(c"too_long", |_, _, page| page.emit(fmt!("{:5000}", 1))),
        ro(c"full", |_, _, page| page.emit(fmt!("{:4093}", 1)).and_then(|()| page.emit(fmt!("2")))),
        wo(c"secret", |dev, _, text| {
            dev_info!(dev, "got \"{text}\"\n");
            Ok(())
        })
        .mode(0o600),
        wo(c"fails", |_, _, _| Err(EINVAL)),
        ro(c"hidden", |_, _, _| Ok(())).visible(|_, data| data.0 != 42),
        ro(c"slow", |_, data, page| {
            pr_info!("slow is read\n");
            fsleep(Delta::from_millis(1000));
            page.emit(fmt!("{}", if data.0 == 42 { "the data is here" } else { "the data is gone" }))
        }),
    ],
    c"folder": [ro(c"inner", |_, _, page| page.emit(fmt!("in a folder")))],
]);

kernel::pci_device_table!(TABLE, (), [(pci::DeviceId::from_id(pci::Vendor::QEMU, 0x11e8), ())]);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Data;
    const ID_TABLE: pci::IdTable<()> = &TABLE;
    const DEV_GROUPS: Groups<pci::Adapter<Self>> = GROUPS;

    fn probe<'bound>(
        _dev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Data, Error> + 'bound {
        Ok(Data(42))
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "attributes",
    description: "files in sysfs",
    license: "GPL",
}
