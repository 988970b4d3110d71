// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::i2c;

pub struct Sensor;

impl i2c::Driver for Sensor {
    fn probe(_address: u16) {}
}
