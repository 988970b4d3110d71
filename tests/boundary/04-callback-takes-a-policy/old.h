// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// cpufreq: update_limits() is given the policy instead of the number of a CPU (v6.16).
struct cpufreq_policy {
	unsigned int cpu;
};

struct cpufreq_driver {
	void (*update_limits)(unsigned int cpu);
};
