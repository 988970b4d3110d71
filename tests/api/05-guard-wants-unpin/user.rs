// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::sync::Mutex;

pub struct Shared<T>(pub Mutex<T>);

impl<T> Shared<T> {
    pub fn set(&mut self, value: T) {
        *self.0.lock() = value;
    }
}
