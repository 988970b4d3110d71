// SPDX-License-Identifier: GPL-2.0
#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/kthread.h>

__rust_helper struct task_struct *rust_helper_kunit_thread(int (*run)(void *data), void *data)
{
	return kthread_run(run, data, "kunit");
}

/* Not marked __noreturn: objtool does not know that of a helper, and the Rust side ends in a trap. */
__rust_helper void rust_helper_kunit_exit(struct completion *done)
{
	/* Renamed by "exit: Rename complete_and_exit to kthread_complete_and_exit" (v5.17). */
#if KMOD_HAS(fn, kthread_complete_and_exit)
	kthread_complete_and_exit(done, 0);
#else
	complete_and_exit(done, 0);
#endif
}
