// SPDX-License-Identifier: MIT OR Apache-2.0
int rust_helper_for_each_cpu(void)
{
	int cpu;

	for_each_cpu(cpu)
		;
	return cpu;
}
