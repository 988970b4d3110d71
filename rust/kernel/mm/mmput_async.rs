// SPDX-License-Identifier: GPL-2.0
//! Giving back an address space where sleeping is not allowed.
//!
//! C header: [`include/linux/sched/mm.h`](srctree/include/linux/sched/mm.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{mm::MmWithUser, sync::aref::ARef};
//!
//! if let Some(mm) = current!().mm() {
//!     let mm: ARef<MmWithUser> = mm.into();
//!     // Dropping this one may happen under a spin lock.
//!     drop(MmWithUser::into_mmput_async(mm));
//! }
//! ```
//!
//! Available on every supported kernel with an MMU.

use super::MmWithUser;
use crate::sync::aref::{ARef, AlwaysRefCounted};
use core::{ops::Deref, ptr::NonNull};

/// As [`MmWithUser`], but the last reference leaves the tearing down to a work queue, so that it may be dropped in any
/// context.
///
/// # Invariants
///
/// References to it are counted by `mmget`: the count of users is not zero.
#[repr(transparent)]
pub struct MmWithUserAsync {
    mm: MmWithUser,
}

// SAFETY: `mmput_async` may be called on any thread.
unsafe impl Send for MmWithUserAsync {}

// SAFETY: The methods may be called from several threads.
unsafe impl Sync for MmWithUserAsync {}

// SAFETY: The users of an `mm_struct` are counted, and it is made in C only.
unsafe impl AlwaysRefCounted for MmWithUserAsync {
    #[inline]
    fn inc_ref(&self) {
        self.mm.inc_ref();
    }

    #[inline]
    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller gives up its reference.
        unsafe { bindings::mmput_async(obj.cast().as_ptr()) };
    }
}

impl Deref for MmWithUserAsync {
    type Target = MmWithUser;

    #[inline]
    fn deref(&self) -> &MmWithUser {
        &self.mm
    }
}

impl MmWithUser {
    /// Makes a reference one that can be dropped where sleeping is not allowed.
    #[inline]
    pub fn into_mmput_async(me: ARef<MmWithUser>) -> ARef<MmWithUserAsync> {
        // SAFETY: The layouts and the meaning of a reference are the same, and it moves over.
        unsafe { ARef::from_raw(ARef::into_raw(me).cast()) }
    }
}
