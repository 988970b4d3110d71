// SPDX-License-Identifier: GPL-2.0

//! Open files and file descriptors.
//!
//! C headers: [`include/linux/fs.h`](srctree/include/linux/fs.h) and
//! [`include/linux/file.h`](srctree/include/linux/file.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{fs::{file::flags, LocalFile}, sync::aref::ARef};
//!
//! /// Whether the file behind a descriptor of the current process was opened with `O_NONBLOCK`.
//! fn is_nonblocking(fd: u32) -> Result<bool> {
//!     let file: ARef<LocalFile> = LocalFile::fget(fd)?;
//!     Ok(file.flags() & flags::O_NONBLOCK != 0)
//! }
//! assert_eq!(is_nonblocking(u32::MAX), Err(EBADF));
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use crate::{
    bindings,
    cred::Credential,
    error::{code::*, to_result, Error, Result},
    fmt,
    sync::aref::{ARef, AlwaysRefCounted},
    types::{NotThreadSafe, Opaque},
};
use core::ptr::NonNull;

/// A position in a file; C's `loff_t`.
pub type Offset = bindings::loff_t;

/// The flags of `open(2)`, as [`LocalFile::flags`] gives them.
///
/// The access mode is not a set of bits: compare `flags & O_ACCMODE` with [`O_RDONLY`](flags::O_RDONLY) and its like.
pub mod flags {
    use crate::bindings;

    /// Writes go to the end of the file.
    pub const O_APPEND: u32 = bindings::O_APPEND as u32;

    /// A signal tells when input or output becomes possible.
    pub const O_ASYNC: u32 = bindings::FASYNC as u32;

    /// The descriptor is closed by `execve(2)`.
    pub const O_CLOEXEC: u32 = bindings::O_CLOEXEC as u32;

    /// The file is created if it does not exist.
    pub const O_CREAT: u32 = bindings::O_CREAT as u32;

    /// Transfers go around the page cache.
    pub const O_DIRECT: u32 = bindings::O_DIRECT as u32;

    /// Fails unless it is a directory.
    pub const O_DIRECTORY: u32 = bindings::O_DIRECTORY as u32;

    /// Writes return when the data is on the medium.
    pub const O_DSYNC: u32 = bindings::O_DSYNC as u32;

    /// Together with [`O_CREAT`]: fails if the file exists.
    pub const O_EXCL: u32 = bindings::O_EXCL as u32;

    /// Sizes beyond 31 bits are allowed.
    pub const O_LARGEFILE: u32 = bindings::O_LARGEFILE as u32;

    /// Reading does not update the access time.
    pub const O_NOATIME: u32 = bindings::O_NOATIME as u32;

    /// A terminal does not become the controlling one.
    pub const O_NOCTTY: u32 = bindings::O_NOCTTY as u32;

    /// Fails if the last part of the path is a symbolic link.
    pub const O_NOFOLLOW: u32 = bindings::O_NOFOLLOW as u32;

    /// Operations do not wait.
    pub const O_NONBLOCK: u32 = bindings::O_NONBLOCK as u32;

    /// Another name of [`O_NONBLOCK`].
    pub const O_NDELAY: u32 = bindings::O_NDELAY as u32;

    /// Only names a place in the file system; no data can be transferred.
    pub const O_PATH: u32 = bindings::O_PATH as u32;

    /// Writes return when data and metadata are on the medium.
    pub const O_SYNC: u32 = bindings::O_SYNC as u32;

    /// An unnamed temporary file.
    pub const O_TMPFILE: u32 = bindings::O_TMPFILE as u32;

    /// The file is emptied.
    pub const O_TRUNC: u32 = bindings::O_TRUNC as u32;

    /// The bits that hold the access mode: [`O_RDONLY`], [`O_WRONLY`] or [`O_RDWR`].
    pub const O_ACCMODE: u32 = bindings::O_ACCMODE as u32;

    /// Read access.
    pub const O_RDONLY: u32 = bindings::O_RDONLY as u32;

    /// Write access.
    pub const O_WRONLY: u32 = bindings::O_WRONLY as u32;

    /// Read and write access.
    pub const O_RDWR: u32 = bindings::O_RDWR as u32;
}

/// An open file that any thread may use; C's `struct file`.
///
/// A `File` is never at the same time under a light-weight `fdget_pos` by which another thread changes its position
/// without a lock; a [`LocalFile`] may be.
///
/// # Invariants
///
/// * The C object is valid, and has a non-zero count for the lifetime of a reference.
/// * No `fdget_pos` call without the `f_pos` lock is active on it on another thread.
#[repr(transparent)]
pub struct File {
    inner: Opaque<bindings::file>,
}

// SAFETY: by the type invariants no thread relies on being the only one; the last reference may go anywhere.
unsafe impl Send for File {}

// SAFETY: what `&File` offers is safe to call from several threads at once: the C side locks or reads single words.
unsafe impl Sync for File {}

// SAFETY: `get_file` and `fput` change the file's own count, which keeps it alive.
unsafe impl AlwaysRefCounted for File {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: a reference means that the count is not zero.
        unsafe { bindings::get_file(self.as_ptr()) };
    }

    #[inline]
    unsafe fn dec_ref(obj: NonNull<File>) {
        // SAFETY: the caller gives up one count.
        unsafe { bindings::fput(obj.cast().as_ptr()) };
    }
}

/// An open file that may have to stay on this thread; C's `struct file`.
///
/// `fget` on a descriptor of the current process gives one: if the process has a single thread, the C side may hold the
/// position without a lock. [`LocalFile::assume_no_fdget_pos`] makes a [`File`] of it.
///
/// # Invariants
///
/// * The C object is valid, and has a non-zero count for the lifetime of a reference.
/// * An `fdget_pos` call without the `f_pos` lock is active on it at most on the current thread.
#[repr(transparent)]
pub struct LocalFile {
    inner: Opaque<bindings::file>,
}

// SAFETY: `get_file` and `fput` change the file's own count, which keeps it alive.
unsafe impl AlwaysRefCounted for LocalFile {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: a reference means that the count is not zero.
        unsafe { bindings::get_file(self.as_ptr()) };
    }

    #[inline]
    unsafe fn dec_ref(obj: NonNull<LocalFile>) {
        // SAFETY: the caller gives up one count.
        unsafe { bindings::fput(obj.cast().as_ptr()) };
    }
}

impl LocalFile {
    /// The file behind a descriptor of the current process.
    #[inline]
    pub fn fget(fd: u32) -> Result<ARef<LocalFile>, BadFdError> {
        // SAFETY: `fget` may be called for any number.
        let file = NonNull::new(unsafe { bindings::fget(fd) }).ok_or(BadFdError)?;
        // SAFETY: `fget` gave us one count. An unlocked `fdget_pos` on it can only be our own thread's, as the table
        // of descriptors would else be shared.
        Ok(unsafe { ARef::from_raw(file.cast()) })
    }

    /// Wraps a C `file`.
    ///
    /// # Safety
    ///
    /// * For `'a`, `ptr` must point to a valid file with a non-zero count.
    /// * If an `fdget_pos` call without the `f_pos` lock is active on it, that is on the current thread.
    #[inline]
    pub unsafe fn from_raw_file<'a>(ptr: *const bindings::file) -> &'a LocalFile {
        // SAFETY: the type is transparent over `file`; the caller answers for its invariants.
        unsafe { &*ptr.cast() }
    }

    /// Declares that no unlocked `fdget_pos` is active, so that other threads may have the file.
    ///
    /// # Safety
    ///
    /// No `fdget_pos` call without the `f_pos` lock may be active on the file.
    #[inline]
    pub unsafe fn assume_no_fdget_pos(me: ARef<LocalFile>) -> ARef<File> {
        // SAFETY: both types are transparent over `file` and count alike; the caller answers for the difference. The
        // count moves from `me` to the result.
        unsafe { ARef::from_raw(ARef::into_raw(me).cast()) }
    }

    /// The C object.
    #[inline]
    pub fn as_ptr(&self) -> *mut bindings::file {
        self.inner.get()
    }

    /// The credentials of who opened the file.
    pub fn cred(&self) -> &Credential {
        // SAFETY: `f_cred` is set when the file is opened and then constant; the file holds a count on it, so it lives
        // as long as `self` is borrowed.
        unsafe { Credential::from_ptr((*self.as_ptr()).f_cred) }
    }

    /// The [`flags`] with which the file was opened, or to which `fcntl(2)` changed them.
    #[inline]
    pub fn flags(&self) -> u32 {
        // SAFETY: the file is valid. `fcntl(2)` may change the word meanwhile, hence a volatile read, as `READ_ONCE`.
        unsafe { core::ptr::addr_of!((*self.as_ptr()).f_flags).read_volatile() }
    }
}

impl File {
    /// Wraps a C `file`.
    ///
    /// # Safety
    ///
    /// * For `'a`, `ptr` must point to a valid file with a non-zero count.
    /// * No `fdget_pos` call without the `f_pos` lock may be active on it on another thread.
    #[inline]
    pub unsafe fn from_raw_file<'a>(ptr: *const bindings::file) -> &'a File {
        // SAFETY: the type is transparent over `file`; the caller answers for its invariants.
        unsafe { &*ptr.cast() }
    }
}

impl core::ops::Deref for File {
    type Target = LocalFile;

    #[inline]
    fn deref(&self) -> &LocalFile {
        // SAFETY: what `File` promises includes what `LocalFile` promises.
        unsafe { LocalFile::from_raw_file(self.inner.get()) }
    }
}

/// A number taken out of the current process's table of descriptors, for a file that comes later.
///
/// Dropping it gives the number back.
///
/// # Invariants
///
/// The number is reserved in the table of the current task, and no file installed.
pub struct FileDescriptorReservation {
    fd: u32,
    /// The table belongs to the current task, so the reservation must be used up on its thread.
    _not_send: NotThreadSafe,
}

impl FileDescriptorReservation {
    /// Reserves the lowest free number; of the `flags`, only [`O_CLOEXEC`](flags::O_CLOEXEC) matters.
    #[inline]
    pub fn get_unused_fd_flags(flags: u32) -> Result<Self> {
        // SAFETY: `get_unused_fd_flags` may be called with any flags.
        let fd: i32 = unsafe { bindings::get_unused_fd_flags(flags) };
        to_result(fd.min(0))?;
        Ok(Self { fd: fd as u32, _not_send: NotThreadSafe })
    }

    /// The number.
    #[inline]
    pub fn reserved_fd(&self) -> u32 {
        self.fd
    }

    /// Makes the number a descriptor of `file`, at once visible to user space.
    #[inline]
    pub fn fd_install(self, file: ARef<File>) {
        // SAFETY: the number is reserved by the type invariant, and given away here; so is the count on `file`. No
        // unlocked `fdget_pos` is active on a `File`.
        unsafe { bindings::fd_install(self.fd, ARef::into_raw(file).cast().as_ptr()) };

        // The number is in use now, so it must not be given back.
        core::mem::forget(self);
    }
}

impl Drop for FileDescriptorReservation {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the number is reserved and has no file, by the type invariant.
        unsafe { bindings::put_unused_fd(self.fd) };
    }
}

/// There is no such file descriptor: [`EBADF`] as a type of its own.
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct BadFdError;

impl From<BadFdError> for Error {
    #[inline]
    fn from(_: BadFdError) -> Error {
        EBADF
    }
}

impl fmt::Debug for BadFdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("EBADF")
    }
}
