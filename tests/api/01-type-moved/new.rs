// SPDX-License-Identifier: MIT OR Apache-2.0
//! A type of `types` has a module of its own; the old name was kept for a release, then it went.
pub mod types {
    pub struct Opaque<T>(pub T);
}
pub mod sync {
    pub mod aref {
        pub struct ARef<T>(pub T);
    }
}
