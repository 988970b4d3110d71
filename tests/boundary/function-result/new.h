// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A function that could not fail says so; one caller looks, the other does not.
void driver_stop(int id);
void driver_halt(int id);
typedef long ssize_t;
ssize_t driver_count(void);
