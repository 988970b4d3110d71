// SPDX-License-Identifier: GPL-2.0
//! C: `((struct info *)id->driver_data)->ports`, for an id that was added through sysfs and has none
pub struct Info {
    pub ports: u32,
}

pub fn ports(info: Option<&Info>) -> u32 {
    return info.ports; //- //~ no field `ports` on type `Option<&Info>`
    info.map_or(1, |info| info.ports)
}
