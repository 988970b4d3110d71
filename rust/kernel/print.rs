// SPDX-License-Identifier: GPL-2.0
//! Printing to the kernel log.
//!
//! C header: [`include/linux/printk.h`](srctree/include/linux/printk.h)
//!
//! The text is formatted into a buffer on the stack and given to C as a string, because the kernel that a module runs
//! on does not know how this compiler lays out [`fmt::Arguments`]. A message longer than the buffer is cut; the log
//! cuts there too.
//!
//! All supported kernels have what this module needs; 5.10 calls it `printk`.
//!
//! # Examples
//!
//! ```
//! let answer = 42;
//! pr_info!("the answer is {answer}\n");
//! pr_warn!("{} of {}\n", 1, c"many");
//! ```

use crate::{
    fmt::{self, Write},
    str::{CStr, RawFormatter},
};
use core::{
    mem::MaybeUninit,
    sync::atomic::{AtomicBool, Ordering},
};

/// The longest text of one record, terminator included: `LOG_LINE_MAX` of the C side plus its prefix.
const LINE_MAX: usize = 1024;

/// Formats `args` into a NUL-terminated buffer on the stack and hands it to `f`; what does not fit is cut.
///
/// The one way to print with a C function that takes `"%s"` (`_printk`, `_dev_printk`, `seq_printf`, …). Never
/// allocates.
#[inline(never)]
pub(crate) fn with_line<R>(args: fmt::Arguments<'_>, f: impl FnOnce(&CStr) -> R) -> R {
    let mut line = [const { MaybeUninit::<u8>::uninit() }; LINE_MAX];
    let start = line.as_mut_ptr().cast::<u8>();
    // SAFETY: `line` is valid for writes of `LINE_MAX` bytes and nothing else uses it while the formatter lives.
    let mut formatter = unsafe { RawFormatter::from_buffer(start, LINE_MAX - 1) };
    // An error means that a `Display` implementation gave up: what it wrote before is still worth printing.
    let _ = formatter.write_fmt(args);
    let len = formatter.bytes_written().min(LINE_MAX - 1);
    // SAFETY: The formatter initialised the first `len` bytes, and `len` is less than `LINE_MAX`, so there is room for
    // the terminator.
    let text = unsafe {
        start.add(len).write(0);
        CStr::from_ptr(start.cast())
    };
    f(text)
}

/// The format strings of `_printk`: log level, then the module's name, then the text.
#[doc(hidden)]
pub mod format_strings {
    /// `KERN_SOH` of [`include/linux/kern_levels.h`](srctree/include/linux/kern_levels.h).
    const SOH: u8 = 1;
    const TEXT: &[u8] = b"%s: %s\0";

    /// The length of each format string.
    pub const LENGTH: usize = 2 + TEXT.len();

    const fn with_level(level: u8) -> [u8; LENGTH] {
        let mut format = [0; LENGTH];
        format[0] = SOH;
        format[1] = b'0' + level;
        let mut i = 0;
        while i < TEXT.len() {
            format[2 + i] = TEXT[i];
            i += 1;
        }
        format
    }

    /// The system is unusable.
    pub static EMERG: [u8; LENGTH] = with_level(bindings::LOGLEVEL_EMERG as u8);
    /// Action must be taken immediately.
    pub static ALERT: [u8; LENGTH] = with_level(bindings::LOGLEVEL_ALERT as u8);
    /// Critical conditions.
    pub static CRIT: [u8; LENGTH] = with_level(bindings::LOGLEVEL_CRIT as u8);
    /// Error conditions.
    pub static ERR: [u8; LENGTH] = with_level(bindings::LOGLEVEL_ERR as u8);
    /// Warning conditions.
    pub static WARNING: [u8; LENGTH] = with_level(bindings::LOGLEVEL_WARNING as u8);
    /// Normal but significant conditions.
    pub static NOTICE: [u8; LENGTH] = with_level(bindings::LOGLEVEL_NOTICE as u8);
    /// Informational.
    pub static INFO: [u8; LENGTH] = with_level(bindings::LOGLEVEL_INFO as u8);
    /// Debug-level messages.
    pub static DEBUG: [u8; LENGTH] = with_level(bindings::LOGLEVEL_DEBUG as u8);
    /// Continues the line before: neither a level nor a name of its own.
    pub static CONT: [u8; LENGTH] = {
        let mut format = [0; LENGTH];
        (format[0], format[1], format[2], format[3]) = (SOH, b'c', b'%', b's');
        format
    };
}

// `printk` became a macro around the function `_printk`: "printk: Userspace format indexing support" (v5.15).
#[cfg(all(CONFIG_PRINTK, kmod_has = "fn:_printk"))]
use bindings::_printk as printk;
#[cfg(all(CONFIG_PRINTK, not(kmod_has = "fn:_printk")))]
use bindings::printk;

/// Prints `args` with a level and the module's name. The macros below call it.
///
/// # Safety
///
/// `format_string` is one of [`format_strings`] other than `CONT`, and `module_name` ends with a NUL byte.
#[doc(hidden)]
#[cfg_attr(not(CONFIG_PRINTK), allow(unused_variables))]
pub unsafe fn call_printk(format_string: &[u8; format_strings::LENGTH], module_name: &[u8], args: fmt::Arguments<'_>) {
    #[cfg(CONFIG_PRINTK)]
    // SAFETY: By the safety requirements, `format_string` takes two strings, `module_name` is one; `text` is the other.
    with_line(args, |text| unsafe {
        printk(format_string.as_ptr().cast(), module_name.as_ptr(), text.as_ptr());
    });
}

/// Continues the line that was printed last.
#[doc(hidden)]
#[cfg_attr(not(CONFIG_PRINTK), allow(unused_variables))]
pub fn call_printk_cont(args: fmt::Arguments<'_>) {
    #[cfg(CONFIG_PRINTK)]
    // SAFETY: The format string `CONT` takes one string, which `text` is.
    with_line(args, |text| unsafe {
        printk(format_strings::CONT.as_ptr().cast(), text.as_ptr());
    });
}

/// Formats and prints at one level: the others expand to it. The name is that of the module in which they are called.
#[doc(hidden)]
#[allow(clippy::crate_in_macro_def)]
#[macro_export]
macro_rules! print_macro {
    ($format_string:path, false, $($arg:tt)+) => {
        match $crate::prelude::fmt!($($arg)+) {
            // SAFETY: The level is one of `format_strings` with a module name, and `module!` ends the name with a NUL
            // byte.
            args => unsafe { $crate::print::call_printk(&$format_string, crate::__LOG_PREFIX, args) },
        }
    };
    ($format_string:path, true, $($arg:tt)+) => {
        $crate::print::call_printk_cont($crate::prelude::fmt!($($arg)+))
    };
}

/// Prints at level `KERN_EMERG`: the system is unusable.
///
/// Takes what [`core::format!`](https://doc.rust-lang.org/core/macro.format_args.html) takes; end the text with `\n`.
///
/// ```
/// pr_emerg!("the core is on fire\n");
/// ```
#[macro_export]
macro_rules! pr_emerg {
    ($($arg:tt)*) => {
        $crate::print_macro!($crate::print::format_strings::EMERG, false, $($arg)*)
    };
}

/// Prints at level `KERN_ALERT`: action must be taken immediately.
///
/// Takes what [`core::format!`](https://doc.rust-lang.org/core/macro.format_args.html) takes; end the text with `\n`.
///
/// ```
/// pr_alert!("the disk is full\n");
/// ```
#[macro_export]
macro_rules! pr_alert {
    ($($arg:tt)*) => {
        $crate::print_macro!($crate::print::format_strings::ALERT, false, $($arg)*)
    };
}

/// Prints at level `KERN_CRIT`: a critical condition.
///
/// Takes what [`core::format!`](https://doc.rust-lang.org/core/macro.format_args.html) takes; end the text with `\n`.
///
/// ```
/// pr_crit!("the firmware does not answer\n");
/// ```
#[macro_export]
macro_rules! pr_crit {
    ($($arg:tt)*) => {
        $crate::print_macro!($crate::print::format_strings::CRIT, false, $($arg)*)
    };
}

/// Prints at level `KERN_ERR`: an error.
///
/// Takes what [`core::format!`](https://doc.rust-lang.org/core/macro.format_args.html) takes; end the text with `\n`.
///
/// ```
/// pr_err!("the request failed: {:?}\n", EIO);
/// ```
#[macro_export]
macro_rules! pr_err {
    ($($arg:tt)*) => {
        $crate::print_macro!($crate::print::format_strings::ERR, false, $($arg)*)
    };
}

/// Prints at level `KERN_WARNING`: a warning.
///
/// Takes what [`core::format!`](https://doc.rust-lang.org/core/macro.format_args.html) takes; end the text with `\n`.
///
/// ```
/// pr_warn!("falling back to {} lanes\n", 2);
/// ```
#[macro_export]
macro_rules! pr_warn {
    ($($arg:tt)*) => {
        $crate::print_macro!($crate::print::format_strings::WARNING, false, $($arg)*)
    };
}

/// Prints at level `KERN_NOTICE`: normal, but worth notice.
///
/// Takes what [`core::format!`](https://doc.rust-lang.org/core/macro.format_args.html) takes; end the text with `\n`.
///
/// ```
/// pr_notice!("new medium\n");
/// ```
#[macro_export]
macro_rules! pr_notice {
    ($($arg:tt)*) => {
        $crate::print_macro!($crate::print::format_strings::NOTICE, false, $($arg)*)
    };
}

/// Prints at level `KERN_INFO`: information.
///
/// Takes what [`core::format!`](https://doc.rust-lang.org/core/macro.format_args.html) takes; end the text with `\n`.
///
/// ```
/// pr_info!("found {} ports\n", 2);
/// ```
#[macro_export]
macro_rules! pr_info {
    ($($arg:tt)*) => {
        $crate::print_macro!($crate::print::format_strings::INFO, false, $($arg)*)
    };
}

/// Prints at level `KERN_DEBUG`, in builds with debug assertions only; else the arguments are just type-checked.
///
/// ```
/// pr_debug!("register {:#x}\n", 0x40);
/// ```
#[macro_export]
macro_rules! pr_debug {
    ($($arg:tt)*) => {
        if cfg!(debug_assertions) {
            $crate::print_macro!($crate::print::format_strings::DEBUG, false, $($arg)*)
        }
    };
}

/// Continues a line: use it only when the line before did not end with `\n`.
///
/// ```
/// use kernel::pr_cont;
///
/// pr_info!("numbers:");
/// pr_cont!(" {}", 1);
/// pr_cont!(" {}\n", 2);
/// ```
#[macro_export]
macro_rules! pr_cont {
    ($($arg:tt)*) => {
        $crate::print_macro!($crate::print::format_strings::CONT, true, $($arg)*)
    };
}

/// Runs something at most once; cheap, without waiting for a first run that is still going on.
///
/// ```
/// use kernel::print::OnceLite;
///
/// let once = OnceLite::new();
/// assert!(once.call_once(|| ()));
/// assert!(!once.call_once(|| ()));
/// ```
#[doc(hidden)]
pub struct OnceLite(AtomicBool);

impl OnceLite {
    /// Nothing was run yet.
    pub const fn new() -> Self {
        OnceLite(AtomicBool::new(false))
    }

    /// Runs `f` unless a call before did; returns whether it ran.
    pub fn call_once<F>(&self, f: F) -> bool
    where
        F: FnOnce(),
    {
        // A plain load first: the common case afterwards costs no locked instruction.
        let first = !self.0.load(Ordering::Relaxed) && !self.0.swap(true, Ordering::Relaxed);
        if first {
            f();
        }
        first
    }
}

impl Default for OnceLite {
    fn default() -> Self {
        Self::new()
    }
}

/// Evaluates an expression the first time only that this place is reached; tells whether it did.
///
/// ```
/// let mut ran = 0;
/// for _ in 0..3 {
///     kernel::do_once_lite!(ran += 1);
/// }
/// assert_eq!(ran, 1);
/// ```
#[macro_export]
macro_rules! do_once_lite {
    ($e:expr) => {{
        #[link_section = ".data..once"]
        static ONCE: $crate::print::OnceLite = $crate::print::OnceLite::new();
        ONCE.call_once(|| {
            $e;
        })
    }};
}

/// [`pr_emerg!`](crate::pr_emerg), but only the first time that this place is reached.
///
/// ```
/// kernel::pr_emerg_once!("seen {}\n", c"once");
/// ```
#[macro_export]
macro_rules! pr_emerg_once {
    ($($arg:tt)*) => {
        $crate::do_once_lite!($crate::pr_emerg!($($arg)*))
    };
}

/// [`pr_alert!`](crate::pr_alert), but only the first time that this place is reached.
///
/// ```
/// kernel::pr_alert_once!("seen {}\n", c"once");
/// ```
#[macro_export]
macro_rules! pr_alert_once {
    ($($arg:tt)*) => {
        $crate::do_once_lite!($crate::pr_alert!($($arg)*))
    };
}

/// [`pr_crit!`](crate::pr_crit), but only the first time that this place is reached.
///
/// ```
/// kernel::pr_crit_once!("seen {}\n", c"once");
/// ```
#[macro_export]
macro_rules! pr_crit_once {
    ($($arg:tt)*) => {
        $crate::do_once_lite!($crate::pr_crit!($($arg)*))
    };
}

/// [`pr_err!`](crate::pr_err), but only the first time that this place is reached.
///
/// ```
/// kernel::pr_err_once!("seen {}\n", c"once");
/// ```
#[macro_export]
macro_rules! pr_err_once {
    ($($arg:tt)*) => {
        $crate::do_once_lite!($crate::pr_err!($($arg)*))
    };
}

/// [`pr_warn!`](crate::pr_warn), but only the first time that this place is reached.
///
/// ```
/// kernel::pr_warn_once!("seen {}\n", c"once");
/// ```
#[macro_export]
macro_rules! pr_warn_once {
    ($($arg:tt)*) => {
        $crate::do_once_lite!($crate::pr_warn!($($arg)*))
    };
}

/// [`pr_notice!`](crate::pr_notice), but only the first time that this place is reached.
///
/// ```
/// kernel::pr_notice_once!("seen {}\n", c"once");
/// ```
#[macro_export]
macro_rules! pr_notice_once {
    ($($arg:tt)*) => {
        $crate::do_once_lite!($crate::pr_notice!($($arg)*))
    };
}

/// [`pr_info!`](crate::pr_info), but only the first time that this place is reached.
///
/// ```
/// kernel::pr_info_once!("seen {}\n", c"once");
/// ```
#[macro_export]
macro_rules! pr_info_once {
    ($($arg:tt)*) => {
        $crate::do_once_lite!($crate::pr_info!($($arg)*))
    };
}
