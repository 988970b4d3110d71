// SPDX-License-Identifier: GPL-2.0
//! An MDIO bus of two PHYs, which are a few registers: no machine of QEMU's has one that Linux drives by a PHY driver.
//!
//! PHY 0 is an AX88796B by clause 22; whoever drives it is asked to start it, with the link up at 100 Mbit/s. PHY 1 is a QT2025
//! by clause 45; it counts the firmware that it is given, and runs it.
use core::{
    ffi::c_int,
    ptr::{null_mut, NonNull},
};
use kernel::{
    bindings,
    error::{from_err_ptr, to_result},
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

/// The registers of clause 22, 0 to 5: control, status (100 Mbit/s, negotiated, link up), identifier, what each side offers.
static REGISTERS: [Atomic<u32>; 6] = [
    Atomic::new(0x3100),
    Atomic::new(0x782d),
    Atomic::new(0x003b),
    Atomic::new(0x1841),
    Atomic::new(0x01e1),
    Atomic::new(0x41e1),
];
const RESET_AND_RESTART: u16 = bindings::BMCR_RESET as u16 | bindings::BMCR_ANRESTART as u16;

/// How much firmware came, and whether it runs.
static FIRMWARE: Atomic<u32> = Atomic::new(0);
static RUNS: Atomic<u32> = Atomic::new(0);

unsafe extern "C" fn read(_bus: *mut bindings::mii_bus, phy: c_int, register: c_int) -> c_int {
    match (phy, register as usize) {
        (0, register) => REGISTERS.get(register).map_or(0, |r| r.load(Relaxed) as c_int),
        #[cfg(not(kmod_has = "field:mii_bus.read_c45"))]
        (1, _) => read_45(register >> 16 & 0x1f, register & 0xffff),
        _ => 0xffff,
    }
}

unsafe extern "C" fn write(_bus: *mut bindings::mii_bus, phy: c_int, register: c_int, value: u16) -> c_int {
    match (phy, register as usize) {
        (0, 0) => {
            pr_info!("control: {value:#06x}\n");
            REGISTERS[0].store((value & !RESET_AND_RESTART).into(), Relaxed);
        }
        #[cfg(not(kmod_has = "field:mii_bus.read_c45"))]
        (1, _) => write_45(register >> 16 & 0x1f, register & 0xffff, value),
        _ => {}
    }
    0
}

// Since v6.3 accesses by clause 45 have callbacks of their own.
#[cfg(kmod_has = "field:mii_bus.read_c45")]
unsafe extern "C" fn read_c45(_bus: *mut bindings::mii_bus, _phy: c_int, device: c_int, register: c_int) -> c_int {
    read_45(device, register)
}

#[cfg(kmod_has = "field:mii_bus.read_c45")]
unsafe extern "C" fn write_c45(
    _bus: *mut bindings::mii_bus,
    _phy: c_int,
    device: c_int,
    register: c_int,
    value: u16,
) -> c_int {
    write_45(device, register, value);
    0
}

fn read_45(device: c_int, register: c_int) -> c_int {
    match (device, register) {
        (1 | 3 | 4, 2) => 0x0043,
        (1 | 3 | 4, 3) => 0xa400,
        // The devices 1, 3 and 4; that this one is there.
        (1 | 3 | 4, 5) => 0b11010,
        (1 | 3 | 4, 8) => 0x8000,
        // The revision, and whether the microcontroller runs.
        (1, 0xd001) => 0xb300,
        (3, 0xd7fd) => (RUNS.load(Relaxed) << 5) as c_int,
        _ => 0,
    }
}

fn write_45(device: c_int, register: c_int, value: u16) {
    match (device, register, value) {
        (3, 0x8000..=0xbfff, _) | (4, 0x8000..=0x9fff, _) => drop(FIRMWARE.fetch_add(1, Relaxed)),
        (3, 0xe854, 0x40) => {
            RUNS.store(1, Relaxed);
            pr_info!("{} bytes of firmware run\n", FIRMWARE.load(Relaxed));
        }
        _ => {}
    }
}

unsafe extern "C" fn link_change(phy: *mut bindings::phy_device, up: bool) {
    // SAFETY: phylib calls with the PHY locked.
    let (speed, duplex) = unsafe { ((*phy).speed, (*phy).duplex) };
    pr_info!("link {}, {speed} Mbit/s, duplex {duplex}\n", if up { "up" } else { "down" });
}

struct Phy {
    device: NonNull<bindings::phy_device>,
    started: bool,
}

impl Phy {
    /// Has the PHY at this address found and registered, which binds its driver.
    fn new(bus: *mut bindings::mii_bus, address: c_int, c45: bool) -> Result<Self> {
        // SAFETY: The bus is registered.
        let device = from_err_ptr(unsafe { bindings::get_phy_device(bus, address, c45) })?;
        let mut phy = Self { device: NonNull::new(device).ok_or(ENODEV)?, started: false };
        // SAFETY: It was just made and is registered once.
        to_result(unsafe { bindings::phy_device_register(device) })?;
        // SAFETY: It is registered, so its device is set up; only this module attaches to it.
        unsafe {
            if address == 0 && !(*device).mdio.dev.driver.is_null() {
                let mode = bindings::phy_interface_t_PHY_INTERFACE_MODE_MII;
                to_result(bindings::phy_attach_direct(null_mut(), device, 0, mode))?;
                (*device).phy_link_change = Some(link_change);
                bindings::phy_start(device);
                phy.started = true;
            }
        }
        Ok(phy)
    }
}

impl Drop for Phy {
    fn drop(&mut self) {
        // SAFETY: `new` registered it, and attached and started it if `started`; it was not removed since.
        unsafe {
            if self.started {
                bindings::phy_stop(self.device.as_ptr());
                bindings::phy_detach(self.device.as_ptr());
            }
            bindings::phy_device_remove(self.device.as_ptr());
            bindings::phy_device_free(self.device.as_ptr());
        }
    }
}

struct Bus(NonNull<bindings::mii_bus>);

impl Bus {
    fn new() -> Result<Self> {
        // SAFETY: Any size is.
        let bus = NonNull::new(unsafe { bindings::mdiobus_alloc_size(0) }).ok_or(ENOMEM)?;
        // SAFETY: It was just allocated, and the functions have the signatures that it wants. Without an owner: who attaches a PHY
        // must not keep this module loaded.
        let registered = unsafe {
            let raw = bus.as_ptr();
            (*raw).name = c"mock".as_ptr().cast();
            (&mut (*raw).id)[..4].copy_from_slice(b"mock");
            (*raw).read = Some(read);
            (*raw).write = Some(write);
            #[cfg(kmod_has = "field:mii_bus.read_c45")]
            {
                (*raw).read_c45 = Some(read_c45);
                (*raw).write_c45 = Some(write_c45);
            }
            (*raw).phy_mask = !0;
            to_result(bindings::__mdiobus_register(raw, null_mut()))
        };
        registered.map(|()| Self(bus)).inspect_err(|_| {
            // SAFETY: It was allocated above, and is not registered.
            unsafe { bindings::mdiobus_free(bus.as_ptr()) }
        })
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // SAFETY: It is registered, and its PHYs are gone.
        unsafe {
            bindings::mdiobus_unregister(self.0.as_ptr());
            bindings::mdiobus_free(self.0.as_ptr());
        }
    }
}

struct Mock {
    _phys: [Phy; 2],
    _bus: Bus,
}

// SAFETY: phylib has locks of its own.
unsafe impl Send for Mock {}
// SAFETY: As above.
unsafe impl Sync for Mock {}

impl kernel::Module for Mock {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let bus = Bus::new()?;
        let phy = |address, c45| Phy::new(bus.0.as_ptr(), address, c45);
        Ok(Self { _phys: [phy(0, false)?, phy(1, true)?], _bus: bus })
    }
}

module! {
    type: Mock,
    name: "mii_bus",
    description: "an MDIO bus with two PHYs of memory",
    license: "GPL",
}
