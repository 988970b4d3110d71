// SPDX-License-Identifier: GPL-2.0
#include <linux/lockdep.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

__rust_helper bool rust_helper_queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work(wq, work);
}

__rust_helper bool rust_helper_queue_delayed_work(struct workqueue_struct *wq,
						  struct delayed_work *dwork,
						  unsigned long delay)
{
	return queue_delayed_work(wq, dwork, delay);
}

/* What INIT_WORK() does, with a class and a name given. */
__rust_helper void rust_helper_init_work_with_key(struct work_struct *work, work_func_t func,
						  const char *name, struct lock_class_key *key)
{
	__init_work(work, false);
	work->data = (atomic_long_t)WORK_DATA_INIT();
	lockdep_init_map(&work->lockdep_map, name, key, 0);
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
}

/* What INIT_DELAYED_WORK() does to the timer, with a class and a name given. */
__rust_helper void rust_helper_init_delayed_work_timer(struct delayed_work *dwork, const char *name,
						       struct lock_class_key *key)
{
#if KMOD_HAS(fn, timer_init_key)
	timer_init_key(&dwork->timer, delayed_work_timer_fn, TIMER_IRQSAFE, name, key);
#else
	init_timer_key(&dwork->timer, delayed_work_timer_fn, TIMER_IRQSAFE, name, key);
#endif
}
