// SPDX-License-Identifier: GPL-2.0
//! The pointers that can be queued: what they point to stays until it has run.

use super::{HasDelayedWork, HasWork, RawDelayedWorkItem, RawWorkItem, Work, WorkItem, WorkItemPointer};
use crate::{
    alloc::KBox,
    sync::{
        aref::{ARef, AlwaysRefCounted},
        Arc,
    },
};
use core::{pin::Pin, ptr::NonNull};

// SAFETY: `run` takes back the reference that `__enqueue` gave out, by the inverse functions of `HasWork`.
unsafe impl<T, const ID: u64> WorkItemPointer<ID> for Arc<T>
where
    T: WorkItem<ID, Pointer = Self>,
    T: HasWork<T, ID>,
{
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct) {
        // `Work` is a transparent wrapper of the C object.
        let work = ptr.cast::<Work<T, ID>>();
        // SAFETY: The caller promises what `__enqueue` gave out, which is the field of a `T`.
        let item = unsafe { T::work_container_of(work) };
        // SAFETY: It comes from `Arc::into_raw`, and this is the one call for it.
        T::run(unsafe { Arc::from_raw(item) })
    }
}

// SAFETY: The field lies behind a reference that is given out with it and taken back by `run`.
unsafe impl<T, const ID: u64> RawWorkItem<ID> for Arc<T>
where
    T: WorkItem<ID, Pointer = Self>,
    T: HasWork<T, ID>,
{
    type EnqueueOutput = Result<(), Self>;

    unsafe fn __enqueue<F>(self, queue_work_on: F) -> Self::EnqueueOutput
    where
        F: FnOnce(*mut bindings::work_struct) -> bool,
    {
        let item = Arc::into_raw(self).cast_mut();
        // SAFETY: The reference just given out keeps the item valid.
        let work = unsafe { Work::raw_get(T::raw_get_work(item)) };
        if queue_work_on(work) {
            Ok(())
        } else {
            // SAFETY: Nobody took over the reference just given out.
            Err(unsafe { Arc::from_raw(item) })
        }
    }
}

// SAFETY: `HasDelayedWork` says that the `work_struct` is that of a `delayed_work`.
unsafe impl<T, const ID: u64> RawDelayedWorkItem<ID> for Arc<T>
where
    T: WorkItem<ID, Pointer = Self>,
    T: HasDelayedWork<T, ID>,
{
}

// SAFETY: `run` takes back the box that `__enqueue` gave out, by the inverse functions of `HasWork`.
unsafe impl<T, const ID: u64> WorkItemPointer<ID> for Pin<KBox<T>>
where
    T: WorkItem<ID, Pointer = Self>,
    T: HasWork<T, ID>,
{
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct) {
        // `Work` is a transparent wrapper of the C object.
        let work = ptr.cast::<Work<T, ID>>();
        // SAFETY: The caller promises what `__enqueue` gave out, which is the field of a `T`.
        let item = unsafe { T::work_container_of(work) };
        // SAFETY: It comes from `KBox::into_raw`, and this is the one call for it.
        let item = unsafe { KBox::from_raw(item) };
        // SAFETY: It was pinned before, and has not moved.
        T::run(unsafe { Pin::new_unchecked(item) })
    }
}

// SAFETY: The field lies in a box that is given out with it and taken back by `run`.
unsafe impl<T, const ID: u64> RawWorkItem<ID> for Pin<KBox<T>>
where
    T: WorkItem<ID, Pointer = Self>,
    T: HasWork<T, ID>,
{
    type EnqueueOutput = ();

    unsafe fn __enqueue<F>(self, queue_work_on: F) -> Self::EnqueueOutput
    where
        F: FnOnce(*mut bindings::work_struct) -> bool,
    {
        // SAFETY: The box is given out, or dropped, where it is.
        let item = KBox::into_raw(unsafe { Pin::into_inner_unchecked(self) });
        // SAFETY: The box just given out is valid.
        let work = unsafe { Work::raw_get(T::raw_get_work(item)) };
        if !queue_work_on(work) {
            // An enqueued box is not in anybody's hands, so this does not happen; if the closure nevertheless says so,
            // nobody took it.
            // SAFETY: The box just given out.
            drop(unsafe { Pin::new_unchecked(KBox::from_raw(item)) });
        }
    }
}

// SAFETY: `HasDelayedWork` says that the `work_struct` is that of a `delayed_work`.
unsafe impl<T, const ID: u64> RawDelayedWorkItem<ID> for Pin<KBox<T>>
where
    T: WorkItem<ID, Pointer = Self>,
    T: HasDelayedWork<T, ID>,
{
}

// SAFETY: `run` takes back the reference that `__enqueue` gave out, by the inverse functions of `HasWork`.
unsafe impl<T, const ID: u64> WorkItemPointer<ID> for ARef<T>
where
    T: AlwaysRefCounted,
    T: WorkItem<ID, Pointer = Self>,
    T: HasWork<T, ID>,
{
    unsafe extern "C" fn run(ptr: *mut bindings::work_struct) {
        // `Work` is a transparent wrapper of the C object.
        let work = ptr.cast::<Work<T, ID>>();
        // SAFETY: The caller promises what `__enqueue` gave out, which is the field of a `T`, hence not null.
        let item = unsafe { NonNull::new_unchecked(T::work_container_of(work)) };
        // SAFETY: It comes from `ARef::into_raw`, and this is the one call for it.
        T::run(unsafe { ARef::from_raw(item) })
    }
}

// SAFETY: The field lies behind a reference that is given out with it and taken back by `run`.
unsafe impl<T, const ID: u64> RawWorkItem<ID> for ARef<T>
where
    T: AlwaysRefCounted,
    T: WorkItem<ID, Pointer = Self>,
    T: HasWork<T, ID>,
{
    type EnqueueOutput = Result<(), Self>;

    unsafe fn __enqueue<F>(self, queue_work_on: F) -> Self::EnqueueOutput
    where
        F: FnOnce(*mut bindings::work_struct) -> bool,
    {
        let item = ARef::into_raw(self);
        // SAFETY: The reference just given out keeps the item valid.
        let work = unsafe { Work::raw_get(T::raw_get_work(item.as_ptr())) };
        if queue_work_on(work) {
            Ok(())
        } else {
            // SAFETY: Nobody took over the reference just given out.
            Err(unsafe { ARef::from_raw(item) })
        }
    }
}

// SAFETY: `HasDelayedWork` says that the `work_struct` is that of a `delayed_work`.
unsafe impl<T, const ID: u64> RawDelayedWorkItem<ID> for ARef<T>
where
    T: WorkItem<ID, Pointer = Self>,
    T: HasDelayedWork<T, ID>,
    T: AlwaysRefCounted,
{
}
