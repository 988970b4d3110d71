// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A name in a device table grew.
struct device_id {
	char name[32];
};
