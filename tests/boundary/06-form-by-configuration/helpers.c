// SPDX-License-Identifier: MIT OR Apache-2.0
int *rust_helper_spinlock_check(struct spinlock *lock)
{
	return spinlock_check(lock);
}
