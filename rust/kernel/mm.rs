// SPDX-License-Identifier: GPL-2.0
//! Address spaces.
//!
//! A `struct mm_struct` has two counts: of those who need the structure ([`Mm`]), and of those who need what is mapped
//! in it ([`MmWithUser`]), without whom the mappings go.
//!
//! C header: [`include/linux/mm_types.h`](srctree/include/linux/mm_types.h)
//!
//! # Examples
//!
//! ```
//! // A thread of the kernel has no address space.
//! if let Some(mm) = current!().mm() {
//!     let guard = mm.mmap_read_lock();
//!     assert!(guard.vma_lookup(0).is_none());
//! }
//! ```
//!
//! Available on every supported kernel. Locking a single mapping ([`MmWithUser::lock_vma_under_rcu`]) is open to
//! modules only on kernels that export it (v6.12 and older do not); elsewhere it never succeeds, which callers have to
//! expect anyway.

use crate::{
    sync::aref::{ARef, AlwaysRefCounted},
    types::{NotThreadSafe, Opaque},
};
use core::{ops::Deref, ptr::NonNull};

pub mod virt;
use virt::VmaRef;

#[cfg(CONFIG_MMU)]
mod mmput_async;
#[cfg(CONFIG_MMU)]
pub use mmput_async::MmWithUserAsync;

/// A `struct mm_struct`, which may have lost its mappings.
///
/// # Invariants
///
/// References to it are counted by `mmgrab`.
#[repr(transparent)]
pub struct Mm {
    mm: Opaque<bindings::mm_struct>,
}

// SAFETY: `mmdrop` may be called on any thread.
unsafe impl Send for Mm {}

// SAFETY: The methods may be called from several threads.
unsafe impl Sync for Mm {}

// SAFETY: `mm_struct` is counted, and made in C only.
unsafe impl AlwaysRefCounted for Mm {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: By the type invariant it is alive.
        unsafe { bindings::mmgrab(self.as_raw()) };
    }

    #[inline]
    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller gives up its reference.
        unsafe { bindings::mmdrop(obj.cast().as_ptr()) };
    }
}

/// A `struct mm_struct` with its mappings.
///
/// # Invariants
///
/// References to it are counted by `mmget`: the count of users is not zero.
#[repr(transparent)]
pub struct MmWithUser {
    mm: Mm,
}

// SAFETY: `mmput` may be called on any thread that may sleep.
unsafe impl Send for MmWithUser {}

// SAFETY: The methods may be called from several threads.
unsafe impl Sync for MmWithUser {}

// SAFETY: The users of an `mm_struct` are counted, and it is made in C only.
unsafe impl AlwaysRefCounted for MmWithUser {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: By the type invariant the count is not zero.
        unsafe { bindings::mmget(self.as_raw()) };
    }

    #[inline]
    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller gives up its reference.
        unsafe { bindings::mmput(obj.cast().as_ptr()) };
    }
}

// What can be done without users can be done with them.
impl Deref for MmWithUser {
    type Target = Mm;

    #[inline]
    fn deref(&self) -> &Mm {
        &self.mm
    }
}

impl Mm {
    /// The C object.
    #[inline]
    pub fn as_raw(&self) -> *mut bindings::mm_struct {
        self.mm.get()
    }

    /// Looks at a C address space.
    ///
    /// # Safety
    ///
    /// `ptr` points to an `mm_struct` that is alive during `'a`.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *const bindings::mm_struct) -> &'a Mm {
        // SAFETY: The caller promises it; the type is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Becomes a user, unless the last one has gone.
    #[inline]
    pub fn mmget_not_zero(&self) -> Option<ARef<MmWithUser>> {
        // SAFETY: By the type invariant it is alive.
        let taken = unsafe { bindings::mmget_not_zero(self.as_raw()) };
        // SAFETY: The reference just taken belongs to the result.
        taken.then(|| unsafe { ARef::from_raw(NonNull::new_unchecked(self.as_raw().cast::<MmWithUser>())) })
    }
}

impl MmWithUser {
    /// Looks at a C address space that has users.
    ///
    /// # Safety
    ///
    /// `ptr` points to an `mm_struct` whose count of users is not zero during `'a`.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *const bindings::mm_struct) -> &'a MmWithUser {
        // SAFETY: The caller promises it; the type is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Tries to lock only the mapping around an address.
    ///
    /// It fails if there is none, and also whenever the kernel cannot do it at once: look again under
    /// [`mmap_read_lock`](Self::mmap_read_lock) then.
    #[inline]
    pub fn lock_vma_under_rcu(&self, vma_addr: usize) -> Option<VmaReadGuard<'_>> {
        #[cfg(all(CONFIG_PER_VMA_LOCK, kmod_has = "export:lock_vma_under_rcu"))]
        {
            // SAFETY: By the type invariant the address space has users.
            let vma = unsafe { bindings::lock_vma_under_rcu(self.as_raw(), vma_addr) };
            if !vma.is_null() {
                return Some(VmaReadGuard {
                    // INVARIANT: Just locked.
                    // SAFETY: The lock keeps the mapping as it is.
                    vma: unsafe { VmaRef::from_raw(vma) },
                    _nts: NotThreadSafe,
                });
            }
        }
        let _ = vma_addr;
        None
    }

    /// Locks all mappings for reading.
    #[inline]
    pub fn mmap_read_lock(&self) -> MmapReadGuard<'_> {
        // SAFETY: By the type invariant it is alive.
        unsafe { bindings::mmap_read_lock(self.as_raw()) };
        // INVARIANT: Just locked.
        MmapReadGuard { mm: self, _nts: NotThreadSafe }
    }

    /// Locks all mappings for reading if that is possible at once.
    #[inline]
    pub fn mmap_read_trylock(&self) -> Option<MmapReadGuard<'_>> {
        // SAFETY: By the type invariant it is alive.
        let locked = unsafe { bindings::mmap_read_trylock(self.as_raw()) };
        // INVARIANT: Just locked.
        locked.then(|| MmapReadGuard { mm: self, _nts: NotThreadSafe })
    }
}

/// Evidence that all mappings of an address space are locked for reading.
///
/// # Invariants
///
/// This task holds the lock once for each guard.
pub struct MmapReadGuard<'a> {
    mm: &'a MmWithUser,
    // The lock is given back by the task that took it.
    _nts: NotThreadSafe,
}

impl<'a> MmapReadGuard<'a> {
    /// Finds the mapping that contains an address.
    #[inline]
    pub fn vma_lookup(&self, vma_addr: usize) -> Option<&virt::VmaRef> {
        // SAFETY: By the type invariant the lock is held.
        let vma = unsafe { bindings::vma_lookup(self.mm.as_raw(), vma_addr) };
        // SAFETY: The mapping stays as it is while the lock is held, that is while `self` is borrowed.
        (!vma.is_null()).then(|| unsafe { VmaRef::from_raw(vma) })
    }
}

impl Drop for MmapReadGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the lock is held.
        unsafe { bindings::mmap_read_unlock(self.mm.as_raw()) };
    }
}

/// Evidence that one mapping is locked for reading, and access to it.
///
/// # Invariants
///
/// This task holds the mapping's lock once for each guard.
pub struct VmaReadGuard<'a> {
    vma: &'a VmaRef,
    // The lock is given back by the task that took it.
    _nts: NotThreadSafe,
}

impl Deref for VmaReadGuard<'_> {
    type Target = VmaRef;

    #[inline]
    fn deref(&self) -> &VmaRef {
        self.vma
    }
}

impl Drop for VmaReadGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        #[cfg(all(CONFIG_PER_VMA_LOCK, kmod_has = "export:lock_vma_under_rcu"))]
        // SAFETY: By the type invariant the lock is held.
        unsafe {
            bindings::vma_end_read(self.vma.as_ptr())
        };
    }
}
