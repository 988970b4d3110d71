// SPDX-License-Identifier: GPL-2.0
//! `paste!`, `concat_idents!` and `#[vtable]`.
use macros::{concat_idents, paste, vtable};

mod inner {
    pub const ANSWER: u8 = 42;
    pub struct Thing;
    impl Thing {
        pub const SIZE: usize = 3;
    }
}

macro_rules! names {
    ($name:ident, $path:path, $ty:ty, $number:literal, $text:literal) => {
        paste! {
            #[derive(Debug, PartialEq)]
            struct [<$name:upper $number>] { [<field_ $number>]: u8 }

            #[doc = $text]
            fn [<make_ $text _ $name:lower>]() -> [<$name:upper $number>] {
                let array = [1, 2, [0; { $ty::SIZE }].len()];
                assert_eq!(array[2], <$ty>::SIZE);
                [<$name:upper $number>] { [<field_ $number>]: $path }
            }

            macro_rules! [<call_ $name:lower:span>] {
                () => { [<make_ $text _ $name:lower>]() };
            }
        }
    };
}
names!(Item, inner::ANSWER, inner::Thing, 7, "one");

#[test]
fn names_are_pasted() {
    assert_eq!(make_one_item(), ITEM7 { field_7: 42 });
    assert_eq!(call_item!(), ITEM7 { field_7: 42 });
}

#[test]
fn names_are_concatenated() {
    fn left_right() -> u8 {
        3
    }
    assert_eq!(concat_idents!(left_, right)(), 3);
}

#[vtable]
trait Operations {
    const HAS_GIVEN: bool = true;
    fn open(&self) {}
    fn close(&self) {}
    fn given(&self) {}
    #[cfg(any())]
    fn absent(&self) {}
}

struct Door;

#[vtable]
impl Operations for Door {
    fn close(&self) {}
    #[cfg(any())]
    fn open(&self) {}
}

#[test]
fn a_vtable_knows_what_is_implemented() {
    assert_eq!((Door::HAS_OPEN, Door::HAS_CLOSE, Door::HAS_GIVEN), (false, true, true));
    let door = Door;
    (door.open(), door.close(), door.given());
}
