// SPDX-License-Identifier: GPL-2.0
//! Strings: bytes without an encoding, C strings, and formatting into buffers.
//!
//! C headers: [`include/linux/string.h`](srctree/include/linux/string.h),
//! [`include/linux/kstrtox.h`](srctree/include/linux/kstrtox.h)
//!
//! All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::str::{CStrExt as _, CString};
//!
//! let name = CString::try_from_fmt(fmt!("port{}", 3))?;
//! assert_eq!(&*name, c"port3");
//! assert_eq!(&*name.to_ascii_uppercase()?, c"PORT3");
//! # Ok::<(), Error>(())
//! ```

use crate::{
    alloc::{flags::GFP_KERNEL, AllocError, KVec},
    error::{code::*, to_result, Error, Result},
    ffi::c_char,
    fmt::{self, Write},
};
use core::{
    marker::PhantomData,
    ops::{Deref, DerefMut, Index},
};

pub use crate::prelude::CStr;

pub mod parse_int;

/// A string of bytes that need not be UTF-8.
#[repr(transparent)]
pub struct BStr([u8]);

impl BStr {
    /// The number of bytes.
    #[inline]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no bytes.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Views bytes as a [`BStr`].
    #[inline]
    pub const fn from_bytes(bytes: &[u8]) -> &Self {
        // SAFETY: `BStr` is transparent over `[u8]`.
        unsafe { &*(core::ptr::from_ref(bytes) as *const BStr) }
    }

    /// What follows `pattern`, if the string begins with it.
    ///
    /// ```
    /// # use kernel::b_str;
    /// assert_eq!(Some(b_str!("bar")), b_str!("foobar").strip_prefix(b_str!("foo")));
    /// assert_eq!(None, b_str!("foobar").strip_prefix(b_str!("bar")));
    /// ```
    pub fn strip_prefix(&self, pattern: impl AsRef<Self>) -> Option<&BStr> {
        self.0.strip_prefix(&pattern.as_ref().0).map(Self::from_bytes)
    }
}

impl fmt::Display for BStr {
    /// Prints printable ASCII as it is, some control characters as Rust writes them, and everything else as `\xNN`.
    ///
    /// ```
    /// # use kernel::{b_str, str::CString};
    /// let ascii = CString::try_from_fmt(fmt!("{}", b_str!("Tab\tdone")))?;
    /// assert_eq!(ascii.to_bytes(), b"Tab\\tdone");
    /// # Ok::<(), Error>(())
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| write_escaped(f, byte))
    }
}

impl fmt::Debug for BStr {
    /// As [`Display`](fmt::Display), in double quotes; quotes and backslashes are escaped too.
    ///
    /// ```
    /// # use kernel::{b_str, str::CString};
    /// let text = CString::try_from_fmt(fmt!("{:?}", b_str!("say \"hi\"")))?;
    /// assert_eq!(text.to_bytes(), br#""say \"hi\"""#);
    /// # Ok::<(), Error>(())
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for &byte in &self.0 {
            match byte {
                b'"' => f.write_str("\\\"")?,
                b'\\' => f.write_str("\\\\")?,
                _ => write_escaped(f, byte)?,
            }
        }
        f.write_char('"')
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, byte: u8) -> fmt::Result {
    match byte {
        b'\t' => f.write_str("\\t"),
        b'\n' => f.write_str("\\n"),
        b'\r' => f.write_str("\\r"),
        b' '..=b'~' => f.write_char(char::from(byte)),
        _ => write!(f, "\\x{byte:02x}"),
    }
}

impl Deref for BStr {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for BStr {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for BStr {}

impl<Idx> Index<Idx> for BStr
where
    [u8]: Index<Idx, Output = [u8]>,
{
    type Output = Self;

    fn index(&self, index: Idx) -> &Self {
        BStr::from_bytes(&self.0[index])
    }
}

impl AsRef<BStr> for [u8] {
    fn as_ref(&self) -> &BStr {
        BStr::from_bytes(self)
    }
}

impl AsRef<BStr> for BStr {
    fn as_ref(&self) -> &BStr {
        self
    }
}

impl AsRef<BStr> for CStr {
    fn as_ref(&self) -> &BStr {
        BStr::from_bytes(self.to_bytes())
    }
}

/// Makes a [`BStr`] of a string literal.
///
/// ```
/// use kernel::{b_str, str::BStr};
///
/// const NAME: &BStr = b_str!("name");
/// assert_eq!(NAME.len(), 4);
/// ```
#[macro_export]
macro_rules! b_str {
    ($str:literal) => {{
        const S: &'static str = $str;
        const C: &'static $crate::str::BStr = $crate::str::BStr::from_bytes(S.as_bytes());
        C
    }};
}

/// The address of a C string, also in const context, where the method of [`CStrExt`] cannot be called.
///
/// ```
/// use kernel::str::as_char_ptr_in_const_context;
///
/// const NAME: *const c_char = as_char_ptr_in_const_context(c"name");
/// // SAFETY: `NAME` points to a literal of five bytes.
/// assert_eq!(unsafe { *NAME }, b'n');
/// ```
#[inline]
pub const fn as_char_ptr_in_const_context(c_str: &CStr) -> *const c_char {
    c_str.as_ptr().cast()
}

mod private {
    pub trait Sealed {}

    impl Sealed for super::CStr {}
}

/// What the kernel adds to [`CStr`].
///
/// # Examples
///
/// ```
/// let mut name = c"ttyS0".to_cstring()?;
/// name.make_ascii_lowercase();
/// assert_eq!(&*name, c"ttys0");
/// assert_eq!(&*name.to_ascii_uppercase()?, c"TTYS0");
///
/// let ptr = name.as_char_ptr();
/// // SAFETY: it points to `name`, which ends in a NUL and stays.
/// assert_eq!(unsafe { CStr::from_char_ptr(ptr) }, &*name);
/// # Ok::<(), Error>(())
/// ```
pub trait CStrExt: private::Sealed {
    /// Wraps a raw C string.
    ///
    /// # Safety
    ///
    /// `ptr` points to a NUL-terminated string, of at most `isize::MAX` bytes, that is neither freed nor changed during
    /// `'a`.
    unsafe fn from_char_ptr<'a>(ptr: *const c_char) -> &'a Self;

    /// Views bytes as a C string that may be changed.
    ///
    /// # Safety
    ///
    /// `bytes` ends with a NUL byte and contains no other.
    unsafe fn from_bytes_with_nul_unchecked_mut(bytes: &mut [u8]) -> &mut Self;

    /// The address of the first character. The kernel's `char` is unsigned, unlike that of [`CStr::as_ptr`] on some
    /// architectures.
    fn as_char_ptr(&self) -> *const c_char;

    /// Copies the string.
    fn to_cstring(&self) -> Result<CString, AllocError>;

    /// Makes the ASCII letters small, in place.
    fn make_ascii_lowercase(&mut self);

    /// Makes the ASCII letters capital, in place.
    fn make_ascii_uppercase(&mut self);

    /// Copies the string with its ASCII letters small.
    fn to_ascii_lowercase(&self) -> Result<CString, AllocError>;

    /// Copies the string with its ASCII letters capital.
    fn to_ascii_uppercase(&self) -> Result<CString, AllocError>;
}

impl fmt::Display for CStr {
    /// Prints the string as text: printable ASCII as it is, everything else as `\xNN`.
    ///
    /// ```
    /// # use kernel::str::CString;
    /// let text = CString::try_from_fmt(fmt!("{}", c"so\x01 \"simple\""))?;
    /// assert_eq!(text.to_bytes(), br#"so\x01 "simple""#);
    /// # Ok::<(), Error>(())
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.to_bytes() {
            match byte {
                b' '..=b'~' => f.write_char(char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

/// The bytes of `string` without the terminator, to change them in place.
///
/// # Safety
///
/// The caller writes no NUL byte.
unsafe fn bytes_mut(string: &mut CStr) -> &mut [u8] {
    let len = string.count_bytes();
    // SAFETY: A `CStr` is laid out as the slice of its bytes, terminator included; the exclusive borrow is passed on,
    // and the terminator is left out of it.
    unsafe { core::slice::from_raw_parts_mut(core::ptr::from_mut(string).cast::<u8>(), len) }
}

impl CStrExt for CStr {
    #[inline]
    unsafe fn from_char_ptr<'a>(ptr: *const c_char) -> &'a Self {
        // SAFETY: The caller promises exactly what `CStr::from_ptr` asks for.
        unsafe { CStr::from_ptr(ptr.cast()) }
    }

    #[inline]
    unsafe fn from_bytes_with_nul_unchecked_mut(bytes: &mut [u8]) -> &mut Self {
        // SAFETY: A `CStr` is laid out as the slice of its bytes; the caller promises its invariant.
        unsafe { &mut *(core::ptr::from_mut(bytes) as *mut CStr) }
    }

    #[inline]
    fn as_char_ptr(&self) -> *const c_char {
        self.as_ptr().cast()
    }

    fn to_cstring(&self) -> Result<CString, AllocError> {
        CString::try_from(self)
    }

    fn make_ascii_lowercase(&mut self) {
        // SAFETY: No letter becomes a NUL byte.
        unsafe { bytes_mut(self) }.make_ascii_lowercase();
    }

    fn make_ascii_uppercase(&mut self) {
        // SAFETY: No letter becomes a NUL byte.
        unsafe { bytes_mut(self) }.make_ascii_uppercase();
    }

    fn to_ascii_lowercase(&self) -> Result<CString, AllocError> {
        let mut copy = self.to_cstring()?;
        copy.make_ascii_lowercase();
        Ok(copy)
    }

    fn to_ascii_uppercase(&self) -> Result<CString, AllocError> {
        let mut copy = self.to_cstring()?;
        copy.make_ascii_uppercase();
        Ok(copy)
    }
}

/// Makes a [`CStr`] of a constant string; `c"…"` does the same for a literal.
///
/// ```
/// # use kernel::c_str;
/// assert_eq!(c_str!("name"), c"name");
/// ```
#[macro_export]
macro_rules! c_str {
    ($str:expr) => {{
        const C: &$crate::str::CStr =
            match $crate::str::CStr::from_bytes_with_nul(::core::concat!($str, "\0").as_bytes()) {
                Ok(s) => s,
                Err(_) => ::core::panic!("the string contains a NUL byte"),
            };
        C
    }};
}

/// Formats into raw memory, counting also what does not fit.
///
/// # Invariants
///
/// - `beg <= end`; the bytes between `beg` and `min(pos, end)` are initialised.
/// - The memory between `pos` and `end`, if any, is valid for writes.
pub struct RawFormatter {
    // Addresses and not pointers: `pos` may pass the end.
    beg: usize,
    pos: usize,
    end: usize,
}

impl RawFormatter {
    /// Writes nothing, only counts.
    pub(crate) fn new() -> Self {
        // INVARIANT: There is no memory between `pos` and `end`.
        Self { beg: 0, pos: 0, end: 0 }
    }

    /// Writes into `len` bytes at `buf`.
    ///
    /// # Safety
    ///
    /// The `len` bytes at `buf` are valid for writes during the life of the formatter.
    pub(crate) unsafe fn from_buffer(buf: *mut u8, len: usize) -> Self {
        let pos = buf.expose_provenance();
        // INVARIANT: The safety requirements imply it; valid memory does not wrap around.
        Self { beg: pos, pos, end: pos.wrapping_add(len) }
    }

    /// How many bytes were written, or would have been, had there been room.
    pub fn bytes_written(&self) -> usize {
        self.pos - self.beg
    }
}

impl fmt::Write for RawFormatter {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let pos_new = self.pos.saturating_add(s.len());
        let fits = pos_new.min(self.end).saturating_sub(self.pos);
        if fits > 0 {
            // SAFETY: `fits` is at most `end - pos`, which is valid for writes by the type invariant, and at most the
            // length of `s`.
            unsafe {
                core::ptr::copy_nonoverlapping(s.as_ptr(), core::ptr::with_exposed_provenance_mut(self.pos), fits)
            };
        }
        self.pos = pos_new;
        Ok(())
    }
}

/// Formats into a buffer, and fails when that is full.
///
/// ```
/// use kernel::{fmt::Write, str::Formatter};
///
/// let mut buffer = [0u8; 4];
/// let mut f = Formatter::new(&mut buffer);
/// f.write_str("abc")?;
/// assert!(f.write_str("de").is_err());
/// assert_eq!(&buffer, b"abcd");
/// # Ok::<(), Error>(())
/// ```
pub struct Formatter<'a>(RawFormatter, PhantomData<&'a mut [u8]>);

impl<'a> Formatter<'a> {
    /// Writes into `len` bytes at `buf`.
    ///
    /// # Safety
    ///
    /// The `len` bytes at `buf` are valid for writes during the life of the formatter.
    pub(crate) unsafe fn from_buffer(buf: *mut u8, len: usize) -> Self {
        // SAFETY: The caller promises what `from_buffer` asks for.
        Self(unsafe { RawFormatter::from_buffer(buf, len) }, PhantomData)
    }

    /// Writes into `buffer`.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        // SAFETY: An exclusive reference is valid for writes of its length; the formatter borrows it while it lives.
        unsafe { Formatter::from_buffer(buffer.as_mut_ptr(), buffer.len()) }
    }
}

impl Deref for Formatter<'_> {
    type Target = RawFormatter;

    fn deref(&self) -> &RawFormatter {
        &self.0
    }
}

impl fmt::Write for Formatter<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.write_str(s)?;
        if self.0.pos > self.0.end {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// Formats into a buffer that holds a NUL-terminated string at any time.
///
/// ```
/// use kernel::{fmt::Write, str::NullTerminatedFormatter};
///
/// let mut buffer = [0xffu8; 4];
/// let mut f = NullTerminatedFormatter::new(&mut buffer).ok_or(EINVAL)?;
/// f.write_str("abc")?;
/// assert!(f.write_str("d").is_err());
/// assert_eq!(&buffer, b"abc\0");
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `buffer` has at least one byte, and its first byte is NUL.
pub struct NullTerminatedFormatter<'a> {
    buffer: &'a mut [u8],
}

impl<'a> NullTerminatedFormatter<'a> {
    /// Begins with the empty string; [`None`] when the buffer has no room for the terminator.
    pub fn new(buffer: &'a mut [u8]) -> Option<NullTerminatedFormatter<'a>> {
        *buffer.first_mut()? = 0;
        // INVARIANT: There is a first byte, and it was just set to NUL.
        Some(Self { buffer })
    }
}

impl Write for NullTerminatedFormatter<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let bytes = s.as_bytes();
        if bytes.len() >= self.buffer.len() {
            return Err(fmt::Error);
        }
        let (text, rest) = core::mem::take(&mut self.buffer).split_at_mut(bytes.len());
        text.copy_from_slice(bytes);
        // INVARIANT: `rest` has at least one byte, as the text is shorter than the buffer.
        rest[0] = 0;
        self.buffer = rest;
        Ok(())
    }
}

/// Reads a boolean as the kernel does: `y`, `t`, `1`, `on` are true, `n`, `f`, `0`, `off` are false, in any case of the
/// letters.
///
/// Only the first two characters are looked at.
///
/// ```
/// # use kernel::str::kstrtobool;
/// assert_eq!(kstrtobool(c"yes"), Ok(true));
/// assert_eq!(kstrtobool(c"true"), Ok(true));
/// assert_eq!(kstrtobool(c"F"), Ok(false));
/// assert_eq!(kstrtobool(c"Off"), Ok(false));
/// assert_eq!(kstrtobool(c"maybe"), Err(EINVAL));
/// ```
pub fn kstrtobool(string: &CStr) -> Result<bool> {
    // Older kernels do not know these four letters.
    match string.to_bytes().first() {
        Some(b't' | b'T') => return Ok(true),
        Some(b'f' | b'F') => return Ok(false),
        _ => (),
    }
    let mut value = false;
    // SAFETY: `string` is NUL-terminated and `value` is valid for a write.
    to_result(unsafe { bindings::kstrtobool(string.as_char_ptr(), &mut value) })?;
    Ok(value)
}

/// [`kstrtobool`] of bytes that need not be terminated.
///
/// ```
/// # use kernel::str::kstrtobool_bytes;
/// assert_eq!(kstrtobool_bytes(b"on"), Ok(true));
/// assert_eq!(kstrtobool_bytes(b""), Err(EINVAL));
/// ```
pub fn kstrtobool_bytes(bytes: &[u8]) -> Result<bool> {
    // Two characters decide, so a copy of them with a terminator is as good as the whole string.
    let mut start = [0u8; 3];
    for (to, from) in start.iter_mut().zip(bytes.iter().take(2)) {
        *to = *from;
    }
    kstrtobool(CStr::from_bytes_until_nul(&start).map_err(|_| EINVAL)?)
}

/// A C string on the heap.
///
/// ```
/// use kernel::str::CString;
///
/// let text = CString::try_from_fmt(fmt!("{}{}", "abc", 10))?;
/// assert_eq!(text.to_bytes_with_nul(), b"abc10\0");
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `buf` ends with a NUL byte and contains no other.
pub struct CString {
    buf: KVec<u8>,
}

impl CString {
    /// Formats into a new string; `EINVAL` when the text contains a NUL byte.
    pub fn try_from_fmt(args: fmt::Arguments<'_>) -> Result<Self, Error> {
        // First only count, then write.
        let mut counter = RawFormatter::new();
        counter.write_fmt(args)?;
        counter.write_str("\0")?;
        let size = counter.bytes_written();

        let mut buf = KVec::with_capacity(size, GFP_KERNEL)?;
        // SAFETY: The vector owns room for `size` bytes and is not touched while the formatter lives.
        let mut f = unsafe { Formatter::from_buffer(buf.as_mut_ptr(), size) };
        f.write_fmt(args)?;
        f.write_str("\0")?;
        let written = f.bytes_written();
        // SAFETY: The formatter succeeded, so that it wrote that many bytes within the capacity.
        unsafe { buf.inc_len(written) };

        // A `Display` implementation may have written a NUL byte, or another length than the first time.
        CStr::from_bytes_with_nul(&buf).map_err(|_| EINVAL)?;
        // INVARIANT: It was just checked.
        Ok(Self { buf })
    }
}

impl Deref for CString {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        // SAFETY: By the type invariant.
        unsafe { CStr::from_bytes_with_nul_unchecked(self.buf.as_slice()) }
    }
}

impl DerefMut for CString {
    fn deref_mut(&mut self) -> &mut CStr {
        // SAFETY: By the type invariant; through the reference nobody can write a NUL byte.
        unsafe { CStr::from_bytes_with_nul_unchecked_mut(self.buf.as_mut_slice()) }
    }
}

impl<'a> TryFrom<&'a CStr> for CString {
    type Error = AllocError;

    fn try_from(cstr: &'a CStr) -> Result<CString, AllocError> {
        let mut buf = KVec::new();
        buf.extend_from_slice(cstr.to_bytes_with_nul(), GFP_KERNEL)?;
        // INVARIANT: It holds for `cstr`, whose bytes these are.
        Ok(CString { buf })
    }
}

impl fmt::Debug for CString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for CString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
