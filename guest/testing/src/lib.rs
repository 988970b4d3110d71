// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a driver's tests need in the VM and the standard library lacks, without `unsafe`: they run as root, in an ordinary
//! process, with the driver's module loaded.
mod calls;
mod clients;
mod ioctl;
mod log;
mod memory;
mod module;
mod monitor;
mod sysfs;
mod wait;

pub use calls::Calls;
pub use clients::{file_system, fio, run, verify};
pub use ioctl::{BLKDISCARD, BLKZEROOUT, Ioctl, io, ior, iow, iowr};
pub use log::messages;
pub use memory::{Memory, leaves_nothing};
pub use module::{load, unload};
pub use monitor::Monitor;
pub use sysfs::{bind, driver_devices, unbind};
pub use wait::{wait_for, wait_until};
