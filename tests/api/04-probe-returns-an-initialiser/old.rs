// SPDX-License-Identifier: MIT OR Apache-2.0
//! `probe` no longer allocates what it returns (v6.19).
pub mod prelude {
    pub use crate::init::PinInit;
}
pub mod init {
    pub trait PinInit<T, E> {
        fn init(self) -> Result<T, E>;
    }
    impl<T, E, F: FnOnce() -> Result<T, E>> PinInit<T, E> for F {
        fn init(self) -> Result<T, E> {
            self()
        }
    }
}
pub mod pci {
    pub trait Driver: Sized {
        fn probe(id: u32) -> Result<Box<Self>, i32>;
    }
}
