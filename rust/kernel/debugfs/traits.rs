// SPDX-License-Identifier: GPL-2.0

//! What the data of a debugfs file must be able to do.

use crate::{
    alloc::{Allocator, Box, Vec},
    fmt,
    fs::file,
    prelude::*,
    sync::{
        atomic::{Atomic, AtomicBasicOps, AtomicType, Relaxed},
        Arc, Mutex,
    },
    uaccess::{UserSliceReader, UserSliceWriter},
};
use core::{ops::Deref, str::FromStr};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Data that can be written to user space as text.
///
/// Anything with a [`Debug`](fmt::Debug) format can: that, and a newline.
pub trait Writer {
    /// Formats the data.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<T: Writer> Writer for Mutex<T> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().write(f)
    }
}

impl<T: fmt::Debug> Writer for T {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{self:?}")
    }
}

/// Data that can be written to user space as bytes.
pub trait BinaryWriter {
    /// Writes the bytes from `offset` on, moves `offset` and tells how many were written.
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut file::Offset) -> Result<usize>;
}

// The bytes of the value.
impl<T: Immutable + IntoBytes> BinaryWriter for T {
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut file::Offset) -> Result<usize> {
        writer.write_slice_file(self.as_bytes(), offset)
    }
}

// What the lock holds.
impl<T: BinaryWriter> BinaryWriter for Mutex<T> {
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut file::Offset) -> Result<usize> {
        self.lock().write_to_slice(writer, offset)
    }
}

// What the box holds.
impl<T, A> BinaryWriter for Box<T, A>
where
    T: BinaryWriter,
    A: Allocator,
{
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut file::Offset) -> Result<usize> {
        self.deref().write_to_slice(writer, offset)
    }
}

// What the box holds.
impl<T, A> BinaryWriter for Pin<Box<T, A>>
where
    T: BinaryWriter,
    A: Allocator,
{
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut file::Offset) -> Result<usize> {
        self.deref().write_to_slice(writer, offset)
    }
}

// What is shared.
impl<T> BinaryWriter for Arc<T>
where
    T: BinaryWriter,
{
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut file::Offset) -> Result<usize> {
        self.deref().write_to_slice(writer, offset)
    }
}

// The bytes of all elements.
impl<T, A> BinaryWriter for Vec<T, A>
where
    T: Immutable + IntoBytes,
    A: Allocator,
{
    fn write_to_slice(&self, writer: &mut UserSliceWriter, offset: &mut file::Offset) -> Result<usize> {
        writer.write_slice_file(self.as_slice().as_bytes(), offset)
    }
}

/// Data that can be read from text of user space, through a shared reference.
pub trait Reader {
    /// Takes over what one `write(2)` brought.
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result;
}

/// Parses all of `reader`, without the white space around it; [`EINVAL`] if that is long or not a `T`.
fn parse<T: FromStr>(reader: &mut UserSliceReader) -> Result<T> {
    let mut buf = [0u8; 128];
    let text = buf.get_mut(..reader.len()).ok_or(EINVAL)?;
    reader.read_slice(text)?;
    core::str::from_utf8(text)?.trim().parse().map_err(|_| EINVAL)
}

// A new value by its `FromStr`.
impl<T: FromStr + Unpin> Reader for Mutex<T> {
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result {
        let value = parse(reader)?;
        *self.lock() = value;
        Ok(())
    }
}

// A new value by its `FromStr`.
impl<T: AtomicType + FromStr> Reader for Atomic<T>
where
    T::Repr: AtomicBasicOps,
{
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result {
        self.store(parse(reader)?, Relaxed);
        Ok(())
    }
}

/// Data that can be read from bytes of user space, through an exclusive reference.
pub trait BinaryReaderMut {
    /// Takes over bytes from `offset` on, moves `offset` and tells how many were taken.
    fn read_from_slice_mut(&mut self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize>;
}

// The bytes of the value.
impl<T: FromBytes + IntoBytes> BinaryReaderMut for T {
    fn read_from_slice_mut(&mut self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize> {
        reader.read_slice_file(self.as_mut_bytes(), offset)
    }
}

// What the box holds.
impl<T: ?Sized + BinaryReaderMut, A: Allocator> BinaryReaderMut for Box<T, A> {
    fn read_from_slice_mut(&mut self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize> {
        (**self).read_from_slice_mut(reader, offset)
    }
}

// The bytes of all elements; the length stays.
impl<T, A> BinaryReaderMut for Vec<T, A>
where
    T: FromBytes + IntoBytes,
    A: Allocator,
{
    fn read_from_slice_mut(&mut self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize> {
        reader.read_slice_file(self.as_mut_slice().as_mut_bytes(), offset)
    }
}

/// Data that can be read from bytes of user space, through a shared reference.
pub trait BinaryReader {
    /// Takes over bytes from `offset` on, moves `offset` and tells how many were taken.
    fn read_from_slice(&self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize>;
}

// What the lock holds.
impl<T: BinaryReaderMut + Unpin> BinaryReader for Mutex<T> {
    fn read_from_slice(&self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize> {
        self.lock().read_from_slice_mut(reader, offset)
    }
}

// What the box holds.
impl<T: ?Sized + BinaryReader, A: Allocator> BinaryReader for Box<T, A> {
    fn read_from_slice(&self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize> {
        self.deref().read_from_slice(reader, offset)
    }
}

// What the box holds.
impl<T: ?Sized + BinaryReader, A: Allocator> BinaryReader for Pin<Box<T, A>> {
    fn read_from_slice(&self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize> {
        self.deref().read_from_slice(reader, offset)
    }
}

// What is shared.
impl<T: ?Sized + BinaryReader> BinaryReader for Arc<T> {
    fn read_from_slice(&self, reader: &mut UserSliceReader, offset: &mut file::Offset) -> Result<usize> {
        self.deref().read_from_slice(reader, offset)
    }
}
