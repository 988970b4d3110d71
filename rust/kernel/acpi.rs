// SPDX-License-Identifier: GPL-2.0

//! ACPI: the ids by which drivers find devices.
//!
//! C header: [`include/linux/mod_devicetable.h`](srctree/include/linux/mod_devicetable.h)
//!
//! All kernels have the C side. See [`platform`](crate::platform) for how a driver uses a table.
//!
//! # Examples
//!
//! ```
//! use kernel::{acpi, device_id::IdTable as _};
//!
//! kernel::acpi_device_table!(BUTTONS, u32, [
//!     (acpi::DeviceId::new(c"PNP0C0C"), 1),
//!     (acpi::DeviceId::new(c"PNP0C0E"), 2),
//! ]);
//!
//! const TABLE: acpi::IdTable<u32> = &BUTTONS;
//! assert!(!TABLE.as_ptr().is_null());
//! ```

use crate::{
    device_id::{RawDeviceId, RawDeviceIdIndex},
    prelude::*,
};
use core::mem::offset_of;

/// A driver's table of ACPI ids.
pub type IdTable<T> = &'static dyn crate::device_id::IdTable<DeviceId, T>;

/// An ACPI hardware id.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::acpi_device_id);

// SAFETY: `DeviceId` is a transparent wrapper around `struct acpi_device_id`, a table of which ends with zeros.
unsafe impl RawDeviceId for DeviceId {
    type RawType = bindings::acpi_device_id;
}

// SAFETY: `driver_data` is a `kernel_ulong_t`, for the driver.
unsafe impl RawDeviceIdIndex for DeviceId {
    const DRIVER_DATA_OFFSET: usize = offset_of!(bindings::acpi_device_id, driver_data);
}

impl DeviceId {
    /// The id `id`, which must be short enough for the C structure, as ids are.
    #[inline(always)]
    pub const fn new(id: &'static CStr) -> Self {
        let src = id.to_bytes();
        let mut acpi: bindings::acpi_device_id = pin_init::zeroed();
        build_assert!(src.len() < acpi.id.len(), "the id is too long");

        let mut i = 0;
        while i < src.len() {
            acpi.id[i] = src[i];
            i += 1;
        }
        Self(acpi)
    }
}

/// Defines a driver's table of ACPI ids: its name, the type of the data, and pairs of id and data.
#[macro_export]
macro_rules! acpi_device_table {
    ($table_name:ident, $id_info_type:ty, $table_data:tt $(,)?) => {
        $crate::module_device_table!("acpi", $table_name, $crate::acpi::DeviceId, $id_info_type, $table_data);
    };
}
