// SPDX-License-Identifier: GPL-2.0

//! Files whose contents are printed when they are read.
//!
//! C header: [`include/linux/seq_file.h`](srctree/include/linux/seq_file.h)
//!
//! # Examples
//!
//! ```
//! use kernel::seq_file::{seq_print, SeqFile};
//!
//! fn show(m: &SeqFile, packets: u64) {
//!     seq_print!(m, "packets:\t{}\n", packets);
//! }
//! # let _ = show;
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use crate::{bindings, fmt, types::Opaque};
use core::fmt::Write;

/// The file that is being printed; C's `struct seq_file`.
///
/// # Invariants
///
/// The C object is valid, and in its `show` callback, so that the current thread may write to it.
#[repr(transparent)]
pub struct SeqFile {
    inner: Opaque<bindings::seq_file>,
    _not_send: crate::types::NotThreadSafe,
}

impl SeqFile {
    /// Wraps a C `seq_file`.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to a valid `seq_file` that no other thread uses.
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::seq_file) -> &'a SeqFile {
        // SAFETY: the type is transparent over `seq_file`; the caller answers for the rest.
        unsafe { &*ptr.cast() }
    }

    /// Prints, as [`seq_print!`](crate::seq_print!) does.
    ///
    /// What does not fit is no error: the kernel enlarges the buffer and calls `show` again.
    #[inline]
    pub fn call_printf(&self, args: fmt::Arguments<'_>) {
        // A formatting error ends the output, as there is no way to report it.
        let _ = Writer(self).write_fmt(args);
    }
}

/// Text goes straight into the buffer: `%pA`, which mainline's `seq_printf` call uses, is not in every kernel.
struct Writer<'a>(&'a SeqFile);

impl Write for Writer<'_> {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        // SAFETY: by the type invariant the file is valid and only used by this thread; `s` is valid for its length.
        unsafe { bindings::seq_write(self.0.inner.get(), s.as_ptr().cast(), s.len()) };
        Ok(())
    }
}

/// Prints into a [`SeqFile`], with the syntax of [`core::format_args!`].
#[macro_export]
macro_rules! seq_print {
    ($m:expr, $($arg:tt)+) => (
        $m.call_printf($crate::prelude::fmt!($($arg)+))
    );
}
pub use seq_print;
