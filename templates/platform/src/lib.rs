// SPDX-License-Identifier: GPL-2.0
//! A driver for a device that the firmware describes.
#![no_std]

use kernel::{acpi, device::Core, platform, prelude::*, sync::aref::ARef};

/// Lives while the driver is bound to a device.
struct MyDriver {
    pdev: ARef<platform::Device>,
}

/// What the driver knows of each kind of device.
struct Model(&'static str);

kernel::acpi_device_table!(
    ACPI_TABLE,
    <MyDriver as platform::Driver>::IdInfo,
    [(acpi::DeviceId::new(c"KMOD0001"), Model("first"))]
);

impl platform::Driver for MyDriver {
    type IdInfo = Model;
    type Data<'bound> = Self;

    const ACPI_ID_TABLE: Option<acpi::IdTable<Self::IdInfo>> = Some(&ACPI_TABLE);

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        let Model(name) = info.ok_or(ENODEV)?;
        dev_info!(pdev, "bound, model {}\n", name);
        Ok(Self { pdev: pdev.into() })
    }
}

impl Drop for MyDriver {
    fn drop(&mut self) {
        dev_info!(self.pdev, "unbound\n");
    }
}

kernel::module_platform_driver! {
    type: MyDriver,
    name: "my_driver",
    authors: ["me"],
    description: "Drives a device that the firmware describes",
    license: "GPL",
}
