// SPDX-License-Identifier: GPL-2.0
//! Kernel errors: a checked errno, and the conversions at the two edges with C.
//!
//! C headers: [`include/uapi/asm-generic/errno-base.h`](srctree/include/uapi/asm-generic/errno-base.h),
//! [`include/uapi/asm-generic/errno.h`](srctree/include/uapi/asm-generic/errno.h),
//! [`include/linux/errno.h`](srctree/include/linux/errno.h), [`include/linux/err.h`](srctree/include/linux/err.h)
//!
//! All supported kernels have what this module needs. The name of an errno comes from `errname()` where the kernel
//! exports it, else from the table of this module.
//!
//! # Examples
//!
//! ```
//! use kernel::error::{code::*, to_result};
//!
//! assert_eq!(to_result(-22), Err(EINVAL));
//! to_result(0)?;
//! # Ok::<(), Error>(())
//! ```

use crate::{alloc::AllocError, fmt, str::CStr};
use core::{alloc::LayoutError, num::NonZeroI32, num::TryFromIntError, str::Utf8Error};

/// One constant per error code, and the table of their names.
macro_rules! codes {
    ($(bindings::$name:ident, $doc:literal;)*) => {
        /// The C error codes as [`Error`](crate::error::Error) values.
        pub mod code {
            $(#[doc = $doc] pub const $name: super::Error = super::Error::from_const(crate::bindings::$name as i32);)*
        }

        #[cfg(not(kmod_has = "export:errname"))]
        fn name_of(errno: i32) -> Option<&'static CStr> {
            const NAMES: &[(Error, &CStr)] = &[
                $((code::$name, match CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                    Ok(name) => name,
                    Err(_) => unreachable!(),
                }),)*
            ];
            NAMES.iter().find(|(code, _)| code.to_errno() == errno).map(|(_, name)| *name)
        }
    };
}

codes! {
    bindings::EPERM, "Operation not permitted.";
    bindings::ENOENT, "No such file or directory.";
    bindings::ESRCH, "No such process.";
    bindings::EINTR, "Interrupted system call.";
    bindings::EIO, "I/O error.";
    bindings::ENXIO, "No such device or address.";
    bindings::E2BIG, "Argument list too long.";
    bindings::ENOEXEC, "Exec format error.";
    bindings::EBADF, "Bad file number.";
    bindings::ECHILD, "No child processes.";
    bindings::EAGAIN, "Try again.";
    bindings::ENOMEM, "Out of memory.";
    bindings::EACCES, "Permission denied.";
    bindings::EFAULT, "Bad address.";
    bindings::ENOTBLK, "Block device required.";
    bindings::EBUSY, "Device or resource busy.";
    bindings::EEXIST, "File exists.";
    bindings::EXDEV, "Cross-device link.";
    bindings::ENODEV, "No such device.";
    bindings::ENOTDIR, "Not a directory.";
    bindings::EISDIR, "Is a directory.";
    bindings::EINVAL, "Invalid argument.";
    bindings::ENFILE, "File table overflow.";
    bindings::EMFILE, "Too many open files.";
    bindings::ENOTTY, "Not a typewriter.";
    bindings::ETXTBSY, "Text file busy.";
    bindings::EFBIG, "File too large.";
    bindings::ENOSPC, "No space left on device.";
    bindings::ESPIPE, "Illegal seek.";
    bindings::EROFS, "Read-only file system.";
    bindings::EMLINK, "Too many links.";
    bindings::EPIPE, "Broken pipe.";
    bindings::EDOM, "Math argument out of domain of func.";
    bindings::ERANGE, "Math result not representable.";
    bindings::EDEADLK, "Resource deadlock would occur.";
    bindings::ENAMETOOLONG, "File name too long.";
    bindings::ENOLCK, "No record locks available.";
    bindings::ENOSYS, "Invalid system call number.";
    bindings::ENOTEMPTY, "Directory not empty.";
    bindings::ELOOP, "Too many symbolic links encountered.";
    bindings::ENOMSG, "No message of desired type.";
    bindings::EIDRM, "Identifier removed.";
    bindings::ECHRNG, "Channel number out of range.";
    bindings::EL2NSYNC, "Level 2 not synchronized.";
    bindings::EL3HLT, "Level 3 halted.";
    bindings::EL3RST, "Level 3 reset.";
    bindings::ELNRNG, "Link number out of range.";
    bindings::EUNATCH, "Protocol driver not attached.";
    bindings::ENOCSI, "No CSI structure available.";
    bindings::EL2HLT, "Level 2 halted.";
    bindings::EBADE, "Invalid exchange.";
    bindings::EBADR, "Invalid request descriptor.";
    bindings::EXFULL, "Exchange full.";
    bindings::ENOANO, "No anode.";
    bindings::EBADRQC, "Invalid request code.";
    bindings::EBADSLT, "Invalid slot.";
    bindings::EBFONT, "Bad font file format.";
    bindings::ENOSTR, "Device not a stream.";
    bindings::ENODATA, "No data available.";
    bindings::ETIME, "Timer expired.";
    bindings::ENOSR, "Out of streams resources.";
    bindings::ENONET, "Machine is not on the network.";
    bindings::ENOPKG, "Package not installed.";
    bindings::EREMOTE, "Object is remote.";
    bindings::ENOLINK, "Link has been severed.";
    bindings::EADV, "Advertise error.";
    bindings::ESRMNT, "Srmount error.";
    bindings::ECOMM, "Communication error on send.";
    bindings::EPROTO, "Protocol error.";
    bindings::EMULTIHOP, "Multihop attempted.";
    bindings::EDOTDOT, "RFS specific error.";
    bindings::EBADMSG, "Not a data message.";
    bindings::EOVERFLOW, "Value too large for defined data type.";
    bindings::ENOTUNIQ, "Name not unique on network.";
    bindings::EBADFD, "File descriptor in bad state.";
    bindings::EREMCHG, "Remote address changed.";
    bindings::ELIBACC, "Can not access a needed shared library.";
    bindings::ELIBBAD, "Accessing a corrupted shared library.";
    bindings::ELIBSCN, ".lib section in a.out corrupted.";
    bindings::ELIBMAX, "Attempting to link in too many shared libraries.";
    bindings::ELIBEXEC, "Cannot exec a shared library directly.";
    bindings::EILSEQ, "Illegal byte sequence.";
    bindings::ERESTART, "Interrupted system call should be restarted.";
    bindings::ESTRPIPE, "Streams pipe error.";
    bindings::EUSERS, "Too many users.";
    bindings::ENOTSOCK, "Socket operation on non-socket.";
    bindings::EDESTADDRREQ, "Destination address required.";
    bindings::EMSGSIZE, "Message too long.";
    bindings::EPROTOTYPE, "Protocol wrong type for socket.";
    bindings::ENOPROTOOPT, "Protocol not available.";
    bindings::EPROTONOSUPPORT, "Protocol not supported.";
    bindings::ESOCKTNOSUPPORT, "Socket type not supported.";
    bindings::EOPNOTSUPP, "Operation not supported on transport endpoint.";
    bindings::EPFNOSUPPORT, "Protocol family not supported.";
    bindings::EAFNOSUPPORT, "Address family not supported by protocol.";
    bindings::EADDRINUSE, "Address already in use.";
    bindings::EADDRNOTAVAIL, "Cannot assign requested address.";
    bindings::ENETDOWN, "Network is down.";
    bindings::ENETUNREACH, "Network is unreachable.";
    bindings::ENETRESET, "Network dropped connection because of reset.";
    bindings::ECONNABORTED, "Software caused connection abort.";
    bindings::ECONNRESET, "Connection reset by peer.";
    bindings::ENOBUFS, "No buffer space available.";
    bindings::EISCONN, "Transport endpoint is already connected.";
    bindings::ENOTCONN, "Transport endpoint is not connected.";
    bindings::ESHUTDOWN, "Cannot send after transport endpoint shutdown.";
    bindings::ETOOMANYREFS, "Too many references: cannot splice.";
    bindings::ETIMEDOUT, "Connection timed out.";
    bindings::ECONNREFUSED, "Connection refused.";
    bindings::EHOSTDOWN, "Host is down.";
    bindings::EHOSTUNREACH, "No route to host.";
    bindings::EALREADY, "Operation already in progress.";
    bindings::EINPROGRESS, "Operation now in progress.";
    bindings::ESTALE, "Stale file handle.";
    bindings::EUCLEAN, "Structure needs cleaning.";
    bindings::ENOTNAM, "Not a XENIX named type file.";
    bindings::ENAVAIL, "No XENIX semaphores available.";
    bindings::EISNAM, "Is a named type file.";
    bindings::EREMOTEIO, "Remote I/O error.";
    bindings::EDQUOT, "Quota exceeded.";
    bindings::ENOMEDIUM, "No medium found.";
    bindings::EMEDIUMTYPE, "Wrong medium type.";
    bindings::ECANCELED, "Operation canceled.";
    bindings::ENOKEY, "Required key not available.";
    bindings::EKEYEXPIRED, "Key has expired.";
    bindings::EKEYREVOKED, "Key has been revoked.";
    bindings::EKEYREJECTED, "Key was rejected by service.";
    bindings::EOWNERDEAD, "Owner died.";
    bindings::ENOTRECOVERABLE, "State not recoverable.";
    bindings::ERFKILL, "Operation not possible due to RF-kill.";
    bindings::EHWPOISON, "Memory page has hardware error.";
    bindings::ERESTARTSYS, "Restart the system call.";
    bindings::ERESTARTNOINTR, "System call was interrupted by a signal and will be restarted.";
    bindings::ERESTARTNOHAND, "Restart if no handler.";
    bindings::ENOIOCTLCMD, "No ioctl command.";
    bindings::ERESTART_RESTARTBLOCK, "Restart by calling sys_restart_syscall.";
    bindings::EPROBE_DEFER, "Driver requests probe retry.";
    bindings::EOPENSTALE, "Open found a stale dentry.";
    bindings::ENOPARAM, "Parameter not supported.";
    bindings::EBADHANDLE, "Illegal NFS file handle.";
    bindings::ENOTSYNC, "Update synchronization mismatch.";
    bindings::EBADCOOKIE, "Cookie is stale.";
    bindings::ENOTSUPP, "Operation is not supported.";
    bindings::ETOOSMALL, "Buffer or request is too small.";
    bindings::ESERVERFAULT, "An untranslatable error occurred.";
    bindings::EBADTYPE, "Type not supported by server.";
    bindings::EJUKEBOX, "Request initiated, but will not complete before timeout.";
    bindings::EIOCBQUEUED, "iocb queued, will get completion event.";
    bindings::ERECALLCONFLICT, "Conflict with recalled state.";
    bindings::ENOGRACE, "NFS file lock reclaim refused.";
}

/// A kernel error code.
///
/// # Invariants
///
/// The value is a valid errno: `-MAX_ERRNO..=-1`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZeroI32);

impl Error {
    /// For the table of codes: evaluated at compile time only, so a wrong entry does not build.
    const fn from_const(errno: i32) -> Error {
        match Error::try_from_errno(-errno) {
            Some(error) => error,
            None => panic!("not an errno"),
        }
    }

    /// Makes an [`Error`] of a negative kernel error code.
    ///
    /// A value that is none is a bug of the caller: it is logged, and `EINVAL` is returned.
    pub fn from_errno(errno: crate::ffi::c_int) -> Error {
        Error::try_from_errno(errno).unwrap_or_else(|| {
            crate::pr_warn!("attempted to create `Error` with out of range `errno`: {errno}\n");
            code::EINVAL
        })
    }

    const fn try_from_errno(errno: crate::ffi::c_int) -> Option<Error> {
        if errno < -(bindings::MAX_ERRNO as i32) || errno >= 0 {
            return None;
        }
        match NonZeroI32::new(errno) {
            // INVARIANT: `errno` was just checked to be in `-MAX_ERRNO..=-1`.
            Some(errno) => Some(Error(errno)),
            None => None,
        }
    }

    /// The (negative) error code.
    #[inline]
    pub fn to_errno(self) -> crate::ffi::c_int {
        self.0.get()
    }

    /// Encodes the error as a pointer, as C's `ERR_PTR()` does.
    #[inline]
    pub fn to_ptr<T>(self) -> *mut T {
        core::ptr::without_provenance_mut(self.0.get() as isize as usize)
    }

    /// The symbolic name of the error (`EINVAL`), when it has one.
    pub fn name(&self) -> Option<&'static CStr> {
        name_of(self.0.get())
    }
}

#[cfg(kmod_has = "export:errname")]
fn name_of(errno: i32) -> Option<&'static CStr> {
    // SAFETY: `errname()` may be called with any number. A positive one yields the name without the leading dash.
    let name = unsafe { bindings::errname(-errno) };
    // SAFETY: Unless null, `errname()` returns a NUL-terminated string in the kernel's read-only data.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name.cast()) })
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            // The name prints like a unit struct; names are ASCII, so that the lossless conversion never fails.
            Some(name) => f.debug_tuple(name.to_str().unwrap_or("Error")).finish(),
            None => f.debug_tuple("Error").field(&-self.0.get()).finish(),
        }
    }
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Error {
        code::ENOMEM
    }
}

impl From<TryFromIntError> for Error {
    fn from(_: TryFromIntError) -> Error {
        code::EINVAL
    }
}

impl From<Utf8Error> for Error {
    fn from(_: Utf8Error) -> Error {
        code::EINVAL
    }
}

impl From<LayoutError> for Error {
    fn from(_: LayoutError) -> Error {
        code::ENOMEM
    }
}

impl From<fmt::Error> for Error {
    fn from(_: fmt::Error) -> Error {
        code::EINVAL
    }
}

impl From<core::convert::Infallible> for Error {
    fn from(e: core::convert::Infallible) -> Error {
        match e {}
    }
}

/// A [`Result`](core::result::Result) whose error is an [`Error`] by default.
///
/// A function that can fail and has nothing else to say returns a bare `Result`, C's `int`:
///
/// ```
/// fn check(len: usize) -> Result {
///     if len > 16 {
///         return Err(E2BIG);
///     }
///     Ok(())
/// }
///
/// assert_eq!(check(17), Err(E2BIG));
/// check(16)?;
/// # Ok::<(), Error>(())
/// ```
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

/// Makes a [`Result`] of a C return value: negative is an error, everything else is success.
///
/// ```
/// # use kernel::error::to_result;
/// assert_eq!(to_result(-12), Err(ENOMEM));
/// assert_eq!(to_result(3), Ok(()));
/// ```
#[inline]
pub fn to_result(err: crate::ffi::c_int) -> Result {
    if err < 0 {
        Err(Error::from_errno(err))
    } else {
        Ok(())
    }
}

/// Makes a [`Result`] of a pointer in which C may have encoded an error (`ERR_PTR()`).
///
/// The null pointer is no error.
///
/// ```
/// # use kernel::error::from_err_ptr;
/// assert_eq!(from_err_ptr(ENODEV.to_ptr::<u8>()), Err(ENODEV));
/// assert!(from_err_ptr(core::ptr::null_mut::<u8>())?.is_null());
/// # Ok::<(), Error>(())
/// ```
pub fn from_err_ptr<T>(ptr: *mut T) -> Result<*mut T> {
    let value = ptr.addr() as isize;
    if (-(bindings::MAX_ERRNO as isize)..0).contains(&value) {
        // In range, so neither the cast nor the conversion loses anything.
        Err(Error::from_errno(value as crate::ffi::c_int))
    } else {
        Ok(ptr)
    }
}

/// Runs `f` and returns its value, or its error as a negative number: for callbacks that C calls.
///
/// ```
/// # use kernel::error::from_result;
/// extern "C" fn callback(arg: i32) -> i32 {
///     from_result(|| if arg < 0 { Err(EINVAL) } else { Ok(arg) })
/// }
/// assert_eq!(callback(7), 7);
/// assert_eq!(callback(-1), EINVAL.to_errno());
/// ```
pub fn from_result<T, F>(f: F) -> T
where
    T: From<i16>,
    F: FnOnce() -> Result<T>,
{
    match f() {
        Ok(value) => value,
        // `-MAX_ERRNO` is -4095, which an `i16` holds.
        Err(error) => T::from(error.to_errno() as i16),
    }
}

/// What a default method of a [`#[vtable]`](macros::vtable) trait says when it is called although it never should be.
pub const VTABLE_DEFAULT_ERROR: &str = "This function must not be called, see the #[vtable] documentation.";
