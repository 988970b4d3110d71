// SPDX-License-Identifier: GPL-2.0
//! Viewing values as bytes and bytes as values.
//!
//! C headers: none. All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::transmute::{AsBytes, FromBytes};
//!
//! let value = u32::from_bytes_copy(&[1, 0, 0, 0]).ok_or(EINVAL)?;
//! assert_eq!(value.to_le(), 1);
//! assert_eq!(AsBytes::as_bytes(&value), &[1, 0, 0, 0]);
//! # Ok::<(), Error>(())
//! ```

/// Types of which any bytes are a value.
///
/// Each of the functions returns [`None`] when the bytes are too few, too many or not aligned, as it cannot do without.
///
/// ```
/// use kernel::transmute::FromBytes;
///
/// let bytes = [1u8, 2, 3, 4];
/// assert_eq!(<[u8; 4]>::from_bytes(&bytes), Some(&bytes));
/// assert_eq!(<[u8; 3]>::from_bytes(&bytes), None);
/// assert_eq!(<[u8; 3]>::from_bytes_prefix(&bytes), Some((&[1, 2, 3], &[4u8][..])));
/// ```
///
/// # Safety
///
/// Any bytes are a valid value of the type, and the type has no interior mutability.
pub unsafe trait FromBytes {
    /// Views all of `bytes`.
    fn from_bytes(bytes: &[u8]) -> Option<&Self>
    where
        Self: Sized,
    {
        Self::from_bytes_prefix(bytes).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
    }

    /// Views the start of `bytes`, and returns the rest too.
    fn from_bytes_prefix(bytes: &[u8]) -> Option<(&Self, &[u8])>
    where
        Self: Sized,
    {
        let (start, rest) = bytes.split_at_checked(size_of::<Self>())?;
        let value = start.as_ptr().cast::<Self>();
        if !value.is_aligned() {
            return None;
        }
        // SAFETY: `value` is aligned and valid for the size of the type, as long as `bytes` is; any bytes are a valid
        // value.
        Some((unsafe { &*value }, rest))
    }

    /// Views all of `bytes`, to change them.
    ///
    /// ```
    /// use kernel::transmute::{AsBytes, FromBytes};
    ///
    /// let mut entry = 0u64;
    /// let (low, high) = u32::from_bytes_mut_prefix(AsBytes::as_bytes_mut(&mut entry)).ok_or(EINVAL)?;
    /// *low = u32::MAX;
    /// *u32::from_bytes_mut(high).ok_or(EINVAL)? = u32::MAX;
    /// assert_eq!(entry, u64::MAX);
    /// # Ok::<(), Error>(())
    /// ```
    fn from_bytes_mut(bytes: &mut [u8]) -> Option<&mut Self>
    where
        Self: AsBytes + Sized,
    {
        Self::from_bytes_mut_prefix(bytes).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
    }

    /// Views the start of `bytes`, to change it, and returns the rest too.
    fn from_bytes_mut_prefix(bytes: &mut [u8]) -> Option<(&mut Self, &mut [u8])>
    where
        Self: AsBytes + Sized,
    {
        let (start, rest) = bytes.split_at_mut_checked(size_of::<Self>())?;
        let value = start.as_mut_ptr().cast::<Self>();
        if !value.is_aligned() {
            return None;
        }
        // SAFETY: `value` is aligned, and valid and exclusively borrowed for the size of the type, as long as `bytes`
        // is; any bytes are a valid value, and any value leaves initialised bytes.
        Some((unsafe { &mut *value }, rest))
    }

    /// Copies all of `bytes`, which need not be aligned.
    fn from_bytes_copy(bytes: &[u8]) -> Option<Self>
    where
        Self: Sized,
    {
        Self::from_bytes_copy_prefix(bytes).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
    }

    /// Copies the start of `bytes`, which need not be aligned, and returns the rest too.
    fn from_bytes_copy_prefix(bytes: &[u8]) -> Option<(Self, &[u8])>
    where
        Self: Sized,
    {
        let (start, rest) = bytes.split_at_checked(size_of::<Self>())?;
        // SAFETY: `start` is valid for the size of the type, and any bytes are a valid value.
        Some((unsafe { start.as_ptr().cast::<Self>().read_unaligned() }, rest))
    }
}

/// Types whose values consist of initialised bytes only.
///
/// ```
/// use kernel::transmute::AsBytes;
///
/// #[repr(C)]
/// struct Command {
///     opcode: u8,
///     flags: u8,
/// }
/// // SAFETY: Two bytes without padding.
/// unsafe impl AsBytes for Command {}
///
/// assert_eq!(Command { opcode: 6, flags: 1 }.as_bytes(), &[6, 1]);
/// ```
///
/// # Safety
///
/// Values contain no padding or other uninitialised bytes, and the type has no interior mutability.
pub unsafe trait AsBytes {
    /// The bytes of the value.
    fn as_bytes(&self) -> &[u8] {
        // SAFETY: All bytes of the value are initialised, and none changes while it is borrowed.
        unsafe { core::slice::from_raw_parts(core::ptr::from_ref(self).cast::<u8>(), size_of_val(self)) }
    }

    /// The bytes of the value, to change them.
    fn as_bytes_mut(&mut self) -> &mut [u8]
    where
        Self: FromBytes,
    {
        let size = size_of_val(self);
        // SAFETY: All bytes of the value are initialised and exclusively borrowed; any bytes that are written are a
        // valid value.
        unsafe { core::slice::from_raw_parts_mut(core::ptr::from_mut(self).cast::<u8>(), size) }
    }
}

macro_rules! impl_from_bytes {
    ($($({$($vars:tt)*})? $ty:ty,)*) => {$(
        // SAFETY: An integer, or nothing, or an array or a slice of what fulfils the requirements itself.
        unsafe impl$(<$($vars)*>)? FromBytes for $ty {}
    )*};
}

macro_rules! impl_as_bytes {
    ($($({$($vars:tt)*})? $ty:ty,)*) => {$(
        // SAFETY: It has no padding: an integer, or `bool`, `char` or `str`, or nothing, or an array or a slice of what
        // fulfils the requirements itself.
        unsafe impl$(<$($vars)*>)? AsBytes for $ty {}
    )*};
}

impl_from_bytes! {
    (),
    {T} core::marker::PhantomData<T>,
    u8, u16, u32, u64, usize, u128,
    i8, i16, i32, i64, isize, i128,
    {T: FromBytes} [T],
    {T: FromBytes, const N: usize} [T; N],
}

impl_as_bytes! {
    (),
    {T} core::marker::PhantomData<T>,
    u8, u16, u32, u64, usize, u128,
    i8, i16, i32, i64, isize, i128,
    bool, char, str,
    {T: AsBytes} [T],
    {T: AsBytes, const N: usize} [T; N],
}
