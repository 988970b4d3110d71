// SPDX-License-Identifier: GPL-2.0
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

#if KMOD_HAS(fn, local_interrupt_disable)

#define kmod_interrupt_disable() local_interrupt_disable()
#define kmod_interrupt_enable() local_interrupt_enable()

#else

/*
 * How often interrupts have been turned off on this processor, and what they were before the first
 * time. Between the first and the last nobody else runs here but NMI handlers, which leave both as
 * they found them.
 */
struct kmod_interrupt_state {
	unsigned long depth;
	unsigned long flags;
};

static DEFINE_PER_CPU(struct kmod_interrupt_state, kmod_interrupt_state);

static void kmod_interrupt_disable(void)
{
	struct kmod_interrupt_state *state;
	unsigned long flags;

	local_irq_save(flags);
	state = this_cpu_ptr(&kmod_interrupt_state);
	if (!state->depth)
		state->flags = flags;
	state->depth++;
}

static void kmod_interrupt_enable(void)
{
	struct kmod_interrupt_state *state = this_cpu_ptr(&kmod_interrupt_state);
	unsigned long flags = state->flags;

	if (!--state->depth)
		local_irq_restore(flags);
}

#endif

__rust_helper void rust_helper_local_interrupt_disable(void)
{
	kmod_interrupt_disable();
}

__rust_helper void rust_helper_local_interrupt_enable(void)
{
	kmod_interrupt_enable();
}

__rust_helper void rust_helper_lockdep_assert_irqs_disabled(void)
{
	lockdep_assert_irqs_disabled();
}

#if defined(CONFIG_PREEMPT_RT)

/* A spinlock_t is a sleeping lock there, and leaves interrupts on. */
__rust_helper void rust_helper_spin_lock_irq_disable(spinlock_t *lock)
{
	spin_lock(lock);
}

__rust_helper int rust_helper_spin_trylock_irq_disable(spinlock_t *lock)
{
	return spin_trylock(lock);
}

__rust_helper void rust_helper_spin_unlock_irq_enable(spinlock_t *lock)
{
	spin_unlock(lock);
}

#else

__rust_helper void rust_helper_spin_lock_irq_disable(spinlock_t *lock)
{
	kmod_interrupt_disable();
	spin_lock(lock);
}

__rust_helper int rust_helper_spin_trylock_irq_disable(spinlock_t *lock)
{
	kmod_interrupt_disable();
	if (spin_trylock(lock))
		return 1;
	kmod_interrupt_enable();
	return 0;
}

__rust_helper void rust_helper_spin_unlock_irq_enable(spinlock_t *lock)
{
	/* As spin_unlock_irqrestore(): preemption comes when interrupts are on again. */
	preempt_disable();
	spin_unlock(lock);
	kmod_interrupt_enable();
	preempt_enable();
}

#endif
