// SPDX-License-Identifier: GPL-2.0
//! Tasks: threads and processes.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{sync::aref::ARef, task::Task};
//!
//! // The task may outlive the call, but not as "the current one".
//! let opener: ARef<Task> = ARef::from(&**current!());
//! assert_eq!(opener.tgid(), current!().tgid());
//! assert!(opener == ARef::from(&**current!()));
//! ```
//!
//! Available on every supported kernel.

use crate::{
    ffi::{c_int, c_long, c_uint},
    mm::MmWithUser,
    pid_namespace::PidNamespace,
    sync::aref::{ARef, AlwaysRefCounted},
    types::{NotThreadSafe, Opaque},
};
use core::{ops::Deref, ptr};

/// Sleep without a limit.
pub const MAX_SCHEDULE_TIMEOUT: c_long = c_long::MAX;

/// The task sleeps until a wake-up or a signal.
pub const TASK_INTERRUPTIBLE: c_int = bindings::TASK_INTERRUPTIBLE as c_int;
/// The task sleeps until a wake-up.
pub const TASK_UNINTERRUPTIBLE: c_int = bindings::TASK_UNINTERRUPTIBLE as c_int;
/// The task may be frozen while it sleeps; nothing before v6.1, where the freezer had a task flag instead of a state.
#[cfg(kmod_has = "macro:TASK_FREEZABLE")]
pub const TASK_FREEZABLE: c_int = bindings::TASK_FREEZABLE as c_int;
/// The task may be frozen while it sleeps; nothing before v6.1, where the freezer had a task flag instead of a state.
#[cfg(not(kmod_has = "macro:TASK_FREEZABLE"))]
pub const TASK_FREEZABLE: c_int = 0;
/// Both kinds of sleep.
pub const TASK_NORMAL: c_uint = bindings::TASK_NORMAL as c_uint;

/// The task that runs this code, as something that derefs to `&CurrentTask`.
///
/// # Examples
///
/// ```
/// let pid = current!().pid();
/// let leader = current!().group_leader().pid();
/// # let _ = (pid, leader);
/// ```
#[macro_export]
macro_rules! current {
    () => {
        // SAFETY: The value is not kept beyond the expression or binding, which lies within the current task's context.
        unsafe { &*$crate::task::Task::current() }
    };
}

/// A `struct task_struct`.
///
/// # Invariants
///
/// A reference to it keeps the task alive: everything that gives one out either counts it or knows who does.
///
/// # Examples
///
/// ```
/// use kernel::{sync::aref::ARef, task::Task};
///
/// struct Reader {
///     task: ARef<Task>,
///     position: u64,
/// }
///
/// let reader = Reader { task: ARef::from(&**current!()), position: 0 };
/// reader.task.wake_up();
/// assert_eq!(reader.position, 0);
/// ```
#[repr(transparent)]
pub struct Task(pub(crate) Opaque<bindings::task_struct>);

// SAFETY: The last reference to a task may be given back on any thread, and none of its methods is tied to one.
unsafe impl Send for Task {}

// SAFETY: The methods read fields that do not change, or synchronise in C.
unsafe impl Sync for Task {}

/// The current task, with what only the task itself may look at.
///
/// It is neither [`Send`] nor [`Sync`].
///
/// # Invariants
///
/// This value is only ever used in the context of the task that it stands for.
#[repr(transparent)]
pub struct CurrentTask(Task, NotThreadSafe);

impl Deref for CurrentTask {
    type Target = Task;

    #[inline]
    fn deref(&self) -> &Task {
        &self.0
    }
}

/// A process identifier.
pub type Pid = bindings::pid_t;

/// A user identifier as the kernel has it, independent of user namespaces.
#[derive(Copy, Clone)]
pub struct Kuid {
    kuid: bindings::kuid_t,
}

impl Task {
    /// The current task, as a pointer.
    #[inline]
    pub fn current_raw() -> *mut bindings::task_struct {
        // SAFETY: There always is one.
        unsafe { bindings::get_current() }
    }

    /// The current task; use [`current!`].
    ///
    /// # Safety
    ///
    /// The result, and what is borrowed from it, is not used after the current task has left the context of the call:
    /// not stored, not handed to another task, not kept over the end of a system call.
    #[inline]
    pub unsafe fn current() -> impl Deref<Target = CurrentTask> {
        struct TaskRef {
            task: *const CurrentTask,
        }

        impl Deref for TaskRef {
            type Target = CurrentTask;

            #[inline]
            fn deref(&self) -> &CurrentTask {
                // SAFETY: A task outlives what it runs, and the caller of `current` promises to use the result only
                // there.
                unsafe { &*self.task }
            }
        }

        // INVARIANT: The caller promises to use it in the context of this task.
        TaskRef { task: Task::current_raw().cast() }
    }

    /// The C object.
    #[inline]
    pub fn as_ptr(&self) -> *mut bindings::task_struct {
        self.0.get()
    }

    /// Its identifier in the initial namespace, where each thread has one.
    pub fn pid(&self) -> Pid {
        // SAFETY: By the type invariant the task is alive; the field never changes.
        unsafe { (*self.as_ptr()).pid }
    }

    /// Its process's identifier in the initial namespace.
    pub fn tgid(&self) -> Pid {
        // SAFETY: By the type invariant the task is alive; the field never changes in a way that tears.
        unsafe { (*self.as_ptr()).tgid }
    }

    /// The real user that it runs as.
    pub fn uid(&self) -> Kuid {
        // SAFETY: By the type invariant the task is alive; C reads the credentials under RCU.
        Kuid::from_raw(unsafe { bindings::task_uid(self.as_ptr()) })
    }

    /// Says whether a signal is pending.
    #[inline]
    pub fn signal_pending(&self) -> bool {
        // SAFETY: By the type invariant the task is alive.
        unsafe { bindings::signal_pending(self.as_ptr()) != 0 }
    }

    /// The pid namespace that it lives in; none once it has exited.
    pub fn get_pid_ns(&self) -> Option<ARef<PidNamespace>> {
        // SAFETY: By the type invariant the task is alive.
        let ns = unsafe { bindings::task_get_pid_ns(self.as_ptr()) };
        let ns = ptr::NonNull::new(ns.cast::<PidNamespace>())?;
        // SAFETY: The helper took a reference for us; `PidNamespace` is transparent.
        Some(unsafe { ARef::from_raw(ns) })
    }

    /// Its process's identifier in `pidns`, or in the current task's namespace; zero if it has none there.
    pub fn tgid_nr_ns(&self, pidns: Option<&PidNamespace>) -> Pid {
        let pidns = pidns.map_or(ptr::null_mut(), PidNamespace::as_ptr);
        // SAFETY: By the type invariants task and namespace are alive; C allows no namespace.
        unsafe { bindings::task_tgid_nr_ns(self.as_ptr(), pidns) }
    }

    /// Wakes it if it sleeps.
    pub fn wake_up(&self) {
        // SAFETY: By the type invariant the task is alive; waking one that runs does nothing.
        unsafe { bindings::wake_up_process(self.as_ptr()) };
    }
}

impl CurrentTask {
    /// Its address space; kernel threads have none.
    #[inline]
    pub fn mm(&self) -> Option<&MmWithUser> {
        // SAFETY: The current task may read its own `mm`: nobody else changes it.
        let mm = unsafe { (*self.as_ptr()).mm };
        if mm.is_null() {
            return None;
        }
        // SAFETY: The task holds a reference to the users of its address space; it gives that up on exit, or at the end
        // of a kthread_use_mm() around the call, long after `self` is gone.
        Some(unsafe { MmWithUser::from_raw(mm) })
    }

    /// The pid namespace that it lives in; it never changes for a live task.
    #[inline]
    pub fn active_pid_ns(&self) -> Option<&PidNamespace> {
        // SAFETY: The current task has not exited.
        let ns = unsafe { bindings::task_active_pid_ns(self.as_ptr()) };
        // SAFETY: The namespace lives as long as the task's `struct pid`, which the current task holds.
        (!ns.is_null()).then(|| unsafe { PidNamespace::from_ptr(ns) })
    }

    /// Its process, as the task that leads it.
    ///
    /// Only for the current task: the leader of another one may go, by `exit` or `execve`, while it is looked at.
    #[inline]
    pub fn group_leader(&self) -> &Task {
        // SAFETY: The current task is alive; its leader's `task_struct` stays as long as any thread of the group.
        unsafe { &*(*self.as_ptr()).group_leader.cast() }
    }
}

// SAFETY: `task_struct` is counted, and made in C only.
unsafe impl AlwaysRefCounted for Task {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: By the type invariant the task is alive.
        unsafe { bindings::get_task_struct(self.as_ptr()) };
    }

    #[inline]
    unsafe fn dec_ref(obj: ptr::NonNull<Self>) {
        // SAFETY: The caller gives up its reference.
        unsafe { bindings::put_task_struct(obj.cast().as_ptr()) };
    }
}

impl PartialEq for Task {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.as_ptr(), other.as_ptr())
    }
}

impl Eq for Task {}

impl Kuid {
    /// The effective user of the current task.
    #[inline]
    pub fn current_euid() -> Kuid {
        // SAFETY: It has no requirements.
        Self::from_raw(unsafe { bindings::current_euid() })
    }

    /// Wraps the C value.
    #[inline]
    pub fn from_raw(kuid: bindings::kuid_t) -> Self {
        Self { kuid }
    }

    /// The C value.
    #[inline]
    pub fn into_raw(self) -> bindings::kuid_t {
        self.kuid
    }

    /// The number that the current task's user namespace has for the user; all ones if it has none.
    #[inline]
    pub fn into_uid_in_current_ns(self) -> bindings::uid_t {
        // SAFETY: The current task's user namespace is alive during the call.
        unsafe { bindings::from_kuid(bindings::current_user_ns(), self.kuid) }
    }
}

impl PartialEq for Kuid {
    #[inline]
    fn eq(&self, other: &Kuid) -> bool {
        // SAFETY: It compares two numbers.
        unsafe { bindings::uid_eq(self.kuid, other.kuid) }
    }
}

impl Eq for Kuid {}

/// Says that the caller may sleep from here on: a debugging kernel complains where that is not allowed.
///
/// On kernels with voluntary preemption it is also a point where another task may run.
#[inline]
pub fn might_sleep() {
    // SAFETY: May be called wherever sleeping is allowed; elsewhere it is the caller's bug, which C reports.
    unsafe { bindings::might_sleep() };
}
