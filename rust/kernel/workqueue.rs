// SPDX-License-Identifier: GPL-2.0
//! Work queues: running code later, in a thread of the kernel.
//!
//! A struct that contains a [`Work`] field can be enqueued by a pointer that owns it: [`Arc`], [`Pin`]`<`[`KBox`]`>` or
//! [`ARef`]. The queue keeps the pointer and hands it to [`WorkItem::run`]. The type says so with [`impl_has_work!`],
//! which checks the field; a number (`ID`) tells several such fields of a struct apart.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     sync::{Arc, Completion},
//!     workqueue::{self, impl_has_work, new_work, Work, WorkItem},
//! };
//!
//! #[pin_data]
//! struct Scan {
//!     port: u32,
//!     #[pin]
//!     work: Work<Scan>,
//!     #[pin]
//!     done: Completion,
//! }
//!
//! impl_has_work! {
//!     impl HasWork<Self> for Scan { self.work }
//! }
//!
//! impl WorkItem for Scan {
//!     type Pointer = Arc<Scan>;
//!
//!     fn run(this: Arc<Scan>) {
//!         pr_info!("scanning port {}\n", this.port);
//!         this.done.complete_all();
//!     }
//! }
//!
//! let scan = Arc::pin_init(
//!     pin_init!(Scan {
//!         port: 1,
//!         work <- new_work!("Scan::work"),
//!         done <- Completion::new(),
//!     }),
//!     GFP_KERNEL,
//! )?;
//! assert!(workqueue::system().enqueue(scan.clone()).is_ok());
//! scan.done.wait_for_completion();
//! # Ok::<(), Error>(())
//! ```
//!
//! With a delay, two fields, or a closure:
//!
//! ```
//! use kernel::{
//!     sync::Arc,
//!     workqueue::{
//!         self, impl_has_delayed_work, impl_has_work, new_delayed_work, new_work, DelayedWork, Work, WorkItem,
//!     },
//! };
//!
//! #[pin_data]
//! struct Link {
//!     #[pin]
//!     up: Work<Link, 1>,
//!     #[pin]
//!     poll: DelayedWork<Link, 2>,
//! }
//!
//! impl_has_work! {
//!     impl HasWork<Self, 1> for Link { self.up }
//! }
//!
//! impl_has_delayed_work! {
//!     impl HasDelayedWork<Self, 2> for Link { self.poll }
//! }
//!
//! impl WorkItem<1> for Link {
//!     type Pointer = Arc<Link>;
//!
//!     fn run(this: Arc<Link>) {
//!         let _ = workqueue::system().enqueue_delayed::<_, 2>(this, 2);
//!     }
//! }
//!
//! impl WorkItem<2> for Link {
//!     type Pointer = Arc<Link>;
//!
//!     fn run(_this: Arc<Link>) {
//!         pr_info!("polled\n");
//!     }
//! }
//!
//! let link = Arc::pin_init(
//!     pin_init!(Link {
//!         up <- new_work!("Link::up"),
//!         poll <- new_delayed_work!("Link::poll"),
//!     }),
//!     GFP_KERNEL,
//! )?;
//! let _ = workqueue::system().enqueue::<_, 1>(link);
//! workqueue::system_long().try_spawn(GFP_KERNEL, || pr_info!("spawned\n"))?;
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel; those before v6.9 have no queues that run in softirq context, see
//! [`system_bh`].

use crate::{
    alloc::{AllocError, Flags, KBox},
    container_of,
    init::InPlaceInit,
    str::{CStr, CStrExt as _},
    sync::LockClassKey,
    time::Jiffies,
    types::Opaque,
};
use core::{marker::PhantomData, pin::Pin};
use pin_init::{pin_data, pin_init, PinInit};

mod pointer;

/// Makes a [`Work`] with a lock class of its own, named after the place in the source unless a name is given.
#[macro_export]
macro_rules! new_work {
    ($($name:literal)?) => {
        $crate::workqueue::Work::new($crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}
pub use new_work;

/// Makes a [`DelayedWork`] with lock classes of its own, named after the place in the source unless a name is given.
#[macro_export]
macro_rules! new_delayed_work {
    () => {
        $crate::workqueue::DelayedWork::new(
            $crate::optional_name!(),
            $crate::static_lock_class!(),
            $crate::c_str!(::core::concat!(::core::file!(), ":", ::core::line!(), "_timer")),
            $crate::static_lock_class!(),
        )
    };
    ($name:literal) => {
        $crate::workqueue::DelayedWork::new(
            $crate::c_str!($name),
            $crate::static_lock_class!(),
            $crate::c_str!(::core::concat!($name, "_timer")),
            $crate::static_lock_class!(),
        )
    };
}
pub use new_delayed_work;

/// A work queue.
///
/// # Invariants
///
/// A reference to it stays valid until everything that was enqueued has run.
#[repr(transparent)]
pub struct Queue(Opaque<bindings::workqueue_struct>);

// SAFETY: Work queues may be used from any thread.
unsafe impl Send for Queue {}

// SAFETY: Work queues may be used from several threads at once.
unsafe impl Sync for Queue {}

impl Queue {
    /// Looks at a C work queue.
    ///
    /// # Safety
    ///
    /// `ptr` is a work queue that stays valid during `'a`, and until everything that was enqueued through the result
    /// has run.
    pub unsafe fn from_raw<'a>(ptr: *const bindings::workqueue_struct) -> &'a Queue {
        // SAFETY: The caller promises it; the type is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Enqueues a work item; for pointers that can be shared, gives it back if it is enqueued already.
    pub fn enqueue<W, const ID: u64>(&self, w: W) -> W::EnqueueOutput
    where
        W: RawWorkItem<ID> + Send + 'static,
    {
        // SAFETY: `__enqueue` promises an initialised `work_struct` that stays where it is and valid until its function
        // has been called, and leaves it alone while it is enqueued; by the type invariant the queue is valid. `W` may
        // go to another thread and has no borrows.
        unsafe { w.__enqueue(move |work| bindings::queue_work(self.0.get(), work)) }
    }

    /// Enqueues a work item after so many ticks; for pointers that can be shared, gives it back if it is enqueued
    /// already.
    pub fn enqueue_delayed<W, const ID: u64>(&self, w: W, delay: Jiffies) -> W::EnqueueOutput
    where
        W: RawDelayedWorkItem<ID> + Send + 'static,
    {
        // SAFETY: As in `enqueue`; and `RawDelayedWorkItem` says that the `work_struct` is that of a `delayed_work`.
        unsafe {
            w.__enqueue(move |work| {
                bindings::queue_delayed_work(self.0.get(), container_of!(work, bindings::delayed_work, work), delay)
            })
        }
    }

    /// Runs a closure on the queue.
    ///
    /// The closure is kept in memory that is allocated here, which may fail.
    pub fn try_spawn<T: 'static + Send + FnOnce()>(&self, flags: Flags, func: T) -> Result<(), AllocError> {
        let init = pin_init!(ClosureWork {
            work <- new_work!("Queue::try_spawn"),
            func: Some(func),
        });
        self.enqueue(KBox::pin_init(init, flags).map_err(|_| AllocError)?);
        Ok(())
    }
}

/// A closure that waits for its turn.
#[pin_data]
struct ClosureWork<T> {
    #[pin]
    work: Work<ClosureWork<T>>,
    func: Option<T>,
}

impl_has_work! {
    impl{T} HasWork<Self> for ClosureWork<T> { self.work }
}

impl<T: FnOnce()> WorkItem for ClosureWork<T> {
    type Pointer = Pin<KBox<Self>>;

    fn run(mut this: Pin<KBox<Self>>) {
        if let Some(func) = this.as_mut().project().func.take() {
            func()
        }
    }
}

/// A pointer that can be enqueued.
///
/// # Safety
///
/// [`__enqueue`](Self::__enqueue) keeps its promises.
pub unsafe trait RawWorkItem<const ID: u64> {
    /// What there is to say about an attempt to enqueue.
    type EnqueueOutput;

    /// Calls `queue_work_on` with the `work_struct` of this item.
    ///
    /// The pointer is that of an initialised `work_struct`. If the closure returns `true`, it stays valid until the
    /// function in it has been called, which takes over `self`. If it returns `false`, the item was enqueued already,
    /// and nothing is taken over.
    ///
    /// # Safety
    ///
    /// The closure enqueues the work, or returns `false`; it enqueues it only where the type of `self` may go (to
    /// another thread, for as long as it takes).
    unsafe fn __enqueue<F>(self, queue_work_on: F) -> Self::EnqueueOutput
    where
        F: FnOnce(*mut bindings::work_struct) -> bool;
}

/// A pointer that can be enqueued with a delay.
///
/// # Safety
///
/// The `work_struct` that [`__enqueue`](RawWorkItem::__enqueue) gives out is that of a `delayed_work`.
pub unsafe trait RawDelayedWorkItem<const ID: u64>: RawWorkItem<ID> {}

/// A pointer type that can own an item while it is enqueued.
///
/// # Safety
///
/// [`run`](Self::run) turns what [`__enqueue`](RawWorkItem::__enqueue) gave out back into the pointer.
pub unsafe trait WorkItemPointer<const ID: u64>: RawWorkItem<ID> {
    /// What C calls.
    ///
    /// # Safety
    ///
    /// `ptr` comes from a call of `__enqueue` whose closure returned `true`, and this is the one call for it.
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct);
}

/// A type that has something to do on a work queue.
pub trait WorkItem<const ID: u64 = 0> {
    /// What owns it while it is enqueued, e.g. `Arc<Self>`.
    type Pointer: WorkItemPointer<ID>;

    /// Does it.
    fn run(this: Self::Pointer);
}

/// The part of an item that a queue links.
///
/// # Invariants
///
/// Once pinned, it is initialised with [`WorkItemPointer::run`] of the pointer type of `T`.
#[pin_data]
#[repr(transparent)]
pub struct Work<T: ?Sized, const ID: u64 = 0> {
    #[pin]
    work: Opaque<bindings::work_struct>,
    _inner: PhantomData<T>,
}

// SAFETY: Enqueueing, on whatever thread, asks for what it needs of the pointer.
unsafe impl<T: ?Sized, const ID: u64> Send for Work<T, ID> {}

// SAFETY: As above.
unsafe impl<T: ?Sized, const ID: u64> Sync for Work<T, ID> {}

impl<T: ?Sized, const ID: u64> Work<T, ID> {
    /// Makes a work field; [`new_work!`] supplies name and class.
    #[inline]
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self>
    where
        T: WorkItem<ID>,
    {
        pin_init!(Self {
            // INVARIANT: With the function of the pointer type.
            // SAFETY: `slot` is valid and stays where it is; name and key are `'static`.
            work <- Opaque::ffi_init(|slot| unsafe {
                bindings::init_work_with_key(slot, Some(T::Pointer::run), name.as_char_ptr(), key.as_ptr())
            }),
            _inner: PhantomData,
        })
    }

    /// From the field to the C object, without making a reference.
    ///
    /// # Safety
    ///
    /// `ptr` is not dangling and is aligned.
    #[inline]
    pub unsafe fn raw_get(ptr: *const Self) -> *mut bindings::work_struct {
        // SAFETY: The caller promises that it lies in an allocation.
        Opaque::cast_into(unsafe { &raw const (*ptr).work })
    }
}

/// A struct with a [`Work`] field; use [`impl_has_work!`].
///
/// # Safety
///
/// The two functions are each other's inverse, and give the address of the same field of the same object.
pub unsafe trait HasWork<T, const ID: u64 = 0> {
    /// From the struct to the field.
    ///
    /// # Safety
    ///
    /// `ptr` points to a valid struct.
    unsafe fn raw_get_work(ptr: *mut Self) -> *mut Work<T, ID>;

    /// From the field to the struct.
    ///
    /// # Safety
    ///
    /// `ptr` points to the field of a valid struct.
    unsafe fn work_container_of(ptr: *mut Work<T, ID>) -> *mut Self;
}

/// Says that a struct has a [`Work`] field.
///
/// # Examples
///
/// ```
/// use kernel::workqueue::{impl_has_work, Work};
///
/// struct Job<'a, T, const N: usize> {
///     work: Work<Job<'a, T, N>, 3>,
///     inputs: &'a [T; N],
/// }
///
/// impl_has_work! {
///     impl{'a, T, const N: usize} HasWork<Job<'a, T, N>, 3> for Job<'a, T, N> { self.work }
/// }
/// ```
#[macro_export]
macro_rules! impl_has_work {
    ($(impl$({$($generics:tt)*})?
       HasWork<$work_type:ty $(, $id:tt)?>
       for $self:ty
       { self.$field:ident }
    )*) => {$(
        // SAFETY: The two functions convert to and from the address of the field that the macro names, of the type that
        // it checks.
        unsafe impl$(<$($generics)+>)? $crate::workqueue::HasWork<$work_type $(, $id)?> for $self {
            #[inline]
            unsafe fn raw_get_work(ptr: *mut Self) -> *mut $crate::workqueue::Work<$work_type $(, $id)?> {
                // SAFETY: The caller promises a valid struct.
                unsafe { &raw mut (*ptr).$field }
            }

            #[inline]
            unsafe fn work_container_of(ptr: *mut $crate::workqueue::Work<$work_type $(, $id)?>) -> *mut Self {
                // SAFETY: The caller promises the field of a valid struct.
                unsafe { $crate::container_of!(ptr, Self, $field) }
            }
        }
    )*};
}
pub use impl_has_work;

/// As [`Work`], but with a timer, for [`Queue::enqueue_delayed`].
///
/// # Invariants
///
/// Once pinned, it is initialised with [`WorkItemPointer::run`] of the pointer type of `T`.
#[pin_data]
#[repr(transparent)]
pub struct DelayedWork<T: ?Sized, const ID: u64 = 0> {
    #[pin]
    dwork: Opaque<bindings::delayed_work>,
    _inner: PhantomData<T>,
}

// SAFETY: Enqueueing, on whatever thread, asks for what it needs of the pointer.
unsafe impl<T: ?Sized, const ID: u64> Send for DelayedWork<T, ID> {}

// SAFETY: As above.
unsafe impl<T: ?Sized, const ID: u64> Sync for DelayedWork<T, ID> {}

impl<T: ?Sized, const ID: u64> DelayedWork<T, ID> {
    /// Makes a field; [`new_delayed_work!`] supplies names and classes.
    #[inline]
    pub fn new(
        work_name: &'static CStr,
        work_key: Pin<&'static LockClassKey>,
        timer_name: &'static CStr,
        timer_key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self>
    where
        T: WorkItem<ID>,
    {
        pin_init!(Self {
            // INVARIANT: With the function of the pointer type.
            // SAFETY: `slot` is valid and stays where it is; names and keys are `'static`.
            dwork <- Opaque::ffi_init(|slot: *mut bindings::delayed_work| unsafe {
                bindings::init_work_with_key(
                    &raw mut (*slot).work,
                    Some(T::Pointer::run),
                    work_name.as_char_ptr(),
                    work_key.as_ptr(),
                );
                bindings::init_delayed_work_timer(slot, timer_name.as_char_ptr(), timer_key.as_ptr());
            }),
            _inner: PhantomData,
        })
    }

    /// The [`Work`] inside, without making a reference.
    ///
    /// # Safety
    ///
    /// `ptr` is not dangling and is aligned.
    #[inline]
    pub unsafe fn raw_as_work(ptr: *const Self) -> *mut Work<T, ID> {
        // SAFETY: The caller promises that it lies in an allocation.
        let dwork = Opaque::cast_into(unsafe { &raw const (*ptr).dwork });
        // SAFETY: As above. `Work` is a transparent wrapper of the C object.
        unsafe { &raw mut (*dwork).work }.cast()
    }
}

/// A struct with a [`DelayedWork`] field; use [`impl_has_delayed_work!`].
///
/// # Safety
///
/// The [`Work`] that [`HasWork`] speaks of is the one inside a `DelayedWork`.
pub unsafe trait HasDelayedWork<T, const ID: u64 = 0>: HasWork<T, ID> {}

/// Says that a struct has a [`DelayedWork`] field; see the [module's example](crate::workqueue).
#[macro_export]
macro_rules! impl_has_delayed_work {
    ($(impl$({$($generics:tt)*})?
       HasDelayedWork<$work_type:ty $(, $id:tt)?>
       for $self:ty
       { self.$field:ident }
    )*) => {$(
        // SAFETY: The implementation of `HasWork` below gives the `Work` inside the `DelayedWork`.
        unsafe impl$(<$($generics)+>)? $crate::workqueue::HasDelayedWork<$work_type $(, $id)?> for $self {}

        // SAFETY: The two functions convert to and from the address inside the field that the macro names, of the type
        // that it checks.
        unsafe impl$(<$($generics)+>)? $crate::workqueue::HasWork<$work_type $(, $id)?> for $self {
            #[inline]
            unsafe fn raw_get_work(ptr: *mut Self) -> *mut $crate::workqueue::Work<$work_type $(, $id)?> {
                // SAFETY: The caller promises a valid struct.
                let field: *mut $crate::workqueue::DelayedWork<$work_type $(, $id)?> =
                    unsafe { &raw mut (*ptr).$field };
                // SAFETY: As above.
                unsafe { $crate::workqueue::DelayedWork::raw_as_work(field) }
            }

            #[inline]
            unsafe fn work_container_of(ptr: *mut $crate::workqueue::Work<$work_type $(, $id)?>) -> *mut Self {
                // SAFETY: The caller promises the `Work` inside the field of a valid struct; both are transparent
                // wrappers.
                unsafe {
                    let work = $crate::workqueue::Work::raw_get(ptr);
                    let dwork = $crate::container_of!(work, $crate::bindings::delayed_work, work);
                    let field: *mut $crate::workqueue::DelayedWork<$work_type $(, $id)?> = dwork.cast();
                    $crate::container_of!(field, Self, $field)
                }
            }
        }
    )*};
}
pub use impl_has_delayed_work;

macro_rules! system_queues {
    ($($(#[$doc:meta])* $name:ident = $(#[$cfg:meta] $queue:path)|+;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> &'static Queue {
            $(
                #[$cfg]
                // SAFETY: The kernel makes its own queues before it loads modules, and never destroys them.
                unsafe {
                    Queue::from_raw($queue)
                }
            )+
        }
    )*};
}

// v6.17 began to call the per-processor queue and the unbound one by names that say so.
system_queues! {
    /// The queue for most purposes: runs on the processor that enqueues; items should not take long.
    system = #[cfg(kmod_has = "export:system_percpu_wq")] bindings::system_percpu_wq
        | #[cfg(not(kmod_has = "export:system_percpu_wq"))] bindings::system_wq;

    /// As [`system`], with a high priority.
    system_highpri = #[cfg(all())] bindings::system_highpri_wq;

    /// As [`system`], for items that may take long.
    system_long = #[cfg(all())] bindings::system_long_wq;

    /// Runs wherever there is room, without regard to the processor or to other items.
    system_unbound = #[cfg(kmod_has = "export:system_dfl_wq")] bindings::system_dfl_wq
        | #[cfg(not(kmod_has = "export:system_dfl_wq"))] bindings::system_unbound_wq;

    /// As [`system`], but is frozen with user space for a suspend.
    system_freezable = #[cfg(all())] bindings::system_freezable_wq;

    /// As [`system`], or as [`system_unbound`] if the kernel is told to save power.
    system_power_efficient = #[cfg(all())] bindings::system_power_efficient_wq;

    /// As [`system_power_efficient`], but is frozen with user space for a suspend.
    system_freezable_power_efficient = #[cfg(all())] bindings::system_freezable_power_efficient_wq;

    /// Runs in softirq context on the processor that enqueues: items must not sleep.
    ///
    /// Kernels before v6.9 have no such queue and use [`system_highpri`], in whose threads such items can run as well,
    /// only later.
    system_bh = #[cfg(kmod_has = "export:system_bh_wq")] bindings::system_bh_wq
        | #[cfg(not(kmod_has = "export:system_bh_wq"))] bindings::system_highpri_wq;

    /// As [`system_bh`], with a high priority.
    system_bh_highpri = #[cfg(kmod_has = "export:system_bh_highpri_wq")] bindings::system_bh_highpri_wq
        | #[cfg(not(kmod_has = "export:system_bh_highpri_wq"))] bindings::system_highpri_wq;
}
