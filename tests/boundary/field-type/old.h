// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A counter became wider.
struct stats {
	unsigned int packets;
};
