// SPDX-License-Identifier: GPL-2.0
//! The numbers of ioctls.
//!
//! C header: [`include/asm-generic/ioctl.h`](srctree/include/asm-generic/ioctl.h)
//!
//! All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::ioctl::{_IOC_NR, _IOC_SIZE, _IOR};
//!
//! const GET: u32 = _IOR::<u64>('x' as u32, 3);
//! assert_eq!((_IOC_NR(GET), _IOC_SIZE(GET)), (3, 8));
//! ```

#![expect(non_snake_case)]

use crate::build_assert::build_assert;

const NONE: u32 = uapi::_IOC_NONE as u32;
const READ: u32 = uapi::_IOC_READ as u32;
const WRITE: u32 = uapi::_IOC_WRITE as u32;

/// The number of an ioctl, from its parts.
#[inline(always)]
const fn _IOC(dir: u32, ty: u32, nr: u32, size: usize) -> u32 {
    build_assert!(dir <= uapi::_IOC_DIRMASK as u32);
    build_assert!(ty <= uapi::_IOC_TYPEMASK as u32);
    build_assert!(nr <= uapi::_IOC_NRMASK as u32);
    build_assert!(size <= uapi::_IOC_SIZEMASK as usize);

    (dir << uapi::_IOC_DIRSHIFT)
        | (ty << uapi::_IOC_TYPESHIFT)
        | (nr << uapi::_IOC_NRSHIFT)
        | ((size as u32) << uapi::_IOC_SIZESHIFT)
}

/// An ioctl without an argument.
#[inline(always)]
pub const fn _IO(ty: u32, nr: u32) -> u32 {
    _IOC(NONE, ty, nr, 0)
}

/// An ioctl that reads: it writes a `T` to user space.
#[inline(always)]
pub const fn _IOR<T>(ty: u32, nr: u32) -> u32 {
    _IOC(READ, ty, nr, size_of::<T>())
}

/// An ioctl that writes: it reads a `T` from user space.
#[inline(always)]
pub const fn _IOW<T>(ty: u32, nr: u32) -> u32 {
    _IOC(WRITE, ty, nr, size_of::<T>())
}

/// An ioctl that reads a `T` from user space and writes one back.
#[inline(always)]
pub const fn _IOWR<T>(ty: u32, nr: u32) -> u32 {
    _IOC(READ | WRITE, ty, nr, size_of::<T>())
}

/// The direction of an ioctl.
pub const fn _IOC_DIR(nr: u32) -> u32 {
    (nr >> uapi::_IOC_DIRSHIFT) & uapi::_IOC_DIRMASK as u32
}

/// The type of an ioctl: the letter of its driver.
pub const fn _IOC_TYPE(nr: u32) -> u32 {
    (nr >> uapi::_IOC_TYPESHIFT) & uapi::_IOC_TYPEMASK as u32
}

/// The number of an ioctl among those of its type.
pub const fn _IOC_NR(nr: u32) -> u32 {
    (nr >> uapi::_IOC_NRSHIFT) & uapi::_IOC_NRMASK as u32
}

/// The size of the argument of an ioctl.
pub const fn _IOC_SIZE(nr: u32) -> usize {
    ((nr >> uapi::_IOC_SIZESHIFT) & uapi::_IOC_SIZEMASK as u32) as usize
}
