// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types for which memory full of zeroes is a value.

use crate::{init_from_closure, Init};
use core::{
    cell::{Cell, UnsafeCell},
    marker::{PhantomData, PhantomPinned},
    mem::{ManuallyDrop, MaybeUninit},
    num::{NonZero, Wrapping},
    ptr::NonNull,
};

/// A type for which memory full of zeroes is a value.
///
/// Derive it: `#[derive(Zeroable)]` demands it of each field; `#[derive(MaybeZeroable)]` implements it only if each field
/// has it.
///
/// # Safety
/// The all-zero bit pattern must be a valid value of the type.
pub unsafe trait Zeroable {
    /// An initializer that fills the memory with zeroes.
    fn init_zeroed() -> impl Init<Self>
    where
        Self: Sized,
    {
        init_zeroed()
    }

    /// The all-zero value.
    fn zeroed() -> Self
    where
        Self: Sized,
    {
        zeroed()
    }
}

/// A type for which `None` of `Option<Self>` is all zeroes.
///
/// # Safety
/// The all-zero bit pattern must be a valid value of `Option<Self>`.
pub unsafe trait ZeroableOption {}

// SAFETY: That is what `ZeroableOption` says.
unsafe impl<T: ZeroableOption> Zeroable for Option<T> {}

/// An initializer that fills the memory with zeroes.
#[inline]
pub fn init_zeroed<T: Zeroable>() -> impl Init<T> {
    // SAFETY: `T: Zeroable`, so that zeroes are a value; it never fails.
    unsafe {
        init_from_closure(|slot: *mut T| {
            slot.write_bytes(0, 1);
            Ok(())
        })
    }
}

/// The all-zero value.
#[inline]
pub const fn zeroed<T: Zeroable>() -> T {
    // SAFETY: `T: Zeroable`.
    unsafe { core::mem::zeroed() }
}

macro_rules! impl_zeroable {
    ($($({$($generics:tt)*})? $t:ty,)+) => {
        // SAFETY: The reason stands above each group.
        $(unsafe impl$($($generics)*)? Zeroable for $t {})+
    };
}

impl_zeroable! {
    // Zero is a number, `false`, or the character NUL.
    bool, char,
    u8, u16, u32, u64, u128, usize,
    i8, i16, i32, i64, i128, isize,
    f32, f64,
    core::sync::atomic::AtomicBool,
    core::sync::atomic::AtomicU8, core::sync::atomic::AtomicU16, core::sync::atomic::AtomicU32,
    core::sync::atomic::AtomicU64, core::sync::atomic::AtomicUsize,
    core::sync::atomic::AtomicI8, core::sync::atomic::AtomicI16, core::sync::atomic::AtomicI32,
    core::sync::atomic::AtomicI64, core::sync::atomic::AtomicIsize,
    // They have no bits.
    {<T: ?Sized>} PhantomData<T>, PhantomPinned, (),
    // Any bits are allowed, initialised or not.
    {<T>} MaybeUninit<T>,
    // The layout and the valid values are those of `T`.
    {<T: ?Sized + Zeroable>} UnsafeCell<T>,
    {<T: ?Sized + Zeroable>} Cell<T>,
    {<T: ?Sized + Zeroable>} ManuallyDrop<T>,
    {<T: Zeroable>} Wrapping<T>,
    // Every element is zeroes.
    {<const N: usize, T: Zeroable>} [T; N],
    // Zero is the null pointer.
    {<T>} *mut T, {<T>} *const T,
    {<T>} *mut [T], {<T>} *const [T], *mut str, *const str,
    {<T>} core::sync::atomic::AtomicPtr<T>,
}

macro_rules! impl_zeroable_option {
    ($($({$($generics:tt)*})? $t:ty,)+) => {
        // SAFETY: These are never zero, and the language guarantees that `None` is then represented by zero.
        $(unsafe impl$($($generics)*)? ZeroableOption for $t {})+
    };
}

impl_zeroable_option! {
    {<T>} &T,
    {<T>} &mut T,
    {<T: ?Sized>} NonNull<T>,
    NonZero<u8>, NonZero<u16>, NonZero<u32>, NonZero<u64>, NonZero<u128>, NonZero<usize>,
    NonZero<i8>, NonZero<i16>, NonZero<i32>, NonZero<i64>, NonZero<i128>, NonZero<isize>,
}

macro_rules! impl_for_tuples_and_functions {
    ($first:ident $($rest:ident)*) => {
        // SAFETY: Each member is zeroable, and padding may be anything.
        unsafe impl<$first: Zeroable, $($rest: Zeroable),*> Zeroable for ($first, $($rest),*) {}
        impl_for_functions!($first $($rest)*);
        impl_for_tuples_and_functions!($($rest)*);
    };
    () => { impl_for_functions!(); };
}
macro_rules! impl_for_functions {
    ($($arg:ident)*) => {
        // SAFETY: Function pointers are never null, and the language guarantees that `None` is then null.
        unsafe impl<Ret, $($arg),*> ZeroableOption for fn($($arg),*) -> Ret {}
        // SAFETY: As above.
        unsafe impl<Ret, $($arg),*> ZeroableOption for unsafe fn($($arg),*) -> Ret {}
        // SAFETY: As above.
        unsafe impl<Ret, $($arg),*> ZeroableOption for extern "C" fn($($arg),*) -> Ret {}
        // SAFETY: As above.
        unsafe impl<Ret, $($arg),*> ZeroableOption for unsafe extern "C" fn($($arg),*) -> Ret {}
    };
}
impl_for_tuples_and_functions!(A B C D E F G H I J K L M N O P Q R S T);
