// SPDX-License-Identifier: GPL-2.0

//! Networking.
//!
//! C headers: those named by the modules below.
//!
//! Available on every supported kernel, except for what the modules below say.

pub mod netlink;
#[cfg(CONFIG_PHYLIB)]
pub mod phy;
