// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// Of two variables one went, and the other became wider.
extern unsigned long log_level;
