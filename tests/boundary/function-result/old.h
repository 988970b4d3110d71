// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A function that could not fail says so; one caller looks, the other does not.
int driver_stop(int id);
int driver_halt(int id);
long driver_count(void);
