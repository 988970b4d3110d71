// SPDX-License-Identifier: GPL-2.0

//! One file or directory in debugfs, removed when it is dropped.

use crate::{bindings, debugfs::file_ops::FileOps, ffi::c_void, str::CStr, sync::Arc};
use core::marker::PhantomData;

/// A file or directory in debugfs, on which `'a` limits what it may refer to.
///
/// # Invariants
///
/// * `entry` is null, an error pointer, or what a debugfs function created and nobody else removes. All three may be
///   passed to any debugfs function.
/// * The directory in which it lies lives for `'a` or is kept by `_parent`.
pub(crate) struct Entry<'a> {
    entry: *mut bindings::dentry,
    /// Removing a directory removes what is in it, so it must stay until then.
    _parent: Option<Arc<Entry<'static>>>,
    _phantom: PhantomData<&'a ()>,
}

// SAFETY: debugfs entries may be used and removed on any thread.
unsafe impl Send for Entry<'_> {}

// SAFETY: the debugfs functions take the locks that they need.
unsafe impl Sync for Entry<'_> {}

impl Entry<'static> {
    /// A directory in `parent`, which it keeps, or in the root of debugfs.
    pub(crate) fn dynamic_dir(name: &CStr, parent: Option<Arc<Self>>) -> Self {
        let dir = parent.as_deref().map_or(core::ptr::null_mut(), |parent| parent.entry);
        Self {
            // SAFETY: the name is NUL-terminated, and copied; `dir` is null or what debugfs gave us.
            entry: unsafe { bindings::debugfs_create_dir(name.as_ptr().cast(), dir) },
            _parent: parent,
            _phantom: PhantomData,
        }
    }

    /// A file in `parent`, which it keeps.
    ///
    /// # Safety
    ///
    /// `data` must stay valid, and not move, until the entry is dropped.
    pub(crate) unsafe fn dynamic_file<T>(
        name: &CStr,
        parent: Arc<Self>,
        data: &T,
        file_ops: &'static FileOps<T>,
    ) -> Self {
        Self {
            // SAFETY: the caller promises what `create_file` asks for.
            entry: unsafe { create_file(name, &parent, data, file_ops) },
            _parent: Some(parent),
            _phantom: PhantomData,
        }
    }
}

impl<'a> Entry<'a> {
    /// No entry.
    pub(crate) fn empty() -> Self {
        Self { entry: core::ptr::null_mut(), _parent: None, _phantom: PhantomData }
    }

    /// A directory in `parent`.
    pub(crate) fn dir(name: &CStr, parent: &'a Entry<'_>) -> Self {
        let entry = match parent.entry {
            // There is no directory, for want of memory; null would mean debugfs's root.
            dir if dir.is_null() => dir,
            // SAFETY: the name is NUL-terminated, and copied; `dir` is what debugfs gave us.
            dir => unsafe { bindings::debugfs_create_dir(name.as_ptr().cast(), dir) },
        };
        Self { entry, _parent: None, _phantom: PhantomData }
    }

    /// A file in `parent`.
    pub(crate) fn file<T>(name: &CStr, parent: &'a Entry<'_>, data: &'a T, file_ops: &'static FileOps<T>) -> Self {
        Self {
            // SAFETY: `data` is borrowed for `'a`, and so for longer than the entry lives.
            entry: unsafe { create_file(name, parent, data, file_ops) },
            _parent: None,
            _phantom: PhantomData,
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        // SAFETY: by the type invariants this is ours to remove, or null or an error pointer, which are ignored.
        unsafe { bindings::debugfs_remove(self.entry) };
    }
}

/// # Safety
///
/// `data` must stay valid, and not move, until the returned entry is removed. (Removal waits for running operations.)
unsafe fn create_file<T>(
    name: &CStr,
    parent: &Entry<'_>,
    data: &T,
    file_ops: &'static FileOps<T>,
) -> *mut bindings::dentry {
    if parent.entry.is_null() {
        // There is no directory, for want of memory; null would mean debugfs's root.
        return parent.entry;
    }
    // SAFETY: the name is NUL-terminated, and copied; `parent` is a directory or an error pointer; the operations are
    // static and expect a `T`, which the caller keeps valid.
    unsafe {
        bindings::debugfs_create_file(
            name.as_ptr().cast(),
            file_ops.mode(),
            parent.entry,
            core::ptr::from_ref(data).cast_mut().cast::<c_void>(),
            &**file_ops,
        )
    }
}
