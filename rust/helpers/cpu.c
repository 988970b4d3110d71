// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/smp.h>

/* A variable or a constant, by configuration. */
__rust_helper unsigned int rust_helper_nr_cpu_ids(void)
{
	return nr_cpu_ids;
}

__rust_helper unsigned int rust_helper_raw_smp_processor_id(void)
{
	return raw_smp_processor_id();
}
