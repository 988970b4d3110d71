// SPDX-License-Identifier: GPL-2.0

//! The C file operations of debugfs files, made for the type of their data.

use super::{callback_adapters::Adapter, BinaryReader, BinaryWriter, Reader, Writer};
use crate::{
    bindings,
    ffi::{c_char, c_int, c_void},
    fmt,
    prelude::*,
    seq_file::{seq_print, SeqFile},
    uaccess::{UserSlice, UserSliceReader, UserSliceWriter},
};
use core::{marker::PhantomData, ops::Deref};

/// The operations and the mode of a file whose data is a `T`.
///
/// # Invariants
///
/// The operations may be used on a file whose inode's private data points to a `T` that stays valid and shared as long as
/// the file exists.
pub(super) struct FileOps<T> {
    operations: bindings::file_operations,
    mode: u16,
    _phantom: PhantomData<T>,
}

impl<T> FileOps<T> {
    /// # Safety
    ///
    /// The operations must expect a `T`, as the type invariant says.
    const unsafe fn new(operations: bindings::file_operations, mode: u16) -> Self {
        // A debugfs file stays open past its removal: the module must stay as long, for the table's sake.
        let owner = crate::module::this_module::<crate::LocalModule>().as_ptr();
        Self { operations: bindings::file_operations { owner, ..operations }, mode, _phantom: PhantomData }
    }

    /// The access bits of the file.
    pub(super) const fn mode(&self) -> u16 {
        self.mode
    }
}

impl<T: Adapter> FileOps<T> {
    /// The same operations for the wrapped type.
    pub(super) const fn adapt(&self) -> &FileOps<T::Inner> {
        // SAFETY: `FileOps` holds no `T`, so both have one layout; by the promise of `Adapter`, operations that expect
        // a `T` may be given a `T::Inner`.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

impl<T> Deref for FileOps<T> {
    type Target = bindings::file_operations;

    fn deref(&self) -> &bindings::file_operations {
        &self.operations
    }
}

struct WriterAdapter<T>(T);

impl<T: Writer> fmt::Display for WriterAdapter<&T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f)
    }
}

/// # Safety
///
/// `inode`'s private data must point to a `T` that stays valid and shared until the file is released.
unsafe extern "C" fn writer_open<T: Writer + Sync>(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
    // SAFETY: both are valid during `open`; `writer_act` expects what the private data points to.
    unsafe { bindings::single_open(file, Some(writer_act::<T>), (*inode).i_private) }
}

/// # Safety
///
/// `seq` must be in its `show`, and its private data point to a valid, shared `T`.
unsafe extern "C" fn writer_act<T: Writer + Sync>(seq: *mut bindings::seq_file, _: *mut c_void) -> c_int {
    // SAFETY: `writer_open` stored a pointer to a valid `T`; debugfs waits for us before it goes away.
    let data = unsafe { &*((*seq).private.cast::<T>()) };
    // SAFETY: the file is valid, and ours during `show`.
    let seq = unsafe { SeqFile::from_raw(seq) };
    seq_print!(seq, "{}", WriterAdapter(data));
    0
}

fn read_user<T: Reader>(data: &T, buf: *const c_char, count: usize) -> isize {
    let buf = UserPtr::from_ptr(buf.cast_mut().cast());
    match data.read_from_slice(&mut UserSlice::new(buf, count).reader()) {
        Ok(()) => count as isize,
        Err(err) => err.to_errno() as isize,
    }
}

/// # Safety
///
/// `file` must have been opened by [`writer_open`] for `T`.
unsafe extern "C" fn write<T: Reader + Sync>(
    file: *mut bindings::file,
    buf: *const c_char,
    count: usize,
    _ppos: *mut bindings::loff_t,
) -> isize {
    // SAFETY: `single_open` made the file's private data a `seq_file`.
    let seq = unsafe { &*((*file).private_data.cast::<bindings::seq_file>()) };
    // SAFETY: `writer_open` stored a pointer to a valid, shared `T` in it.
    let data = unsafe { &*seq.private.cast::<T>() };
    read_user(data, buf, count)
}

/// # Safety
///
/// `file`'s private data must point to a valid, shared `T`, as `simple_open` leaves it.
unsafe extern "C" fn write_only_write<T: Reader + Sync>(
    file: *mut bindings::file,
    buf: *const c_char,
    count: usize,
    _ppos: *mut bindings::loff_t,
) -> isize {
    // SAFETY: by this function's requirement.
    let data = unsafe { &*((*file).private_data.cast::<T>()) };
    read_user(data, buf, count)
}

/// # Safety
///
/// `file`'s private data must point to a valid, shared `T`, as `simple_open` leaves it; `ppos` must be valid.
unsafe extern "C" fn blob_read<T: BinaryWriter + Sync>(
    file: *mut bindings::file,
    buf: *mut c_char,
    count: usize,
    ppos: *mut bindings::loff_t,
) -> isize {
    // SAFETY: by this function's requirements; the position is ours during the call.
    let (data, pos) = unsafe { (&*((*file).private_data.cast::<T>()), &mut *ppos) };
    let mut writer: UserSliceWriter = UserSlice::new(UserPtr::from_ptr(buf.cast()), count).writer();
    blob_result(data.write_to_slice(&mut writer, pos))
}

/// # Safety
///
/// `file`'s private data must point to a valid, shared `T`, as `simple_open` leaves it; `ppos` must be valid.
unsafe extern "C" fn blob_write<T: BinaryReader + Sync>(
    file: *mut bindings::file,
    buf: *const c_char,
    count: usize,
    ppos: *mut bindings::loff_t,
) -> isize {
    // SAFETY: by this function's requirements; the position is ours during the call.
    let (data, pos) = unsafe { (&*((*file).private_data.cast::<T>()), &mut *ppos) };
    let mut reader: UserSliceReader = UserSlice::new(UserPtr::from_ptr(buf.cast_mut().cast()), count).reader();
    blob_result(data.read_from_slice(&mut reader, pos))
}

fn blob_result(result: Result<usize>) -> isize {
    match result {
        Ok(count) => count as isize,
        Err(err) => err.to_errno() as isize,
    }
}

impl<T: Writer + Sync> FileOps<T> {
    /// Of a text file that can be read.
    pub(super) const READ: Self = {
        let operations = bindings::file_operations {
            read: Some(bindings::seq_read),
            llseek: Some(bindings::seq_lseek),
            release: Some(bindings::single_release),
            open: Some(writer_open::<T>),
            ..pin_init::zeroed()
        };
        // SAFETY: `writer_open` expects a `T`; the others work on what it sets up.
        unsafe { Self::new(operations, 0o400) }
    };
}

impl<T: Writer + Reader + Sync> FileOps<T> {
    /// Of a text file that can be read and written.
    pub(super) const READ_WRITE: Self = {
        let operations = bindings::file_operations {
            open: Some(writer_open::<T>),
            read: Some(bindings::seq_read),
            write: Some(write::<T>),
            llseek: Some(bindings::seq_lseek),
            release: Some(bindings::single_release),
            ..pin_init::zeroed()
        };
        // SAFETY: `writer_open` expects a `T`; the others work on what it sets up, `write` for the same `T`.
        unsafe { Self::new(operations, 0o600) }
    };
}

impl<T: Reader + Sync> FileOps<T> {
    /// Of a text file that can be written.
    pub(super) const WRITE: Self = {
        let operations = bindings::file_operations {
            open: Some(bindings::simple_open),
            write: Some(write_only_write::<T>),
            llseek: Some(bindings::noop_llseek),
            ..pin_init::zeroed()
        };
        // SAFETY: `simple_open` passes on the inode's private data, which `write_only_write` expects to be a `T`.
        unsafe { Self::new(operations, 0o200) }
    };
}

impl<T: BinaryWriter + Sync> FileOps<T> {
    /// Of a binary file that can be read.
    pub(super) const READ_BINARY: Self = {
        let operations = bindings::file_operations {
            read: Some(blob_read::<T>),
            llseek: Some(bindings::default_llseek),
            open: Some(bindings::simple_open),
            ..pin_init::zeroed()
        };
        // SAFETY: `simple_open` passes on the inode's private data, which `blob_read` expects to be a `T`.
        unsafe { Self::new(operations, 0o400) }
    };
}

impl<T: BinaryReader + Sync> FileOps<T> {
    /// Of a binary file that can be written.
    pub(super) const WRITE_BINARY: Self = {
        let operations = bindings::file_operations {
            write: Some(blob_write::<T>),
            llseek: Some(bindings::default_llseek),
            open: Some(bindings::simple_open),
            ..pin_init::zeroed()
        };
        // SAFETY: `simple_open` passes on the inode's private data, which `blob_write` expects to be a `T`.
        unsafe { Self::new(operations, 0o200) }
    };
}

impl<T: BinaryWriter + BinaryReader + Sync> FileOps<T> {
    /// Of a binary file that can be read and written.
    pub(super) const READ_WRITE_BINARY: Self = {
        let operations = bindings::file_operations {
            read: Some(blob_read::<T>),
            write: Some(blob_write::<T>),
            llseek: Some(bindings::default_llseek),
            open: Some(bindings::simple_open),
            ..pin_init::zeroed()
        };
        // SAFETY: `simple_open` passes on the inode's private data, which both functions expect to be a `T`.
        unsafe { Self::new(operations, 0o600) }
    };
}
