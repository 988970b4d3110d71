// SPDX-License-Identifier: GPL-2.0
//! Waiting for files: the kernel's side of `poll`, `select` and `epoll`.
//!
//! C header: [`include/linux/poll.h`](srctree/include/linux/poll.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     fs::File,
//!     sync::{
//!         poll::{new_poll_condvar, PollCondVar, PollTable},
//!         Arc,
//!     },
//! };
//!
//! /// What a driver's `poll` does before it looks whether there is something to read.
//! fn poll(file: &File, table: &PollTable<'_>, readable: &PollCondVar) {
//!     table.register_wait(file, readable);
//! }
//!
//! let readable: Arc<PollCondVar> = Arc::pin_init(new_poll_condvar!("readable"), GFP_KERNEL)?;
//! // Something has come in.
//! readable.notify_all();
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use super::{CondVar, LockClassKey};
use crate::{
    alloc::{flags::GFP_KERNEL, AllocError, KBox},
    fs::File,
    init::InPlaceInit,
    str::CStr,
    types::Opaque,
};
use core::{marker::PhantomData, mem::ManuallyDrop, ops::Deref, pin::Pin};
use pin_init::{pin_data, pin_init, pinned_drop, PinInit};

/// Makes a [`PollCondVar`] with a lock class of its own, named after the place in the source unless a name is given.
#[macro_export]
macro_rules! new_poll_condvar {
    ($($name:literal)?) => {
        $crate::sync::poll::PollCondVar::new($crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}
pub use new_poll_condvar;

/// What a `poll` operation gets to register at what it waits for.
///
/// # Invariants
///
/// The pointer is null or valid during `'a`.
#[repr(transparent)]
pub struct PollTable<'a> {
    table: *mut bindings::poll_table,
    _lifetime: PhantomData<&'a bindings::poll_table>,
}

impl<'a> PollTable<'a> {
    /// Wraps what C passes.
    ///
    /// # Safety
    ///
    /// `table` is null or valid during `'a`.
    pub unsafe fn from_raw(table: *mut bindings::poll_table) -> Self {
        // INVARIANT: The caller promises it.
        PollTable { table, _lifetime: PhantomData }
    }

    /// Has the one who polls woken by `cv`.
    ///
    /// It stays registered until it, or `cv`, goes.
    pub fn register_wait(&self, file: &File, cv: &PollCondVar) {
        // SAFETY: The file is alive, the table is null or valid by the type invariant. The wait queue is initialised,
        // and before it goes `PollCondVar` takes off whoever is still registered, and waits for those who look at it
        // under RCU.
        unsafe { bindings::poll_wait(file.as_ptr(), cv.wait_queue_head.get(), self.table) }
    }
}

/// A [`CondVar`] on which files can be polled.
#[pin_data(PinnedDrop)]
#[repr(transparent)]
pub struct PollCondVar {
    #[pin]
    inner: CondVar,
}

impl PollCondVar {
    /// Makes one; [`new_poll_condvar!`] supplies name and class.
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- CondVar::new(name, key),
        })
    }

    /// Takes off everybody who is registered.
    ///
    /// Those who look at the wait queue under RCU at that moment may still do so until a grace period has passed.
    fn wake_up_pollfree(&self) {
        // SAFETY: The wait queue is initialised; the callers wait for RCU readers before it goes.
        unsafe { bindings::__wake_up_pollfree(self.inner.wait_queue_head.get()) };
    }
}

impl Deref for PollCondVar {
    type Target = CondVar;

    fn deref(&self) -> &CondVar {
        &self.inner
    }
}

#[pinned_drop]
impl PinnedDrop for PollCondVar {
    #[inline]
    fn drop(self: Pin<&mut Self>) {
        self.wake_up_pollfree();
        super::rcu::synchronize_rcu();
    }
}

/// A [`PollCondVar`] in a box whose dropping does not wait, and so may happen where sleeping is not allowed.
///
/// The memory is freed after an RCU grace period.
pub struct PollCondVarBox {
    inner: ManuallyDrop<Pin<KBox<PollCondVarBoxInner>>>,
}

#[pin_data]
#[repr(C)]
struct PollCondVarBoxInner {
    // First: `kvfree_rcu` finds the start of the allocation by it.
    head: Opaque<bindings::callback_head>,
    #[pin]
    cv: PollCondVar,
}

// SAFETY: It may be freed on any thread; `PollCondVar` may be used on any.
unsafe impl Send for PollCondVarBoxInner {}

// SAFETY: Only dropping uses `head`; `PollCondVar` may be shared.
unsafe impl Sync for PollCondVarBoxInner {}

impl PollCondVarBox {
    /// Allocates one.
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> Result<Self, AllocError> {
        let init = pin_init!(PollCondVarBoxInner {
            head: Opaque::uninit(),
            cv <- PollCondVar::new(name, key),
        });
        let inner = KBox::pin_init(init, GFP_KERNEL).map_err(|_| AllocError)?;
        Ok(Self { inner: ManuallyDrop::new(inner) })
    }
}

impl Deref for PollCondVarBox {
    type Target = PollCondVar;

    fn deref(&self) -> &PollCondVar {
        &self.inner.cv
    }
}

impl Drop for PollCondVarBox {
    #[inline]
    fn drop(&mut self) {
        self.inner.cv.wake_up_pollfree();
        // SAFETY: It is not used again.
        let inner = unsafe { ManuallyDrop::take(&mut self.inner) };
        // SAFETY: It is not moved, only freed where it is.
        let inner = KBox::into_raw(unsafe { Pin::into_inner_unchecked(inner) });
        // SAFETY: The allocation comes from kmalloc and starts with the head; what is in it needs no dropping after
        // `wake_up_pollfree` but the grace period, which comes before it is freed.
        unsafe { bindings::kvfree_rcu_head((&raw mut (*inner).head).cast()) };
    }
}
