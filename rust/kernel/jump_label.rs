// SPDX-License-Identifier: GPL-2.0
//! Static keys: branches that are patched into the code instead of being decided.
//!
//! C header: [`include/linux/jump_label.h`](srctree/include/linux/jump_label.h)
//!
//! Available on every supported kernel with x86-64 or arm64; without CONFIG_JUMP_LABEL the key is read each time, as in
//! C.

/// Says whether a `static_key_false` is enabled: a no-op while it is not, a jump while it is.
///
/// The arguments are the `static` that contains the key, its type, and the name of the field.
///
/// # Safety
///
/// The macro must be used in unsafe code: `$key` is a `static` of the type `$keytyp` whose field `$field` is a
/// `static_key_false`.
///
/// # Examples
///
/// ```
/// use kernel::{bindings, jump_label::static_branch_unlikely};
///
/// #[repr(C)]
/// struct Debug {
///     verbose: bindings::static_key_false,
/// }
///
/// /// # Safety
/// ///
/// /// `DEBUG` is initialised.
/// unsafe fn is_verbose() -> bool {
///     extern "C" {
///         static DEBUG: Debug;
///     }
///     // SAFETY: The field is a key, which the caller promises to be initialised.
///     unsafe { static_branch_unlikely!(DEBUG, Debug, verbose) }
/// }
/// ```
#[macro_export]
macro_rules! static_branch_unlikely {
    ($key:path, $keytyp:ty, $field:ident) => {{
        let key: *const $keytyp = &raw const $key;
        let key: *const $crate::bindings::static_key_false = &raw const (*key).$field;
        let key: *const $crate::bindings::static_key = key.cast();

        #[cfg(not(CONFIG_JUMP_LABEL))]
        {
            $crate::bindings::static_key_count(key.cast_mut()) > 0
        }
        #[cfg(CONFIG_JUMP_LABEL)]
        {
            let _ = key;
            $crate::jump_label::arch_static_branch!($key, $keytyp, $field, false)
        }
    }};
}
pub use static_branch_unlikely;

/// A no-op that the kernel patches into a jump, with its entry in the table by which it is found.
///
/// The table's format is common to all architectures that have relative jump tables: address of the code, of the
/// target, of the key (with the branch type in its lowest bit), each relative to itself.
#[doc(hidden)]
#[cfg(CONFIG_JUMP_LABEL)]
#[macro_export]
macro_rules! arch_static_branch {
    ($key:path, $keytyp:ty, $field:ident, $branch:expr) => {'branch: {
        ::core::arch::asm!(
            $crate::jump_label_nop!(),
            ".pushsection __jump_table, \"aw\"",
            ".balign 8",
            ".long 2b - .",
            ".long {target} - .",
            ".quad {key} + {offset} + {branch} - .",
            ".popsection",
            target = label { break 'branch true },
            key = sym $key,
            offset = const ::core::mem::offset_of!($keytyp, $field),
            branch = const $crate::jump_label::bool_to_int($branch),
            options(nostack, preserves_flags),
        );
        break 'branch false;
    }};
}
#[cfg(CONFIG_JUMP_LABEL)]
pub use arch_static_branch;

/// An instruction of the size of a jump that does nothing, under the label 2.
#[doc(hidden)]
#[cfg(all(CONFIG_JUMP_LABEL, target_arch = "x86_64"))]
#[macro_export]
macro_rules! jump_label_nop {
    () => {
        "2: .byte 0x0f, 0x1f, 0x44, 0x00, 0x00"
    };
}

/// An instruction of the size of a jump that does nothing, under the label 2.
#[doc(hidden)]
#[cfg(all(CONFIG_JUMP_LABEL, target_arch = "aarch64"))]
#[macro_export]
macro_rules! jump_label_nop {
    () => {
        "2: nop"
    };
}

/// A boolean as an operand of `asm!`.
pub const fn bool_to_int(b: bool) -> i32 {
    b as i32
}
