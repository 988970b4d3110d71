// SPDX-License-Identifier: GPL-2.0
#include <linux/cred.h>
#include <linux/freezer.h>
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uidgid.h>

__rust_helper struct task_struct *rust_helper_get_current(void)
{
	return current;
}

__rust_helper void rust_helper_get_task_struct(struct task_struct *t)
{
	get_task_struct(t);
}

__rust_helper void rust_helper_put_task_struct(struct task_struct *t)
{
	put_task_struct(t);
}

__rust_helper kuid_t rust_helper_task_uid(struct task_struct *task)
{
	return task_uid(task);
}

__rust_helper int rust_helper_signal_pending(struct task_struct *t)
{
	return signal_pending(t);
}

__rust_helper kuid_t rust_helper_current_euid(void)
{
	return current_euid();
}

__rust_helper struct user_namespace *rust_helper_current_user_ns(void)
{
	return current_user_ns();
}

__rust_helper uid_t rust_helper_from_kuid(struct user_namespace *to, kuid_t uid)
{
	return from_kuid(to, uid);
}

__rust_helper bool rust_helper_uid_eq(kuid_t left, kuid_t right)
{
	return uid_eq(left, right);
}

__rust_helper pid_t rust_helper_task_tgid_nr_ns(struct task_struct *tsk, struct pid_namespace *ns)
{
	return task_tgid_nr_ns(tsk, ns);
}

/* The caller gets a reference. */
__rust_helper struct pid_namespace *rust_helper_task_get_pid_ns(struct task_struct *task)
{
	struct pid_namespace *ns;

	rcu_read_lock();
	ns = task_active_pid_ns(task);
	if (ns)
		get_pid_ns(ns);
	rcu_read_unlock();
	return ns;
}

__rust_helper void rust_helper_might_sleep(void)
{
	might_sleep();
}

/*
 * schedule() for a task that set TASK_FREEZABLE. Before that state existed (v6.1) the freezer was
 * told by a task flag.
 */
__rust_helper void rust_helper_schedule_freezable(void)
{
#if KMOD_HAS(macro, TASK_FREEZABLE)
	schedule();
#else
	freezable_schedule();
#endif
}
