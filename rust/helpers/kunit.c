// SPDX-License-Identifier: GPL-2.0
#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/kthread.h>

__rust_helper struct task_struct *rust_helper_kunit_thread(int (*run)(void *data), void *data)
{
	return kthread_run(run, data, "kunit");
}

/*
 * Not marked __noreturn, and with a condition that always holds: where objtool sees the whole module it would find that the
 * helper does not return and the trap after the call is dead code; where it sees one object it wants the trap.
 */
__rust_helper void rust_helper_kunit_exit(struct completion *done)
{
	/* Renamed by "exit: Rename complete_and_exit to kthread_complete_and_exit" (v5.17). */
#if KMOD_HAS(fn, kthread_complete_and_exit)
	if (done)
		kthread_complete_and_exit(done, 0);
#else
	if (done)
		complete_and_exit(done, 0);
#endif
}
