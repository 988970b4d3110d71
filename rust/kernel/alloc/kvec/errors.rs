// SPDX-License-Identifier: GPL-2.0
//! What can go wrong with a [`Vec`](super::Vec) besides allocating.
//!
//! C headers: none. All supported kernels have what this module needs.

use crate::{
    error::{code::*, Error},
    fmt,
};

/// There was no room for the element, which the error gives back.
pub struct PushError<T>(pub T);

impl<T> fmt::Debug for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not enough capacity")
    }
}

impl<T> From<PushError<T>> for Error {
    fn from(_: PushError<T>) -> Error {
        // Room is what is missing, not the system's memory: there was no attempt to allocate.
        EINVAL
    }
}

/// There is no element with that index.
pub struct RemoveError;

impl fmt::Debug for RemoveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("index out of bounds")
    }
}

impl From<RemoveError> for Error {
    fn from(_: RemoveError) -> Error {
        EINVAL
    }
}

/// The element could not be inserted; the error gives it back.
pub enum InsertError<T> {
    /// The index lies behind the end.
    IndexOutOfBounds(T),
    /// There was no room.
    OutOfCapacity(T),
}

impl<T> fmt::Debug for InsertError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InsertError::IndexOutOfBounds(_) => "index out of bounds",
            InsertError::OutOfCapacity(_) => "not enough capacity",
        })
    }
}

impl<T> From<InsertError<T>> for Error {
    fn from(_: InsertError<T>) -> Error {
        EINVAL
    }
}
