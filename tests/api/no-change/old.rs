// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nothing that a user could see: spellings, bodies, order, what is private, and additions.
pub mod sync {
    mod arc {
        pub struct Arc<T>(pub(crate) T);
        impl<T: Clone + Send> Arc<T> {
            pub fn get(&self) -> T {
                self.0.clone()
            }
            pub fn new(value: T) -> Result<Self, i32> {
                Ok(Self(value))
            }
        }
    }
    pub use arc::Arc;
    pub trait Backend {
        fn lock(&self);
    }
    fn helper() {}
    pub fn call() {
        helper();
    }
}
pub mod plain {
    pub struct Point {
        pub x: u8,
    }
    pub enum Mode {
        On,
        Off,
    }
}
