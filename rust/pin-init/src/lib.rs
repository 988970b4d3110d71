#![no_std] pub use pin_init_internal::MaybeZeroable;
