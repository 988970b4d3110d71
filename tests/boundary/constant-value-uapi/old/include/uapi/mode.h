// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// User space passes this number.
#define MODE_FAST 1
