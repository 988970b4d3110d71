// SPDX-License-Identifier: GPL-2.0

//! Copies to and from the memory of the current user-space process.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)
//!
//! The address comes from user space, so it is only ever handed to the kernel's checked copy functions. A
//! [`UserSlice`] turns into a reader, a writer or both, each of which goes through the bytes once, from the start:
//! user space may change its memory at any time, so data that was checked and then read again may differ.
//!
//! # Examples
//!
//! ```
//! use kernel::uaccess::UserSlice;
//!
//! /// Replaces the number behind `arg` by the next one.
//! fn increment(arg: UserPtr) -> Result {
//!     let (mut reader, mut writer) = UserSlice::new(arg, size_of::<u32>()).reader_writer();
//!     let value = reader.read::<u32>()?;
//!     writer.write(&value.checked_add(1).ok_or(EOVERFLOW)?)
//! }
//! # let _ = increment;
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use crate::{
    alloc::{Allocator, Flags, Vec},
    bindings,
    dma::Coherent,
    error::{code::*, Result},
    ffi::{c_char, c_void},
    fs::file,
    ptr::KnownSize,
    str::CStr,
    transmute::{AsBytes, FromBytes},
};
use core::mem::MaybeUninit;

/// An address in user space.
///
/// It may be null, dangling or point into the kernel: nothing is known about it until a copy succeeds.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct UserPtr(*mut c_void);

impl UserPtr {
    /// A user pointer from a number, as an `ioctl` argument is.
    #[inline]
    pub fn from_addr(addr: usize) -> Self {
        Self(core::ptr::without_provenance_mut(addr))
    }

    /// A user pointer from a C `void __user *`.
    #[inline]
    pub fn from_ptr(addr: *mut c_void) -> Self {
        Self(addr)
    }

    /// The address, as C's `const void __user *`.
    #[inline]
    pub fn as_const_ptr(self) -> *const c_void {
        self.0
    }

    /// The address, as C's `void __user *`.
    #[inline]
    pub fn as_mut_ptr(self) -> *mut c_void {
        self.0
    }

    /// The address `add` bytes further, wrapping around at the end of the address space.
    #[inline]
    pub fn wrapping_byte_add(self, add: usize) -> UserPtr {
        UserPtr(self.0.wrapping_byte_add(add))
    }
}

/// A piece of user-space memory, not yet looked at.
///
/// Create it once for a piece of memory and read each byte once: see the [module's page](self).
pub struct UserSlice {
    ptr: UserPtr,
    length: usize,
}

impl UserSlice {
    /// The `length` bytes from `ptr` on.
    ///
    /// Any values do: a slice that is not entirely within the process's memory makes the copies fail.
    pub fn new(ptr: UserPtr, length: usize) -> Self {
        UserSlice { ptr, length }
    }

    /// Appends all bytes to `buf`.
    ///
    /// Fails with [`EFAULT`] if the memory cannot be read; `buf` then has the length that it had.
    pub fn read_all<A: Allocator>(self, buf: &mut Vec<u8, A>, flags: Flags) -> Result {
        self.reader().read_all(buf, flags)
    }

    /// A reader from the start.
    pub fn reader(self) -> UserSliceReader {
        UserSliceReader { ptr: self.ptr, length: self.length }
    }

    /// A writer from the start.
    pub fn writer(self) -> UserSliceWriter {
        UserSliceWriter { ptr: self.ptr, length: self.length }
    }

    /// A reader and a writer, each from the start, for data that is answered in place.
    pub fn reader_writer(self) -> (UserSliceReader, UserSliceWriter) {
        (UserSliceReader { ptr: self.ptr, length: self.length }, UserSliceWriter { ptr: self.ptr, length: self.length })
    }
}

/// Reads user-space memory from front to end.
pub struct UserSliceReader {
    ptr: UserPtr,
    length: usize,
}

impl UserSliceReader {
    fn advance(&mut self, count: usize) {
        self.ptr = self.ptr.wrapping_byte_add(count);
        self.length -= count;
    }

    /// Passes over `num_skip` bytes.
    ///
    /// Fails with [`EFAULT`] if fewer are left.
    pub fn skip(&mut self, num_skip: usize) -> Result {
        if num_skip > self.length {
            return Err(EFAULT);
        }
        self.advance(num_skip);
        Ok(())
    }

    /// Another reader at the same place.
    ///
    /// Bytes read through both may differ.
    pub fn clone_reader(&self) -> UserSliceReader {
        UserSliceReader { ptr: self.ptr, length: self.length }
    }

    /// How many bytes are left.
    ///
    /// This says nothing about whether they can be read.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether no bytes are left.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Fills `out`, which is initialised entirely when this succeeds.
    ///
    /// Fails with [`EFAULT`] if fewer bytes are left or the memory cannot be read; what `out` then holds is unspecified.
    pub fn read_raw(&mut self, out: &mut [MaybeUninit<u8>]) -> Result {
        if out.len() > self.length {
            return Err(EFAULT);
        }
        // SAFETY: `out` is valid for writes of its length; any user address is allowed.
        let missing = unsafe { bindings::copy_from_user(out.as_mut_ptr().cast(), self.ptr.as_const_ptr(), out.len()) };
        if missing != 0 {
            return Err(EFAULT);
        }
        self.advance(out.len());
        Ok(())
    }

    /// Fills `out`.
    ///
    /// Fails as [`read_raw`](Self::read_raw) does.
    pub fn read_slice(&mut self, out: &mut [u8]) -> Result {
        // SAFETY: `MaybeUninit<u8>` is laid out as `u8`, and `read_raw` writes initialised bytes only.
        let out = unsafe { &mut *(core::ptr::from_mut(out) as *mut [MaybeUninit<u8>]) };
        self.read_raw(out)
    }

    /// Fills `out` from `offset` on with as many bytes as are left and fit; tells how many.
    ///
    /// That is 0 for an `offset` at or past the end of `out`.
    pub fn read_slice_partial(&mut self, out: &mut [u8], offset: usize) -> Result<usize> {
        let end = offset.saturating_add(self.length).min(out.len());
        let Some(out) = out.get_mut(offset..end) else {
            return Ok(0);
        };
        self.read_slice(out)?;
        Ok(out.len())
    }

    /// Fills `out` from a file position on, as `write(2)` on a file that has `out` as its contents, and moves the
    /// position.
    ///
    /// Fails with [`EINVAL`] for a negative position. What does not fit is not read.
    pub fn read_slice_file(&mut self, out: &mut [u8], offset: &mut file::Offset) -> Result<usize> {
        file_transfer(offset, |offset| self.read_slice_partial(out, offset))
    }

    /// Reads one value.
    ///
    /// Fails as [`read_raw`](Self::read_raw) does.
    pub fn read<T: FromBytes>(&mut self) -> Result<T> {
        if size_of::<T>() > self.length {
            return Err(EFAULT);
        }
        let mut out = MaybeUninit::<T>::uninit();
        // SAFETY: `out` has room for a `T`; any user address is allowed.
        let missing = unsafe { copy_from_user(out.as_mut_ptr().cast(), self.ptr, size_of::<T>()) };
        if missing != 0 {
            return Err(EFAULT);
        }
        self.advance(size_of::<T>());
        // SAFETY: all bytes are initialised, and `T: FromBytes` accepts any.
        Ok(unsafe { out.assume_init() })
    }

    /// Appends all remaining bytes to `buf`.
    ///
    /// Fails with [`EFAULT`] if the memory cannot be read; `buf` then has the length that it had.
    pub fn read_all<A: Allocator>(mut self, buf: &mut Vec<u8, A>, flags: Flags) -> Result {
        let len = self.length;
        buf.reserve(len, flags)?;

        // The capacity may be larger than what was asked for.
        let spare = buf.spare_capacity_mut().get_mut(..len).ok_or(ENOMEM)?;
        self.read_raw(spare)?;
        // SAFETY: the `len` elements after the current length are initialised, and within the capacity.
        unsafe { buf.inc_len(len) };
        Ok(())
    }

    /// Reads a NUL-terminated string into `buf` and returns it.
    ///
    /// Fails with [`EFAULT`] if no NUL is among the reader's bytes or the memory cannot be read, and with [`E2BIG`] if
    /// the string with its NUL does not fit into `buf`.
    ///
    /// ```
    /// use kernel::uaccess::UserSlice;
    ///
    /// /// A name of up to 15 characters.
    /// fn name(arg: UserPtr, buf: &mut [u8; 16]) -> Result<&CStr> {
    ///     UserSlice::new(arg, buf.len()).reader().strcpy_into_buf(buf)
    /// }
    ///
    /// // The first page is never mapped.
    /// assert_eq!(name(UserPtr::from_addr(1), &mut [0; 16]).err(), Some(EFAULT));
    /// ```
    pub fn strcpy_into_buf(self, buf: &mut [u8]) -> Result<&CStr> {
        if buf.is_empty() {
            return Err(EINVAL);
        }
        let max = self.length.min(buf.len());

        // SAFETY: `buf` is valid for writes of `max` bytes; any user address is allowed.
        let len = unsafe {
            bindings::strncpy_from_user(
                buf.as_mut_ptr().cast::<c_char>(),
                self.ptr.as_const_ptr().cast::<c_char>(),
                max as isize,
            )
        };
        let len = usize::try_from(len).map_err(|_| EFAULT)?;
        if len == max {
            // No NUL was met: `strncpy_from_user` stopped at the end of the shorter of the two.
            return Err(if max == buf.len() { E2BIG } else { EFAULT });
        }
        CStr::from_bytes_with_nul(buf.get(..=len).ok_or(EFAULT)?).map_err(|_| EFAULT)
    }
}

/// Writes user-space memory from front to end.
pub struct UserSliceWriter {
    ptr: UserPtr,
    length: usize,
}

impl UserSliceWriter {
    fn advance(&mut self, count: usize) {
        self.ptr = self.ptr.wrapping_byte_add(count);
        self.length -= count;
    }

    /// How many bytes can still be written.
    ///
    /// This says nothing about whether the memory is there.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing more can be written.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Copies `count` bytes from `src` to the place reached, and moves on.
    ///
    /// # Safety
    ///
    /// `src` must be valid for reads of `count` bytes, which may change meanwhile only as device memory does.
    unsafe fn write_raw(&mut self, src: *const u8, count: usize) -> Result {
        if count > self.length {
            return Err(EFAULT);
        }
        // SAFETY: `src` is as the caller promises; any user address is allowed.
        let missing = unsafe { bindings::copy_to_user(self.ptr.as_mut_ptr(), src.cast(), count) };
        if missing != 0 {
            return Err(EFAULT);
        }
        self.advance(count);
        Ok(())
    }

    /// Writes `data`.
    ///
    /// Fails with [`EFAULT`] if it does not fit or the memory cannot be written; a part may have been written then.
    pub fn write_slice(&mut self, data: &[u8]) -> Result {
        // SAFETY: a slice is valid for reads of its length.
        unsafe { self.write_raw(data.as_ptr(), data.len()) }
    }

    /// Writes `count` bytes of a DMA buffer, from its byte `offset` on.
    ///
    /// The device may change the buffer meanwhile: user space may see a mix of old and new bytes.
    /// Fails with [`ERANGE`] if the bytes are not all within the buffer, else as [`write_slice`](Self::write_slice).
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{dma::Coherent, uaccess::UserSliceWriter};
    ///
    /// /// Shows the second page of a ring of descriptors.
    /// fn dump(writer: &mut UserSliceWriter, ring: &Coherent<[u64]>) -> Result {
    ///     writer.write_dma(ring, 4096, 4096)
    /// }
    /// # let _ = dump;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn write_dma<T: KnownSize + AsBytes + ?Sized>(
        &mut self,
        alloc: &Coherent<T>,
        offset: usize,
        count: usize,
    ) -> Result {
        if offset.checked_add(count).ok_or(EOVERFLOW)? > alloc.size() {
            return Err(ERANGE);
        }
        let src = alloc.as_ptr().cast::<u8>().wrapping_add(offset);
        // SAFETY: the range was just checked to be within the allocation, which lives as long as `alloc`.
        unsafe { self.write_raw(src, count) }
    }

    /// Writes as much of `data` from `offset` on as fits; tells how many bytes that were.
    ///
    /// That is 0 for an `offset` at or past the end of `data`.
    pub fn write_slice_partial(&mut self, data: &[u8], offset: usize) -> Result<usize> {
        let end = offset.saturating_add(self.length).min(data.len());
        let Some(data) = data.get(offset..end) else {
            return Ok(0);
        };
        self.write_slice(data)?;
        Ok(data.len())
    }

    /// Writes `data` from a file position on, as `read(2)` on a file that has `data` as its contents, and moves the
    /// position.
    ///
    /// Fails with [`EINVAL`] for a negative position.
    pub fn write_slice_file(&mut self, data: &[u8], offset: &mut file::Offset) -> Result<usize> {
        file_transfer(offset, |offset| self.write_slice_partial(data, offset))
    }

    /// Writes one value.
    ///
    /// Fails as [`write_slice`](Self::write_slice) does.
    pub fn write<T: AsBytes>(&mut self, value: &T) -> Result {
        if size_of::<T>() > self.length {
            return Err(EFAULT);
        }
        // SAFETY: a reference is valid for reads of its size, and `T: AsBytes` has no uninitialised bytes; any user
        // address is allowed.
        let missing = unsafe { copy_to_user(self.ptr, core::ptr::from_ref(value).cast(), size_of::<T>()) };
        if missing != 0 {
            return Err(EFAULT);
        }
        self.advance(size_of::<T>());
        Ok(())
    }
}

/// `copy_from_user()` without hardened usercopy's look at `to`, which C too leaves out where the compiler knows the size.
/// Returns how many bytes were not copied.
///
/// # Safety
///
/// `to` must be valid for writes of `count` bytes.
#[inline]
unsafe fn copy_from_user(to: *mut c_void, from: UserPtr, count: usize) -> usize {
    #[cfg(kmod_has = "export:_copy_from_user")]
    // SAFETY: The caller promises room; any user address is allowed.
    unsafe {
        bindings::_copy_from_user(to, from.as_const_ptr(), count)
    }
    // Since v6.12 ("x86: support user address masking instead of non-speculative conditional") it is inline on x86.
    #[cfg(not(kmod_has = "export:_copy_from_user"))]
    // SAFETY: As above.
    unsafe {
        bindings::inline_copy_from_user(to, from.as_const_ptr(), count)
    }
}

/// `copy_to_user()`, as [`copy_from_user`].
///
/// # Safety
///
/// `from` must be valid for reads of `count` bytes, all initialised.
#[inline]
unsafe fn copy_to_user(to: UserPtr, from: *const c_void, count: usize) -> usize {
    #[cfg(kmod_has = "export:_copy_to_user")]
    // SAFETY: The caller promises the bytes; any user address is allowed.
    unsafe {
        bindings::_copy_to_user(to.as_mut_ptr(), from, count)
    }
    #[cfg(not(kmod_has = "export:_copy_to_user"))]
    // SAFETY: As above.
    unsafe {
        bindings::inline_copy_to_user(to.as_mut_ptr(), from, count)
    }
}

/// Runs `transfer` at a file position and moves the position by what was transferred.
fn file_transfer(offset: &mut file::Offset, transfer: impl FnOnce(usize) -> Result<usize>) -> Result<usize> {
    if offset.is_negative() {
        return Err(EINVAL);
    }
    let Ok(index) = usize::try_from(*offset) else {
        // Past the end of anything that can be in memory.
        return Ok(0);
    };
    let count = transfer(index)?;
    // No overflow: `index + count` is at most the length of a slice.
    *offset += count as file::Offset;
    Ok(count)
}
