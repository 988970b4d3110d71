// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::sync::{Arc, Backend, call};

pub struct Mine;

impl Backend for Mine {
    fn lock(&self) {
        call();
    }
}

pub fn value() -> Result<u8, i32> {
    Ok(Arc::new(1)?.get())
}

pub fn point(mode: kernel::plain::Mode) -> kernel::plain::Point {
    match mode {
        kernel::plain::Mode::On => kernel::plain::Point { x: 1 },
        kernel::plain::Mode::Off => kernel::plain::Point { x: 0 },
    }
}
