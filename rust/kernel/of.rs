// SPDX-License-Identifier: GPL-2.0

//! Devicetree (Open Firmware): the ids by which drivers find devices.
//!
//! C header: [`include/linux/mod_devicetable.h`](srctree/include/linux/mod_devicetable.h)
//!
//! All kernels have the C side; those without `CONFIG_OF` find no device this way. See [`platform`](crate::platform)
//! for how a driver uses a table.
//!
//! # Examples
//!
//! ```
//! use kernel::{device_id::IdTable as _, of};
//!
//! kernel::of_device_table!(SENSORS, u32, [
//!     (of::DeviceId::new(c"vendor,sensor-v1"), 1),
//!     (of::DeviceId::new(c"vendor,sensor-v2"), 2),
//! ]);
//!
//! const TABLE: of::IdTable<u32> = &SENSORS;
//! assert!(!TABLE.as_ptr().is_null());
//! ```

use crate::{
    device_id::{RawDeviceId, RawDeviceIdIndex},
    prelude::*,
};
use core::mem::offset_of;

/// A driver's table of devicetree ids.
pub type IdTable<T> = &'static dyn crate::device_id::IdTable<DeviceId, T>;

/// A `compatible` string.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::of_device_id);

// SAFETY: `DeviceId` is a transparent wrapper around `struct of_device_id`, a table of which ends with zeros.
unsafe impl RawDeviceId for DeviceId {
    type RawType = bindings::of_device_id;
}

// SAFETY: `data` is a pointer, for the driver.
unsafe impl RawDeviceIdIndex for DeviceId {
    const DRIVER_DATA_OFFSET: usize = offset_of!(bindings::of_device_id, data);
}

impl DeviceId {
    /// Devices that say they are `compatible`, which must be short enough for the C structure, as such strings are.
    #[inline(always)]
    pub const fn new(compatible: &'static CStr) -> Self {
        let src = compatible.to_bytes();
        let mut of: bindings::of_device_id = pin_init::zeroed();
        build_assert!(src.len() < of.compatible.len(), "the string is too long");

        let mut i = 0;
        while i < src.len() {
            of.compatible[i] = src[i];
            i += 1;
        }
        Self(of)
    }
}

/// Defines a driver's table of devicetree ids: its name, the type of the data, and pairs of id and data.
#[macro_export]
macro_rules! of_device_table {
    ($table_name:ident, $id_info_type:ty, $table_data:tt $(,)?) => {
        $crate::module_device_table!("of", $table_name, $crate::of::DeviceId, $id_info_type, $table_data);
    };
}
