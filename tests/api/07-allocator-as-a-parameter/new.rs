// SPDX-License-Identifier: MIT OR Apache-2.0
//! A box says where its memory comes from (v6.13).
pub mod alloc {
    pub struct Kmalloc;
    pub struct Box<T, A>(pub T, pub Option<A>);
    pub type KBox<T> = Box<T, Kmalloc>;
    impl<T, A> Box<T, A> {
        pub fn new(value: T, _flags: u32) -> Result<Self, i32> {
            Ok(Self(value, None))
        }
    }
}
