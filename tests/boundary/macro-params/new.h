// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A macro takes one argument more.
#define for_each_cpu(cpu, mask) for ((cpu) = 0; (cpu) < (mask); (cpu)++)
