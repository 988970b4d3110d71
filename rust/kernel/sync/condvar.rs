// SPDX-License-Identifier: GPL-2.0
//! Waiting, with a lock given back meanwhile, for a condition that the lock protects.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)
//!
//! Available on every supported kernel. 5.10 has no freezable task state: there,
//! [`wait_interruptible_freezable`](CondVar::wait_interruptible_freezable) has the freezer skip the task for as long as
//! it sleeps.

use super::{lock::Backend, lock::Guard, LockClassKey};
use crate::{
    ffi::c_int,
    str::{CStr, CStrExt as _},
    task::{MAX_SCHEDULE_TIMEOUT, TASK_FREEZABLE, TASK_INTERRUPTIBLE, TASK_NORMAL, TASK_UNINTERRUPTIBLE},
    time::Jiffies,
    types::Opaque,
};
use core::{marker::PhantomPinned, pin::Pin, ptr};
use pin_init::{pin_data, pin_init, PinInit};

/// Makes a [`CondVar`] with a lock class of its own, named after the place in the source unless a name is given.
#[macro_export]
macro_rules! new_condvar {
    ($($name:literal)?) => {
        $crate::sync::CondVar::new($crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}
pub use new_condvar;

/// A condition variable.
///
/// A wait may end without a notification, so it belongs in a loop that looks at the condition.
///
/// # Examples
///
/// ```
/// use kernel::sync::{new_condvar, new_mutex, CondVar, Mutex};
///
/// #[pin_data]
/// struct Mailbox {
///     #[pin]
///     letter: Mutex<Option<u32>>,
///     #[pin]
///     arrived: CondVar,
/// }
///
/// fn send(mailbox: &Mailbox, letter: u32) {
///     *mailbox.letter.lock() = Some(letter);
///     mailbox.arrived.notify_one();
/// }
///
/// fn receive(mailbox: &Mailbox) -> u32 {
///     let mut guard = mailbox.letter.lock();
///     loop {
///         if let Some(letter) = guard.take() {
///             return letter;
///         }
///         mailbox.arrived.wait(&mut guard);
///     }
/// }
///
/// let mailbox = KBox::pin_init(
///     pin_init!(Mailbox {
///         letter <- new_mutex!(None),
///         arrived <- new_condvar!(),
///     }),
///     GFP_KERNEL,
/// )?;
/// send(&mailbox, 5);
/// assert_eq!(receive(&mailbox), 5);
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct CondVar {
    #[pin]
    pub(crate) wait_queue_head: Opaque<bindings::wait_queue_head>,

    // The C object contains a list of waiters, which point back to it.
    #[pin]
    _pin: PhantomPinned,
}

// SAFETY: It has no tie to a thread.
unsafe impl Send for CondVar {}

// SAFETY: `struct wait_queue_head` has a lock of its own.
unsafe impl Sync for CondVar {}

impl CondVar {
    /// Makes a condition variable.
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            _pin: PhantomPinned,
            // SAFETY: `slot` is memory for a wait queue, and stays where it is; name and key are `'static`.
            wait_queue_head <- Opaque::ffi_init(|slot| unsafe {
                bindings::__init_waitqueue_head(slot, name.as_char_ptr(), key.as_ptr())
            }),
        })
    }

    /// Gives the lock back, runs `sleep` as a waiter in `wait_state`, and takes the lock again.
    fn wait_internal<T: ?Sized, B: Backend, R>(
        &self,
        wait_state: c_int,
        guard: &mut Guard<'_, T, B>,
        sleep: impl FnOnce() -> R,
    ) -> R {
        let wait = Opaque::<bindings::wait_queue_entry>::uninit();

        // SAFETY: `wait` is memory for an entry.
        unsafe { bindings::init_wait(wait.get()) };

        // SAFETY: Both have been initialised; `finish_wait` takes `wait` off the queue before it goes out of scope.
        unsafe { bindings::prepare_to_wait_exclusive(self.wait_queue_head.get(), wait.get(), wait_state) };

        let left = guard.do_unlocked(sleep);

        // SAFETY: Both have been initialised.
        unsafe { bindings::finish_wait(self.wait_queue_head.get(), wait.get()) };

        left
    }

    /// Gives the lock back, sleeps until notified, and takes the lock again.
    pub fn wait<T: ?Sized, B: Backend>(&self, guard: &mut Guard<'_, T, B>) {
        // SAFETY: The state is set; sleeping where that is not allowed is a bug that C reports, not undefined.
        self.wait_internal(TASK_UNINTERRUPTIBLE, guard, || unsafe { bindings::schedule() });
    }

    /// As [`wait`](Self::wait), but a signal ends it too; says whether one is pending.
    #[must_use = "wait_interruptible returns if a signal is pending, so the caller must check the return value"]
    pub fn wait_interruptible<T: ?Sized, B: Backend>(&self, guard: &mut Guard<'_, T, B>) -> bool {
        // SAFETY: As in `wait`.
        self.wait_internal(TASK_INTERRUPTIBLE, guard, || unsafe { bindings::schedule() });
        crate::current!().signal_pending()
    }

    /// As [`wait_interruptible`](Self::wait_interruptible), and the task can be frozen for a suspend while it waits.
    #[must_use = "wait_interruptible_freezable returns if a signal is pending, so the caller must check the return value"]
    pub fn wait_interruptible_freezable<T: ?Sized, B: Backend>(&self, guard: &mut Guard<'_, T, B>) -> bool {
        // SAFETY: As in `wait`.
        self.wait_internal(TASK_INTERRUPTIBLE | TASK_FREEZABLE, guard, || unsafe { bindings::schedule_freezable() });
        crate::current!().signal_pending()
    }

    /// As [`wait_interruptible`](Self::wait_interruptible), for `jiffies` at most.
    #[must_use = "wait_interruptible_timeout returns if a signal is pending, so the caller must check the return value"]
    pub fn wait_interruptible_timeout<T: ?Sized, B: Backend>(
        &self,
        guard: &mut Guard<'_, T, B>,
        jiffies: Jiffies,
    ) -> CondVarTimeoutResult {
        // Longer than C can count is as good as for ever.
        let jiffies = jiffies.try_into().unwrap_or(MAX_SCHEDULE_TIMEOUT);
        // SAFETY: As in `wait`.
        let left = self.wait_internal(TASK_INTERRUPTIBLE, guard, || unsafe { bindings::schedule_timeout(jiffies) });

        // `schedule_timeout` never returns less than zero.
        match (left as Jiffies, crate::current!().signal_pending()) {
            (jiffies, true) => CondVarTimeoutResult::Signal { jiffies },
            (0, false) => CondVarTimeoutResult::Timeout,
            (jiffies, false) => CondVarTimeoutResult::Woken { jiffies },
        }
    }

    /// Wakes `count` tasks, or all for zero.
    fn notify(&self, count: c_int) {
        // SAFETY: It has been initialised; C allows no key.
        unsafe { bindings::__wake_up(self.wait_queue_head.get(), TASK_NORMAL, count, ptr::null_mut()) };
    }

    /// Wakes one task, hinting to the scheduler that the caller is about to sleep: the task need not go to another
    /// processor.
    pub fn notify_sync(&self) {
        // SAFETY: It has been initialised.
        unsafe { bindings::__wake_up_sync(self.wait_queue_head.get(), TASK_NORMAL) };
    }

    /// Wakes one of the tasks that wait now, if there is one.
    pub fn notify_one(&self) {
        self.notify(1);
    }

    /// Wakes all tasks that wait now.
    pub fn notify_all(&self) {
        self.notify(0);
    }
}

/// How a [`CondVar::wait_interruptible_timeout`] ended.
pub enum CondVarTimeoutResult {
    /// The time was over.
    Timeout,
    /// It was notified.
    Woken {
        /// The time that was left.
        jiffies: Jiffies,
    },
    /// A signal is pending.
    Signal {
        /// The time that was left.
        jiffies: Jiffies,
    },
}
