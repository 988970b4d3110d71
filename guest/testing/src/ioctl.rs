// SPDX-License-Identifier: MIT OR Apache-2.0
//! ioctls whose number states the size of what they move (`include/uapi/asm-generic/ioctl.h`).
use rustix::ioctl::{IoctlOutput, Opcode, opcode};
use std::{ffi::c_void, io, os::fd::AsFd};

/// An ioctl of a driver under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ioctl {
    opcode: Opcode,
    size: usize,
}

/// An ioctl without an argument (`_IO`).
pub const fn io(group: u8, number: u8) -> Ioctl {
    Ioctl { opcode: opcode::none(group, number), size: 0 }
}

/// An ioctl that returns a `T` (`_IOR`).
pub const fn ior<T>(group: u8, number: u8) -> Ioctl {
    Ioctl { opcode: opcode::read::<T>(group, number), size: size_of::<T>() }
}

/// An ioctl that takes a `T` (`_IOW`).
pub const fn iow<T>(group: u8, number: u8) -> Ioctl {
    Ioctl { opcode: opcode::write::<T>(group, number), size: size_of::<T>() }
}

/// An ioctl that takes and returns a `T` (`_IOWR`).
pub const fn iowr<T>(group: u8, number: u8) -> Ioctl {
    Ioctl { opcode: opcode::read_write::<T>(group, number), size: size_of::<T>() }
}

/// Forgets what a block device holds: takes the first byte and the number of bytes, as `u64`s. Older than the convention:
/// the number does not say so.
pub const BLKDISCARD: Ioctl = Ioctl { opcode: opcode::none(0x12, 119), size: 16 };

/// As [`BLKDISCARD`], and writes zeros.
pub const BLKZEROOUT: Ioctl = Ioctl { opcode: opcode::none(0x12, 127), size: 16 };

impl Ioctl {
    /// Calls it; the driver reads its argument from `data` and writes it back there. Returns the driver's own result.
    ///
    /// # Panics
    /// If `data` is not as long as the ioctl's number says: a test's mistake.
    pub fn call(self, file: impl AsFd, data: &mut [u8]) -> io::Result<i32> {
        assert_eq!(data.len(), self.size, "the ioctl moves {} bytes", self.size);
        let argument = if data.is_empty() { std::ptr::null_mut() } else { data.as_mut_ptr().cast() };
        // SAFETY: A driver moves as many bytes as the number, or the documentation of the constant, states, the kernel's copy functions fault on others than mapped
        // ones, and `data` is that long, initialised and exclusively ours; no byte pattern is invalid for `u8`.
        Ok(unsafe { rustix::ioctl::ioctl(file, Raw { opcode: self.opcode, argument }) }?)
    }

    /// [`Ioctl::call`] with a number.
    pub fn call_u32(self, file: impl AsFd, value: u32) -> io::Result<u32> {
        let mut bytes = value.to_ne_bytes();
        self.call(file, &mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }
}

struct Raw {
    opcode: Opcode,
    argument: *mut c_void,
}

// SAFETY: `as_ptr` is the buffer that `Ioctl::call` checked, and `output_from_ptr` does not look into it.
unsafe impl rustix::ioctl::Ioctl for Raw {
    type Output = i32;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        self.opcode
    }

    fn as_ptr(&mut self) -> *mut c_void {
        self.argument
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> rustix::io::Result<i32> {
        Ok(out)
    }
}
