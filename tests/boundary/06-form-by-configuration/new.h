// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// spinlock_check() is there only without CONFIG_PREEMPT_RT: the same source, configured in two ways.
struct spinlock {
	int raw;
};

#define CONFIG_PREEMPT_RT 1
#ifndef CONFIG_PREEMPT_RT
static inline int *spinlock_check(struct spinlock *lock)
{
	return &lock->raw;
}
#endif
