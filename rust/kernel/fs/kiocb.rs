// SPDX-License-Identifier: GPL-2.0

//! One read or write under way: `struct kiocb`.

use crate::{bindings, types::ForeignOwnable};
use core::{marker::PhantomData, ptr::NonNull};

/// A read or write under way on a file whose private data is a `T`.
///
/// # Invariants
///
/// For `'a`, the `kiocb` is valid, only used through this object, and belongs to a file whose private data came from
/// `T::into_foreign` and may be borrowed.
pub struct Kiocb<'a, T> {
    inner: NonNull<bindings::kiocb>,
    _phantom: PhantomData<&'a T>,
}

impl<'a, T: ForeignOwnable> Kiocb<'a, T> {
    /// Wraps a C `kiocb`.
    ///
    /// # Safety
    ///
    /// For `'a`:
    ///
    /// * `kiocb` must point to a valid `kiocb` that nothing else uses, with a valid `ki_filp`.
    /// * The file's private data must have come from `T::into_foreign`, and may only be borrowed shared.
    pub unsafe fn from_raw(kiocb: *mut bindings::kiocb) -> Self {
        Kiocb {
            // SAFETY: the caller passes a valid, hence non-null pointer.
            inner: unsafe { NonNull::new_unchecked(kiocb) },
            _phantom: PhantomData,
        }
    }

    /// The C object.
    pub fn as_raw(&self) -> *mut bindings::kiocb {
        self.inner.as_ptr()
    }

    /// The private data of the file.
    pub fn file(&self) -> <T as ForeignOwnable>::Borrowed<'a> {
        // SAFETY: by the type invariants, the `kiocb` and its file are valid, and the private data may be borrowed
        // for `'a`.
        unsafe { T::borrow((*(*self.as_raw()).ki_filp).private_data) }
    }

    /// The position in the file.
    pub fn ki_pos(&self) -> i64 {
        // SAFETY: the `kiocb` is valid by the type invariants.
        unsafe { (*self.as_raw()).ki_pos }
    }

    /// The position in the file, to be moved by what was transferred.
    pub fn ki_pos_mut(&mut self) -> &mut i64 {
        // SAFETY: the `kiocb` is valid, and only used through `self`, by the type invariants.
        unsafe { &mut (*self.as_raw()).ki_pos }
    }
}
