// SPDX-License-Identifier: GPL-2.0
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

__rust_helper void rust_helper_poll_wait(struct file *filp, wait_queue_head_t *wait_address,
					 poll_table *p)
{
	poll_wait(filp, wait_address, p);
}

/*
 * Frees an allocation that starts with its rcu_head. The callback is the kernel's own, so a module
 * may go before it has run.
 */
__rust_helper void rust_helper_kvfree_rcu_head(struct rcu_head *head)
{
	struct kmod_kvfree_rcu {
		struct rcu_head rcu;
	} *ptr = container_of(head, struct kmod_kvfree_rcu, rcu);

	kvfree_rcu(ptr, rcu);
}
