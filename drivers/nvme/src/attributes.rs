// SPDX-License-Identifier: GPL-2.0
//! Files in the controller's folder in sysfs, `/sys/bus/pci/devices/ADDRESS`: there while the driver is. Their names are those
//! that C's driver has in `/sys/class/nvme`.
use crate::NvmeDriver;
use kernel::{pci, prelude::*};

kernel::attribute_groups!(pub(crate) GROUPS, pci::Adapter<NvmeDriver>, [
    [
        ro(c"model", |_dev, bound, page| page.emit(fmt!("{}", bound.controller.identity.model()))),
        ro(c"serial", |_dev, bound, page| page.emit(fmt!("{}", bound.controller.identity.serial()))),
        ro(c"firmware_rev", |_dev, bound, page| page.emit(fmt!("{}", bound.controller.identity.firmware()))),
        // `live`, `resetting` or `dead`.
        ro(c"state", |_dev, bound, page| page.emit(fmt!("{}", bound.controller.state_name()))),
    ],
]);
