// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nothing that a user could see: spellings, bodies, order, what is private, and additions.
pub mod sync {
    pub use handle::Arc;
    mod handle {
        pub struct Arc<X>(pub(crate) X);
        impl<X> Arc<X>
        where
            X: Send,
            X: Clone,
        {
            pub const fn new(value: X) -> core::result::Result<Arc<X>, i32> {
                Ok(Self(value))
            }
            pub fn get(&self) -> X {
                self.0.clone()
            }
            pub fn set(&mut self, value: X) {
                self.0 = value;
            }
        }
    }
    pub fn call() {}
    pub trait Backend {
        fn lock(&self);
        fn try_lock(&self) -> bool {
            false
        }
    }
    pub struct Further;
}
pub mod plain {
    pub struct Point {
        pub x: u8,
    }
    pub enum Mode {
        On,
        Off,
    }
    impl Point {
        pub fn sum(&self) -> u8 {
            self.x
        }
    }
    impl Mode {
        pub fn is_on(&self) -> bool {
            matches!(self, Self::On)
        }
    }
}
