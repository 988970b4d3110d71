// SPDX-License-Identifier: GPL-2.0
//! Files in the device's folder in sysfs: there while the driver is.
use crate::EduDriver;
use kernel::{pci, prelude::*, str::parse_int::ParseInt};

kernel::attribute_groups!(pub(crate) GROUPS, pci::Adapter<EduDriver>, [
    [
        // Which version of the device it is.
        ro(c"version", |_dev, edu, page| {
            let (major, minor) = edu.engine.version()?;
            page.emit(fmt!("{major}.{minor}"))
        }),
        // Holds the complement of what was written last: the device computes it.
        rw(
            c"alive",
            |_dev, edu, page| page.emit(fmt!("{:#010x}", edu.engine.alive()?)),
            |_dev, edu, text| edu.engine.prove_alive(u32::from_str(text)?),
        ),
        // How many operations the device has ended.
        ro(c"operations", |_dev, edu, page| page.emit(fmt!("{}", edu.engine.operations()))),
    ],
]);
