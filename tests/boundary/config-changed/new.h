// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// Only the configuration changed.
extern int unused;
