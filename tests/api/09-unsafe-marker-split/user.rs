// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::device_id::RawDeviceId;

pub struct Id(pub u32);

// SAFETY: It is one number.
unsafe impl RawDeviceId for Id {
    const OFFSET: usize = 0;
}
