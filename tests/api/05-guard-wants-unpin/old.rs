// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a lock guards can be moved out only if its type allows it (v6.19).
pub mod sync {
    pub struct Mutex<T>(pub T);
    pub struct Guard<'a, T>(pub &'a mut T);
    pub struct Once(pub u8);
    impl<T> Mutex<T> {
        pub fn lock(&mut self) -> Guard<'_, T> {
            Guard(&mut self.0)
        }
    }
    impl<T> core::ops::Deref for Guard<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            self.0
        }
    }
    impl<T> core::ops::DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0
        }
    }
}
