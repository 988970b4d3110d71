// SPDX-License-Identifier: GPL-2.0
//! Structures of bit fields in an integer, by [`bitfield!`](crate::bitfield!).
//!
//! Nothing here touches C; every kernel has it.

/// Defines a type of bit fields packed into an unsigned integer, with accessors for each.
///
/// The declaration names the type, its storage, and its fields, each with its highest and lowest bit. Fields may leave
/// gaps and may overlap; bits of gaps are kept as they are.
///
/// ```
/// use kernel::{bitfield, num::Bounded};
///
/// bitfield! {
///     /// Status of a transfer.
///     pub struct Status(u32) {
///         /// Bytes still to be moved.
///         31:16 residue;
///         7:4 queue => Queue;
///         2:1 mode ?=> Mode;
///         0:0 busy => bool;
///     }
/// }
///
/// /// Any four bits are a queue.
/// #[derive(Debug, PartialEq)]
/// pub struct Queue(u8);
///
/// impl From<Bounded<u32, 4>> for Queue {
///     fn from(bits: Bounded<u32, 4>) -> Self {
///         Self(bits.into())
///     }
/// }
///
/// impl From<Queue> for Bounded<u32, 4> {
///     fn from(queue: Queue) -> Self {
///         Bounded::from_expr(u32::from(queue.0) & 0xf)
///     }
/// }
///
/// /// Only some values of two bits are a mode.
/// #[derive(Debug, PartialEq)]
/// pub enum Mode {
///     Polled = 0,
///     Interrupt = 2,
/// }
///
/// impl TryFrom<Bounded<u32, 2>> for Mode {
///     type Error = Error;
///
///     fn try_from(bits: Bounded<u32, 2>) -> Result<Self> {
///         match bits.get() {
///             0 => Ok(Self::Polled),
///             2 => Ok(Self::Interrupt),
///             _ => Err(EINVAL),
///         }
///     }
/// }
///
/// impl From<Mode> for Bounded<u32, 2> {
///     fn from(mode: Mode) -> Self {
///         match mode {
///             Mode::Polled => Bounded::<u32, _>::new::<0>(),
///             Mode::Interrupt => Bounded::<u32, _>::new::<2>(),
///         }
///     }
/// }
///
/// let status = Status::zeroed().with_const_residue::<512>().with_queue(Queue(3)).with_mode(Mode::Interrupt);
/// assert_eq!(status.into_raw(), 0x0200_0034);
/// assert_eq!(status.residue(), 512);
/// assert_eq!(status.queue(), Queue(3));
/// assert_eq!(status.mode()?, Mode::Interrupt);
/// assert!(!status.busy());
///
/// // A value that is not known to fit is checked when the code runs.
/// let status = status.with_busy(true).try_with_residue(70_000_u32);
/// assert_eq!(status, Err(EOVERFLOW));
///
/// // Two bits that are not a mode.
/// assert!(Status::from_raw(0b110).mode().is_err());
/// # Ok::<(), Error>(())
/// ```
///
/// # What is generated
///
/// For the type: `from_raw` and `into_raw`, [`From`] in both directions, [`Clone`], [`Copy`], [`PartialEq`], [`Eq`],
/// [`Debug`](core::fmt::Debug) and [`Zeroable`](pin_init::Zeroable), so that `zeroed()` is the usual start.
///
/// For a field `f`: the constants `F_SHIFT`, `F_MASK` and `F_RANGE`, and accessors; a `with_…` accessor takes and
/// returns the whole by value, so that they chain.
///
/// | declaration | `f()` returns | to set it |
/// | --- | --- | --- |
/// | `hi:lo f;` | the bits | `with_f(value)`, `with_const_f::<VALUE>()`, `try_with_f(value)?` |
/// | `hi:lo f => T;` | `T`, made of the bits by [`From`] | `with_f(value)` of a `T`, made bits by [`From`] |
/// | `hi:lo f ?=> T;` | [`Result`] of `T`, made by [`TryFrom`] | the same |
///
/// The bits are a [`Bounded`](crate::num::Bounded) of the storage. Without a type, `with_f` takes what becomes one for sure,
/// and `try_with_f` what may be too large: [`EOVERFLOW`](crate::error::code::EOVERFLOW).
#[macro_export]
macro_rules! bitfield {
    // Entry: the type itself, then its fields.
    (
        $(#[$attr:meta])*
        $vis:vis struct $name:ident($storage:ty) { $($fields:tt)* }
    ) => {
        $(#[$attr])*
        #[repr(transparent)]
        #[derive(Clone, Copy, PartialEq, Eq)]
        $vis struct $name {
            inner: $storage,
        }

        #[allow(dead_code)]
        impl $name {
            /// Makes a value of its raw bits.
            #[inline(always)]
            $vis const fn from_raw(inner: $storage) -> Self {
                Self { inner }
            }

            /// Returns the raw bits.
            #[inline(always)]
            $vis const fn into_raw(self) -> $storage {
                self.inner
            }
        }

        // SAFETY: the storage is an unsigned integer, for which all bits zero is a value.
        unsafe impl $crate::prelude::Zeroable for $name {}

        impl ::core::convert::From<$name> for $storage {
            #[inline(always)]
            fn from(value: $name) -> $storage {
                value.into_raw()
            }
        }

        impl ::core::convert::From<$storage> for $name {
            #[inline(always)]
            fn from(raw: $storage) -> $name {
                Self::from_raw(raw)
            }
        }

        $crate::bitfield!(@fields $vis $name $storage { $($fields)* });
    };

    (@fields $vis:vis $name:ident $storage:ty {
        $(
            $(#[$attr:meta])*
            $hi:literal:$lo:literal $field:ident $(?=> $try_type:ty)? $(=> $type:ty)?;
        )*
    }) => {
        #[allow(dead_code)]
        impl $name {
            $(
                $crate::bitfield!(@consts $vis $storage, $hi:$lo $field);
                $crate::bitfield!(@raw $storage, $hi:$lo $field);
                $crate::bitfield!(
                    @accessors $vis $name $storage, $(#[$attr])* $hi:$lo $field $(?=> $try_type)? $(=> $type)?
                );
            )*
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::macros::paste!(
                    f.debug_struct(stringify!($name))
                        .field("raw", &::core::format_args!("{:#x}", self.inner))
                        $(.field(stringify!($field), &::core::format_args!("{:#x}", self.[<__ $field>]())))*
                        .finish()
                )
            }
        }
    };

    // Where the field lies.
    (@consts $vis:vis $storage:ty, $hi:literal:$lo:literal $field:ident) => {
        $crate::macros::paste!(
            /// Bits of the field.
            $vis const [<$field:upper _RANGE>]: ::core::ops::RangeInclusive<u8> = $lo..=$hi;

            /// Mask of the field, in place.
            $vis const [<$field:upper _MASK>]: $storage = {
                ::core::assert!($lo <= $hi, "the highest bit of a field comes first");
                ::core::assert!($hi < <$storage>::BITS, "the field lies outside of its storage");
                (<$storage>::MAX >> (<$storage>::BITS - 1 - $hi)) & (<$storage>::MAX << $lo)
            };

            /// Lowest bit of the field.
            $vis const [<$field:upper _SHIFT>]: u32 = $lo;
        );
    };

    // The bits of the field, without a conversion.
    (@raw $storage:ty, $hi:literal:$lo:literal $field:ident) => {
        $crate::macros::paste!(
            #[inline(always)]
            fn [<__ $field>](self) -> $crate::num::Bounded<$storage, { $hi + 1 - $lo }> {
                // Push what is above the field out at the top, then what is below at the bottom.
                const ABOVE: u32 = <$storage>::BITS - 1 - $hi;
                let top = $crate::num::Bounded::<$storage, { <$storage>::BITS }>::from(self.inner << ABOVE);
                top.shr::<{ ABOVE + $lo }, { $hi + 1 - $lo }>()
            }

            #[inline(always)]
            const fn [<__with_ $field>](self, bits: $crate::num::Bounded<$storage, { $hi + 1 - $lo }>) -> Self {
                Self { inner: (self.inner & !Self::[<$field:upper _MASK>]) | (bits.get() << $lo) }
            }
        );
    };

    (@accessors $vis:vis $name:ident $storage:ty, $(#[$attr:meta])* $hi:literal:$lo:literal $field:ident) => {
        $crate::macros::paste!(
            $(#[$attr])*
            #[inline(always)]
            $vis fn $field(self) -> $crate::num::Bounded<$storage, { $hi + 1 - $lo }> {
                self.[<__ $field>]()
            }

            $(#[$attr])*
            ///
            /// Sets the field to a constant, which is checked while building.
            #[inline(always)]
            $vis const fn [<with_const_ $field>]<const VALUE: $storage>(self) -> Self {
                self.[<__with_ $field>]($crate::num::Bounded::<$storage, { $hi + 1 - $lo }>::new::<VALUE>())
            }

            $(#[$attr])*
            ///
            /// Sets the field to a value that is sure to fit.
            #[inline(always)]
            $vis fn [<with_ $field>](
                self,
                value: impl ::core::convert::Into<$crate::num::Bounded<$storage, { $hi + 1 - $lo }>>,
            ) -> Self {
                self.[<__with_ $field>](value.into())
            }

            $(#[$attr])*
            ///
            /// Sets the field to a value that may not fit: `EOVERFLOW` then.
            #[inline(always)]
            $vis fn [<try_with_ $field>](
                self,
                value: impl $crate::num::TryIntoBounded<$storage, { $hi + 1 - $lo }>,
            ) -> $crate::error::Result<Self> {
                match value.try_into_bounded() {
                    Some(bits) => Ok(self.[<__with_ $field>](bits)),
                    None => Err($crate::error::code::EOVERFLOW),
                }
            }
        );
    };

    (
        @accessors $vis:vis $name:ident $storage:ty,
        $(#[$attr:meta])* $hi:literal:$lo:literal $field:ident => $type:ty
    ) => {
        $crate::macros::paste!(
            $(#[$attr])*
            #[inline(always)]
            $vis fn $field(self) -> $type {
                <$type as ::core::convert::From<$crate::num::Bounded<$storage, { $hi + 1 - $lo }>>>::from(
                    self.[<__ $field>](),
                )
            }
        );
        $crate::bitfield!(@with_type $vis $storage, $(#[$attr])* $hi:$lo $field => $type);
    };

    (
        @accessors $vis:vis $name:ident $storage:ty,
        $(#[$attr:meta])* $hi:literal:$lo:literal $field:ident ?=> $type:ty
    ) => {
        $crate::macros::paste!(
            $(#[$attr])*
            #[inline(always)]
            $vis fn $field(
                self,
            ) -> ::core::result::Result<
                $type,
                <$type as ::core::convert::TryFrom<$crate::num::Bounded<$storage, { $hi + 1 - $lo }>>>::Error,
            > {
                <$type as ::core::convert::TryFrom<$crate::num::Bounded<$storage, { $hi + 1 - $lo }>>>::try_from(
                    self.[<__ $field>](),
                )
            }
        );
        $crate::bitfield!(@with_type $vis $storage, $(#[$attr])* $hi:$lo $field => $type);
    };

    (@with_type $vis:vis $storage:ty, $(#[$attr:meta])* $hi:literal:$lo:literal $field:ident => $type:ty) => {
        $crate::macros::paste!(
            $(#[$attr])*
            ///
            /// Sets the field.
            #[inline(always)]
            $vis fn [<with_ $field>](self, value: $type) -> Self {
                self.[<__with_ $field>](
                    <$crate::num::Bounded<$storage, { $hi + 1 - $lo }> as ::core::convert::From<$type>>::from(value),
                )
            }
        );
    };
}
