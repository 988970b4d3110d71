// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A number of sectors became wider.
typedef unsigned int sector_t;
