// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was written twice is written once, in a macro, of which a reader of the source sees only names.
pub mod iov {
    macro_rules! common {
        ($name:ident) => {
            pub struct $name(pub usize);
            impl $name {
                pub fn len(&self) -> usize {
                    self.0
                }
            }
        };
    }
    common!(Target);
    pub struct Source(pub usize);
    macro_rules! methods {
        ($name:ident) => {
            impl $name {
                pub fn len(&self) -> usize {
                    self.0
                }
            }
        };
    }
    methods!(Source);
}
