// SPDX-License-Identifier: GPL-2.0
#include <linux/cpu.h>
#include <linux/cpufreq.h>
#include <linux/pm_opp.h>

#ifdef CONFIG_CPU_FREQ
/* The inline function cpufreq_register_em_with_opp(), which came with v5.15. */
__rust_helper void rust_helper_cpufreq_register_em_with_opp(struct cpufreq_policy *policy)
{
	dev_pm_opp_of_register_em(get_cpu_device(policy->cpu), policy->related_cpus);
}
#endif
