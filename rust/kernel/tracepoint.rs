// SPDX-License-Identifier: GPL-2.0
//! Calling tracepoints.
//!
//! A tracepoint is declared in C, with `TRACE_EVENT`; the C side defines the tracepoint itself and a function
//! `rust_do_trace_…` that calls it.
//!
//! C header: [`include/linux/tracepoint.h`](srctree/include/linux/tracepoint.h)
//!
//! Kernels up to v6.12 do not make the functions `rust_do_trace_…` (`CREATE_RUST_TRACE_POINTS` is unknown to them), and
//! the C side may be missing from a module altogether. Therefore both symbols are weak: a tracepoint without its C side
//! is one that is never enabled. What mainline decides by a patched branch is here a look at the key.

/// Declares functions that call tracepoints of the same name.
///
/// # Examples
///
/// ```
/// # mod example {
/// use kernel::ffi::c_int;
///
/// kernel::declare_trace! {
///     /// # Safety
///     ///
///     /// Always safe to call.
///     pub(crate) unsafe fn kmod_doc_device_opened(minor: c_int);
/// }
/// # }
///
/// // SAFETY: Always safe to call.
/// unsafe { example::kmod_doc_device_opened(3) };
/// ```
#[macro_export]
#[allow_internal_unstable(linkage)]
macro_rules! declare_trace {
    ($(
        $(#[$attr:meta])*
        $pub:vis unsafe fn $name:ident($($argname:ident : $argtyp:ty),* $(,)?);
    )*) => {$(
        $(#[$attr])*
        #[inline(always)]
        $pub unsafe fn $name($($argname: $argtyp),*) {
            #[cfg(CONFIG_TRACEPOINTS)]
            $crate::macros::paste! {
                #[allow(non_upper_case_globals)]
                extern "C" {
                    #[linkage = "extern_weak"]
                    static [<__tracepoint_ $name>]: *const $crate::bindings::tracepoint;
                    #[linkage = "extern_weak"]
                    static [<rust_do_trace_ $name>]: ::core::option::Option<unsafe extern "C" fn($($argtyp),*)>;
                }

                // SAFETY: Both are addresses that the loader filled in, of what the C side defines under these names,
                // or null.
                unsafe {
                    if $crate::tracepoint::is_enabled([<__tracepoint_ $name>]) {
                        if let ::core::option::Option::Some(do_trace) = [<rust_do_trace_ $name>] {
                            do_trace($($argname),*);
                        }
                    }
                }
            }
            #[cfg(not(CONFIG_TRACEPOINTS))]
            {
                let _ = ($($argname,)*);
            }
        }
    )*};
}
pub use declare_trace;

/// Says whether anybody listens.
///
/// # Safety
///
/// `tracepoint` is null or points to a tracepoint.
#[doc(hidden)]
#[cfg(CONFIG_TRACEPOINTS)]
#[inline(always)]
pub unsafe fn is_enabled(tracepoint: *const bindings::tracepoint) -> bool {
    use crate::sync::atomic::{atomic_load, Relaxed};

    if tracepoint.is_null() {
        return false;
    }
    // A key that is just being enabled for the first time counts minus one, and as enabled.
    // A `static_key_false` is a wrapper of a `static_key`, which the field was before v6.13.
    // drift: tracepoint.key: the pointer is cast.
    // SAFETY: The caller promises a tracepoint.
    let key = unsafe { &raw const (*tracepoint).key }.cast_mut().cast::<bindings::static_key>();
    // SAFETY: The key is valid, and others change it atomically.
    unsafe { atomic_load(&raw mut (*key).enabled.counter, Relaxed) != 0 }
}
