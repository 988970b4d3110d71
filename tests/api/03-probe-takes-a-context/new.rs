// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `probe` is given says in its type that the device is being bound (v6.15).
pub mod device {
    pub struct Core;
    pub struct Normal;
}
pub mod platform {
    pub struct Device<C = crate::device::Normal>(pub Option<C>);
    pub trait Driver: Sized {
        fn probe(device: &Device<crate::device::Core>) -> Result<Self, i32>;
    }
}
