// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::device_id::RawDeviceId;

pub fn count<T: RawDeviceId>(table: &[T]) -> usize {
    table.len()
}
