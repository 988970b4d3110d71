// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// net: phy: match_phy_device() is given the driver too (v6.16).
struct phy_device {
	int id;
};
struct phy_driver;

struct phy_driver {
	int (*match_phy_device)(struct phy_device *phydev);
};
