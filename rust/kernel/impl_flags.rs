// SPDX-License-Identifier: GPL-2.0
//! Sets of flags as types.
//!
//! C headers: none. All supported kernels have what this module needs.

/// Makes two types: an enum of single flags, and a set of them.
///
/// Both may be combined with `|`, `&`, `^` and `!`, which yields a set. A set has [`From`] the flag, [`TryFrom`] the
/// integer (`EINVAL` when that has other bits), and
///
/// - `empty()` and `all_bits()` (an integer);
/// - `contains(flag)`, `contains_any(set)`, `contains_all(set)`.
///
/// ```
/// use kernel::impl_flags;
///
/// impl_flags!(
///     /// What a queue can do.
///     #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
///     pub struct Features(u32);
///
///     /// One thing that a queue can do.
///     #[derive(Debug, Clone, Copy, PartialEq, Eq)]
///     pub enum Feature {
///         /// Write zeros.
///         Zeroes = 1 << 0,
///         /// Discard.
///         Discard = 1 << 3,
///     }
/// );
///
/// let mut features = Features::try_from(8)?;
/// assert!(features.contains(Feature::Discard));
/// features |= Feature::Zeroes;
/// assert!(features.contains_all(Feature::Zeroes | Feature::Discard));
/// assert_eq!(features & Feature::Zeroes, Feature::Zeroes.into());
/// assert_eq!(!features, Features::empty());
/// assert_eq!(Features::try_from(2), Err(EINVAL));
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! impl_flags {
    (
        $(#[$outer_flags:meta])*
        $vis_flags:vis struct $flags:ident($(#[$inner_flags:meta])* $vis_inner:vis $ty:ty);

        $(#[$outer_flag:meta])*
        $vis_flag:vis enum $flag:ident {
            $($(#[$inner_flag:meta])* $name:ident = $value:expr),+ $(,)?
        }
    ) => {
        $(#[$outer_flags])*
        #[repr(transparent)]
        $vis_flags struct $flags($(#[$inner_flags])* $vis_inner $ty);

        $(#[$outer_flag])*
        #[repr($ty)]
        $vis_flag enum $flag {
            $($(#[$inner_flag])* $name = $value),+
        }

        #[allow(dead_code)]
        impl $flags {
            /// No flag.
            #[inline]
            $vis_flags const fn empty() -> Self {
                Self(0)
            }

            /// All flags, as an integer.
            #[inline]
            $vis_flags const fn all_bits() -> $ty {
                0 $(| $value)+
            }

            /// Whether `flag` is set.
            #[inline]
            $vis_flags fn contains(self, flag: $flag) -> bool {
                self.contains_all(flag.into())
            }

            /// Whether at least one of `flags` is set.
            #[inline]
            $vis_flags fn contains_any(self, flags: $flags) -> bool {
                self.0 & flags.0 != 0
            }

            /// Whether all of `flags` are set.
            #[inline]
            $vis_flags fn contains_all(self, flags: $flags) -> bool {
                self.0 & flags.0 == flags.0
            }
        }

        impl ::core::convert::From<$flag> for $flags {
            #[inline]
            fn from(flag: $flag) -> Self {
                Self(flag as $ty)
            }
        }

        impl ::core::convert::From<$flags> for $ty {
            #[inline]
            fn from(flags: $flags) -> Self {
                flags.0
            }
        }

        impl ::core::convert::TryFrom<$ty> for $flags {
            type Error = $crate::error::Error;

            #[inline]
            fn try_from(bits: $ty) -> ::core::result::Result<Self, Self::Error> {
                if bits & !Self::all_bits() != 0 {
                    return Err($crate::error::code::EINVAL);
                }
                Ok(Self(bits))
            }
        }

        $crate::impl_flags!(@op $flags $flag BitOr bitor BitOrAssign bitor_assign |);
        $crate::impl_flags!(@op $flags $flag BitAnd bitand BitAndAssign bitand_assign &);
        $crate::impl_flags!(@op $flags $flag BitXor bitxor BitXorAssign bitxor_assign ^);

        impl ::core::ops::Not for $flags {
            type Output = Self;

            /// The flags that are not set.
            #[inline]
            fn not(self) -> Self {
                Self(!self.0 & Self::all_bits())
            }
        }

        impl ::core::ops::Not for $flag {
            type Output = $flags;

            /// All other flags.
            #[inline]
            fn not(self) -> $flags {
                !$flags::from(self)
            }
        }
    };
    (@op $flags:ident $flag:ident $Op:ident $op:ident $OpAssign:ident $op_assign:ident $sign:tt) => {
        impl ::core::ops::$Op for $flags {
            type Output = Self;

            #[inline]
            fn $op(self, other: Self) -> Self {
                Self(self.0 $sign other.0)
            }
        }

        impl ::core::ops::$Op<$flag> for $flags {
            type Output = Self;

            #[inline]
            fn $op(self, other: $flag) -> Self {
                self $sign Self::from(other)
            }
        }

        impl ::core::ops::$Op<$flags> for $flag {
            type Output = $flags;

            #[inline]
            fn $op(self, other: $flags) -> $flags {
                $flags::from(self) $sign other
            }
        }

        impl ::core::ops::$Op for $flag {
            type Output = $flags;

            #[inline]
            fn $op(self, other: Self) -> $flags {
                $flags::from(self) $sign $flags::from(other)
            }
        }

        impl ::core::ops::$OpAssign for $flags {
            #[inline]
            fn $op_assign(&mut self, other: Self) {
                self.0 = self.0 $sign other.0;
            }
        }

        impl ::core::ops::$OpAssign<$flag> for $flags {
            #[inline]
            fn $op_assign(&mut self, other: $flag) {
                self.$op_assign(Self::from(other));
            }
        }
    };
}
