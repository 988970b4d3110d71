// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bus goes, and a driver trait of another subsystem comes: they have no more than a name in common.
pub mod i2c {
    pub trait Driver {
        fn probe(address: u16);
    }
}
