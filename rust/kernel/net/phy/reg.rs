// SPDX-License-Identifier: GPL-2.0

//! Registers of a PHY, in the two ways in which IEEE 802.3 has them.
//!
//! C headers: [`include/uapi/linux/mii.h`](srctree/include/uapi/linux/mii.h) and
//! [`include/uapi/linux/mdio.h`](srctree/include/uapi/linux/mdio.h)
//!
//! [`C22`] is one of the 32 registers of clause 22; [`C45`] is a register of one of the units of clause 45.
//!
//! # Examples
//!
//! ```
//! use kernel::net::phy::{self, reg::{Mmd, C22, C45}};
//!
//! fn link_partner(dev: &mut phy::Device) -> Result<(u16, u16)> {
//!     Ok((dev.read(C22::LPA)?, dev.read(C45::new(Mmd::AN, 19))?))
//! }
//! # let _ = link_partner;
//! # Ok::<(), Error>(())
//! ```
//!
//! Available where [`phy`](super) is.

use super::Device;
use crate::{
    bindings,
    error::{to_result, Error, Result},
    prelude::*,
};

mod private {
    pub trait Sealed {}
}

/// A register: [`C22`] or [`C45`].
pub trait Register: private::Sealed {
    /// Reads the register.
    fn read(&self, dev: &mut Device) -> Result<u16>;

    /// Writes the register.
    fn write(&self, dev: &mut Device, val: u16) -> Result;

    /// Reads the link's state from the registers of this kind into the device.
    fn read_status(dev: &mut Device) -> Result<u16>;
}

/// The value that a C function returned, if that is not an error.
fn value(ret: c_int) -> Result<u16> {
    u16::try_from(ret).map_err(|_| Error::from_errno(ret))
}

/// A register of clause 22.
// The numbers are those of the standard.
#[derive(Copy, Clone, Debug)]
pub struct C22(u8);

impl C22 {
    /// Basic mode control.
    pub const BMCR: Self = C22(0);
    /// Basic mode status.
    pub const BMSR: Self = C22(1);
    /// First half of the identifier.
    pub const PHYSID1: Self = C22(2);
    /// Second half of the identifier.
    pub const PHYSID2: Self = C22(3);
    /// Auto-negotiation: what is advertised.
    pub const ADVERTISE: Self = C22(4);
    /// Auto-negotiation: what the link partner can do.
    pub const LPA: Self = C22(5);
    /// Auto-negotiation: expansion.
    pub const EXPANSION: Self = C22(6);
    /// Auto-negotiation: next page to send.
    pub const NEXT_PAGE_TRANSMIT: Self = C22(7);
    /// Auto-negotiation: next page that the link partner sent.
    pub const LP_RECEIVED_NEXT_PAGE: Self = C22(8);
    /// Control of who sets the clock.
    pub const MASTER_SLAVE_CONTROL: Self = C22(9);
    /// Status of who sets the clock.
    pub const MASTER_SLAVE_STATUS: Self = C22(10);
    /// Control of power over Ethernet.
    pub const PSE_CONTROL: Self = C22(11);
    /// Status of power over Ethernet.
    pub const PSE_STATUS: Self = C22(12);
    /// Control of the way to the registers of clause 45.
    pub const MMD_CONTROL: Self = C22(13);
    /// Data on the way to the registers of clause 45.
    pub const MMD_DATA: Self = C22(14);
    /// Extended status.
    pub const EXTENDED_STATUS: Self = C22(15);

    /// One of the registers 16 to 31, which are the vendor's.
    pub const fn vendor_specific<const N: u8>() -> Self {
        const { assert!(N > 15 && N < 32, "the vendor's registers are 16 to 31") };
        C22(N)
    }
}

impl private::Sealed for C22 {}

impl Register for C22 {
    fn read(&self, dev: &mut Device) -> Result<u16> {
        let phydev = dev.as_raw();
        // SAFETY: the device is valid, and so is its bus.
        value(unsafe { bindings::mdiobus_read((*phydev).mdio.bus, (*phydev).mdio.addr, self.0.into()) })
    }

    fn write(&self, dev: &mut Device, val: u16) -> Result {
        let phydev = dev.as_raw();
        // SAFETY: the device is valid, and so is its bus.
        to_result(unsafe { bindings::mdiobus_write((*phydev).mdio.bus, (*phydev).mdio.addr, self.0.into(), val) })
    }

    fn read_status(dev: &mut Device) -> Result<u16> {
        // SAFETY: the device is valid, and its lock held.
        value(unsafe { bindings::genphy_read_status(dev.as_raw()) })
    }
}

/// A unit of clause 45, an "MDIO manageable device".
// The numbers are those of the standard.
#[derive(Copy, Clone, Debug)]
pub struct Mmd(u8);

impl Mmd {
    /// Physical medium attachment and dependence.
    pub const PMAPMD: Self = Mmd(1);
    /// WAN interface sublayer.
    pub const WIS: Self = Mmd(2);
    /// Physical coding sublayer.
    pub const PCS: Self = Mmd(3);
    /// PHY extender sublayer.
    pub const PHYXS: Self = Mmd(4);
    /// DTE extender sublayer.
    pub const DTEXS: Self = Mmd(5);
    /// Transmission convergence.
    pub const TC: Self = Mmd(6);
    /// Auto-negotiation.
    pub const AN: Self = Mmd(7);
    /// Separated PMA, first.
    pub const SEPARATED_PMA1: Self = Mmd(8);
    /// Separated PMA, second.
    pub const SEPARATED_PMA2: Self = Mmd(9);
    /// Separated PMA, third.
    pub const SEPARATED_PMA3: Self = Mmd(10);
    /// Separated PMA, fourth.
    pub const SEPARATED_PMA4: Self = Mmd(11);
    /// Physical medium attachment and dependence with orthogonal frequency division.
    pub const OFDM_PMAPMD: Self = Mmd(12);
    /// Power unit.
    pub const POWER_UNIT: Self = Mmd(13);
    /// Extension of clause 22.
    pub const C22_EXT: Self = Mmd(29);
    /// The vendor's, first.
    pub const VEND1: Self = Mmd(30);
    /// The vendor's, second.
    pub const VEND2: Self = Mmd(31);
}

/// A register of clause 45.
pub struct C45 {
    devad: Mmd,
    regnum: u16,
}

impl C45 {
    /// The register `regnum` of the unit `devad`.
    pub fn new(devad: Mmd, regnum: u16) -> Self {
        Self { devad, regnum }
    }
}

impl private::Sealed for C45 {}

impl Register for C45 {
    fn read(&self, dev: &mut Device) -> Result<u16> {
        // SAFETY: the device is valid.
        value(unsafe { bindings::phy_read_mmd(dev.as_raw(), self.devad.0.into(), self.regnum.into()) })
    }

    fn write(&self, dev: &mut Device, val: u16) -> Result {
        // SAFETY: the device is valid.
        to_result(unsafe { bindings::phy_write_mmd(dev.as_raw(), self.devad.0.into(), self.regnum.into(), val) })
    }

    fn read_status(dev: &mut Device) -> Result<u16> {
        // SAFETY: the device is valid, and its lock held.
        value(unsafe { bindings::genphy_c45_read_status(dev.as_raw()) })
    }
}
