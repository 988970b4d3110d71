// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pinned values on the stack.

use crate::PinInit;
use core::{mem::MaybeUninit, pin::Pin};

/// Room on the stack for a `T` that may be there already.
///
/// # Invariants
/// `value` is initialised if `is_init` is true.
pub struct StackInit<T> {
    value: MaybeUninit<T>,
    is_init: bool,
}

impl<T> StackInit<T> {
    /// Room without a value.
    #[inline]
    pub fn uninit() -> Self {
        // INVARIANT: `is_init` is false.
        Self { value: MaybeUninit::uninit(), is_init: false }
    }

    /// Builds the value; drops the one that may have been there.
    #[inline]
    pub fn init<E>(self: Pin<&mut Self>, init: impl PinInit<T, E>) -> Result<Pin<&mut T>, E> {
        // SAFETY: Nothing is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        if this.is_init {
            // INVARIANT: `is_init` is false before the value goes.
            this.is_init = false;
            // SAFETY: It was initialised by the type invariant, and is dropped this once.
            unsafe { this.value.assume_init_drop() };
        }
        // SAFETY: A field is valid for writes and aligned, and not used after a failure. `self` is pinned.
        unsafe { init.__pinned_init(this.value.as_mut_ptr())? };
        // INVARIANT: The value has just been initialised.
        this.is_init = true;
        // SAFETY: It is initialised, and pinned because `self` is.
        Ok(unsafe { Pin::new_unchecked(this.value.assume_init_mut()) })
    }
}

impl<T> Drop for StackInit<T> {
    fn drop(&mut self) {
        if self.is_init {
            // SAFETY: By the type invariant, and it is not used any more.
            unsafe { self.value.assume_init_drop() }
        }
    }
}

/// Builds a pinned value on the stack from an initializer that cannot fail: `stack_pin_init!(let NAME = INIT);`
///
/// ```
/// use pin_init::stack_pin_init;
/// stack_pin_init!(let number: u8 = 7);
/// assert_eq!(*number, 7);
/// ```
#[macro_export]
macro_rules! stack_pin_init {
    (let $var:ident $(: $t:ty)? = $val:expr) => {
        let val = $val;
        let mut $var = ::core::pin::pin!($crate::__internal::StackInit$(::<$t>)?::uninit());
        let mut $var = match $crate::__internal::StackInit::init($var, val) {
            Ok(value) => value,
            Err(never) => {
                let never: ::core::convert::Infallible = never;
                match never {}
            }
        };
    };
}

/// Builds a pinned value on the stack from an initializer that can fail.
///
/// `stack_try_pin_init!(let NAME = INIT);` makes `NAME` a `Result`; `let NAME =? INIT` returns the error with `?`.
///
/// ```
/// use pin_init::stack_try_pin_init;
/// # fn f() -> Result<(), core::num::ParseIntError> {
/// stack_try_pin_init!(let number: u8 =? "7".parse());
/// assert_eq!(*number, 7);
/// stack_try_pin_init!(let number: u8 = "seven".parse());
/// assert!(number.is_err());
/// # Ok(())
/// # }
/// # f().unwrap();
/// ```
#[macro_export]
macro_rules! stack_try_pin_init {
    (let $var:ident $(: $t:ty)? = $val:expr) => {
        let val = $val;
        let mut $var = ::core::pin::pin!($crate::__internal::StackInit$(::<$t>)?::uninit());
        let mut $var = $crate::__internal::StackInit::init($var, val);
    };
    (let $var:ident $(: $t:ty)? =? $val:expr) => {
        let val = $val;
        let mut $var = ::core::pin::pin!($crate::__internal::StackInit$(::<$t>)?::uninit());
        let mut $var = $crate::__internal::StackInit::init($var, val)?;
    };
}
