// SPDX-License-Identifier: GPL-2.0
//! `ForLt!` and `CovariantForLt!` against traits of the test's own.
extern crate self as kernel;

/// Stands in for `kernel::types`.
pub mod types {
    pub mod for_lt {
        use core::marker::PhantomData;

        pub trait ForLt {
            type Of<'a>: 'a;
        }
        pub trait CovariantForLt: ForLt {}
        pub struct UnsafeForLtImpl<T: ?Sized, WF, const N: usize>(PhantomData<(WF, T)>);
        pub trait WithLt<'a> {
            type Of: 'a;
        }
        impl<T: ?Sized + for<'a> WithLt<'a>, WF, const N: usize> ForLt for UnsafeForLtImpl<T, WF, N> {
            type Of<'a> = <T as WithLt<'a>>::Of;
        }
        impl<T: ?Sized + for<'a> WithLt<'a>, WF> CovariantForLt for UnsafeForLtImpl<T, WF, 1> {}
    }
}

use macros::{CovariantForLt, ForLt};
use types::for_lt::{CovariantForLt, ForLt};

struct Covariant<'a>(&'a u8);
struct Invariant<'a>(core::cell::Cell<&'a u8>);

fn covariant<F: CovariantForLt>() {}

fn read<'a, F: for<'b> ForLt<Of<'b> = Covariant<'b>>>(value: F::Of<'a>) -> &'a u8 {
    value.0
}

#[test]
fn lifetimes_are_filled_in() {
    let number = 7;
    assert_eq!(read::<ForLt!(Covariant<'_>)>(Covariant(&number)), &7);
    assert_eq!(read::<ForLt!(for<'a> Covariant<'a>)>(Covariant(&number)), &7);
    let invariant: <ForLt!(Invariant<'_>) as ForLt>::Of<'_> = Invariant(core::cell::Cell::new(&number));
    assert_eq!(invariant.0.get(), &7);
}

#[test]
fn covariance_is_proved() {
    covariant::<CovariantForLt!(u32)>();
    covariant::<CovariantForLt!(&u32)>();
    covariant::<CovariantForLt!(for<'a> (Covariant<'a>, [&'a str; 2], *const &'a u8))>();
    covariant::<CovariantForLt!(Option<Covariant<'_>>)>();
}

#[test]
fn generic_parameters_may_stand_outside_of_the_proof() {
    fn generic<T: 'static>() {
        covariant::<CovariantForLt!(&T)>();
        covariant::<CovariantForLt!((T, Covariant<'_>))>();
    }
    generic::<u8>();
}
