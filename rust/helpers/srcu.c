// SPDX-License-Identifier: GPL-2.0
#include <linux/srcu.h>

/* What init_srcu_struct() does, with a class and a name given. */
__rust_helper int rust_helper_init_srcu_struct_with_key(struct srcu_struct *ssp, const char *name,
							struct lock_class_key *key)
{
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	return __init_srcu_struct(ssp, name, key);
#else
	return init_srcu_struct(ssp);
#endif
}

__rust_helper int rust_helper_srcu_read_lock(struct srcu_struct *ssp)
{
	return srcu_read_lock(ssp);
}

__rust_helper void rust_helper_srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	srcu_read_unlock(ssp, idx);
}

__rust_helper void rust_helper_synchronize_srcu_expedited(struct srcu_struct *ssp)
{
	synchronize_srcu_expedited(ssp);
}
