// SPDX-License-Identifier: MIT OR Apache-2.0
//! The forms of `pin_init!` and `init!`, and what they do at run time.
#![deny(unsafe_code, missing_docs, warnings)]

use pin_init::{
    assert_pinned, init, init_array_from_fn, pin_data, pin_init, pin_init_scope, pinned_drop, stack_pin_init,
    stack_try_pin_init, Init, MaybeZeroable, PinInit, Zeroable,
};
use std::{cell::RefCell, marker::PhantomPinned, pin::Pin, rc::Rc};

type Log = Rc<RefCell<Vec<&'static str>>>;

/// Writes its name down when dropped.
struct Noisy(&'static str, Log);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

impl Noisy {
    fn new(name: &'static str, log: &Log) -> Self {
        Self(name, log.clone())
    }
}

#[derive(Debug, PartialEq)]
struct Failed;

impl From<std::convert::Infallible> for Failed {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[pin_data]
struct Pair {
    #[pin]
    first: Noisy,
    second: Noisy,
    #[pin]
    _pin: PhantomPinned,
}

impl Pair {
    fn new(log: &Log, second: Result<(), Failed>) -> impl PinInit<Self, Failed> + use<'_> {
        pin_init!(Self {
            first <- Noisy::new("first", log),
            second: {
                second?;
                Noisy::new("second", log)
            },
            _pin: PhantomPinned,
        }? Failed)
    }
}

#[test]
fn fields_are_dropped_once_in_order_of_declaration() {
    let log = Log::default();
    {
        stack_try_pin_init!(let pair: Pair = Pair::new(&log, Ok(())));
        let pair = pair.ok().unwrap();
        assert_eq!(pair.first.0, "first");
    }
    assert_eq!(*log.borrow(), ["first", "second"]);
}

#[test]
fn built_fields_are_dropped_when_a_later_one_fails() {
    let log = Log::default();
    stack_try_pin_init!(let pair: Pair = Pair::new(&log, Err(Failed)));
    assert!(matches!(pair, Err(Failed)));
    assert_eq!(*log.borrow(), ["first"]);
}

#[test]
fn a_failing_chain_drops_the_value() {
    let log = Log::default();
    let init = Pair::new(&log, Ok(())).pin_chain(|pair| {
        assert_eq!(pair.second.0, "second");
        Err(Failed)
    });
    stack_try_pin_init!(let pair: Pair = init);
    assert!(pair.is_err());
    assert_eq!(*log.borrow(), ["first", "second"]);
}

#[test]
fn the_error_operator_returns() {
    fn try_it(log: &Log) -> Result<(), Failed> {
        stack_try_pin_init!(let pair: Pair =? Pair::new(log, Ok(())));
        assert_eq!(pair.as_mut().project().second.0, "second");
        stack_try_pin_init!(let _pair =? Pair::new(log, Err(Failed)));
        unreachable!()
    }
    let log = Log::default();
    assert_eq!(try_it(&log), Err(Failed));
    assert_eq!(*log.borrow(), ["first", "first", "second"]);
}

/// Generics of all kinds, `Self` in field types, a where clause.
#[pin_data]
pub struct Everything<'a, T: Copy, const N: usize>
where
    T: Into<u64>,
{
    next: Option<&'a Self>,
    values: [T; N],
    #[pin]
    pinned: Inner<'a, T>,
    #[cfg(any())]
    absent: Absent,
    #[cfg(all())]
    present: u8,
}

#[pin_data]
struct Inner<'a, T: ?Sized> {
    name: &'a str,
    value: T,
}

#[test]
fn generics_turbofish_and_attributes() {
    let text = String::from("inner");
    let name = text.as_str();
    let init = pin_init!(&this in Everything<'_, u8, 2> {
        next: None,
        values: [1, 2],
        pinned <- {
            let value = values[1];
            pin_init!(Inner { name, value })
        },
        _: {
            assert_eq!(*values, [1, 2]);
            let pinned: Pin<&mut Inner<'_, u8>> = pinned.as_mut();
            assert_eq!((pinned.name, pinned.value), ("inner", 2));
        },
        _: {
            assert_ne!(this.as_ptr().addr(), 0);
        },
        #[cfg(any())]
        absent: 0,
        #[cfg(all())]
        present: 7,
    });
    stack_pin_init!(let all = init);
    assert_eq!((all.values, all.present, all.next.is_none()), ([1, 2], 7, true));
    let all = all.project();
    *all.present = 8;
    assert_eq!((all.pinned.name, *all.present), ("inner", 8));
}

/// A struct with all-zero parts.
#[derive(Zeroable, Debug, PartialEq)]
struct Zeroes {
    a: u32,
    b: Option<&'static u8>,
    c: (u8, [*const u8; 2]),
}

#[test]
fn the_rest_is_zeroed() {
    stack_pin_init!(let zeroes = init!(Zeroes { a: 7, ..Zeroable::init_zeroed() }));
    assert_eq!(*zeroes, Zeroes { a: 7, ..Zeroes::zeroed() });
    stack_pin_init!(let zeroes = init!(Zeroes { ..pin_init::Zeroable::init_zeroed() }));
    assert_eq!((zeroes.a, zeroes.b, zeroes.c.1[1].is_null()), (0, None, true));
}

#[test]
fn maybe_zeroable_asks_each_field() {
    #[derive(MaybeZeroable)]
    struct Yes(#[allow(dead_code)] u8, #[allow(dead_code)] *mut Yes);
    #[derive(MaybeZeroable)]
    #[allow(dead_code)]
    struct No(&'static u8);
    #[derive(MaybeZeroable, Clone, Copy)]
    #[allow(dead_code)]
    union Either {
        number: u64,
        text: [u8; 3],
    }
    #[derive(MaybeZeroable)]
    #[allow(dead_code)]
    struct Generic<T>(T);
    fn is_zeroable<T: Zeroable>() {}
    is_zeroable::<Yes>();
    is_zeroable::<Either>();
    is_zeroable::<Generic<u8>>();
    is_zeroable::<Option<fn(u8) -> u8>>();
    is_zeroable::<Option<unsafe extern "C" fn(*mut u8, u8)>>();
}

#[test]
fn options_in_front() {
    #[derive(Zeroable, Clone, Copy)]
    #[repr(C, packed)]
    struct Packed {
        small: u8,
        large: u64,
        other: u32,
    }
    stack_pin_init!(let packed = init!(#[disable_initialized_field_access] Packed {
        small: 1,
        large <- 2,
        other: 3,
    }));
    assert_eq!({ packed.large }, 2);
    assert_eq!({ packed.other } + u32::from(packed.small), 4);

    let number = "seven";
    let init = init!(
        #[default_error(std::num::ParseIntError)]
        Zeroes { a: number.parse()?, ..Zeroable::init_zeroed() }
    );
    stack_try_pin_init!(let zeroes = init);
    assert!(zeroes.is_err());
}

#[test]
fn a_packed_struct_drops_what_was_built() {
    #[repr(C, packed)]
    struct Packed {
        _small: u8,
        _noisy: Noisy,
        _failing: u8,
    }
    let log = Log::default();
    let noisy = Noisy::new("packed", &log);
    stack_try_pin_init!(let packed = init!(#[disable_initialized_field_access] Packed {
        _small: 1,
        _noisy: noisy,
        _failing: Err(Failed)?,
    }? Failed));
    assert!(packed.is_err());
    assert_eq!(*log.borrow(), ["packed"]);
}

#[test]
fn arrays_are_built_by_index_and_dropped_on_failure() {
    let log = Log::default();
    let array: Result<[Noisy; 4], Failed> = {
        stack_try_pin_init!(let array: [Noisy; 4] = init_array_from_fn(|i| {
            ["a", "b"].get(i).map(|name| Noisy::new(name, &log)).ok_or(Failed)
        }));
        array.map(|_| unreachable!())
    };
    assert!(array.is_err());
    assert_eq!(*log.borrow(), ["a", "b"]);
}

#[test]
fn a_scope_runs_code_first() {
    fn pair(log: &Log, fail: bool) -> impl PinInit<Pair, Failed> + use<'_> {
        pin_init_scope(move || if fail { Err(Failed) } else { Ok(Pair::new(log, Ok(()))) })
    }
    let log = Log::default();
    stack_try_pin_init!(let failed = pair(&log, true));
    assert!(failed.is_err() && log.borrow().is_empty());
    stack_try_pin_init!(let built = pair(&log, false));
    assert!(built.is_ok());
}

#[pin_data(PinnedDrop)]
struct Dropped<T: Send> {
    log: Log,
    value: T,
    #[pin]
    _pin: PhantomPinned,
}

#[pinned_drop]
impl<T: Send> PinnedDrop for Dropped<T> {
    fn drop(self: Pin<&mut Self>) {
        self.project().log.borrow_mut().push("pinned drop");
    }
}

#[test]
fn pinned_drop_runs() {
    let log = Log::default();
    {
        let log = log.clone();
        stack_pin_init!(let dropped = pin_init!(Dropped { log, value: 7, _pin: PhantomPinned }));
        assert_eq!(dropped.value, 7);
    }
    assert_eq!(*log.borrow(), ["pinned drop"]);
}

#[test]
fn unpin_follows_the_pinned_fields() {
    #[pin_data]
    struct Movable {
        #[pin]
        _number: u8,
        _not_pinned: Option<Pair>,
    }
    fn is_unpin<T: Unpin>() {}
    is_unpin::<Movable>();
}

assert_pinned!(Pair, first, Noisy);

#[test]
fn coercions_reach_the_field() {
    struct Dynamic {
        text: &'static [u8],
        call: fn(u8) -> u8,
        object: Box<dyn Fn(u8) -> u8>,
        list: Vec<u8>,
    }
    fn make() -> impl Init<Dynamic> {
        init!(Dynamic { text: b"text", call: |x| x + 1, object: Box::new(|x| x + 2), list: Vec::new() })
    }
    stack_pin_init!(let dynamic = make());
    assert_eq!((dynamic.text.len(), (dynamic.call)(1), (dynamic.object)(1), dynamic.list.len()), (4, 2, 3, 0));
}
