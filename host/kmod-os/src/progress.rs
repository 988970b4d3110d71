// SPDX-License-Identifier: MIT OR Apache-2.0
//! How library code says what it is doing; the command draws it on stderr.

/// Told of long work. One implementation draws bars, another is silent.
pub trait Progress: Sync {
    /// A step that takes a while begins; it ends when the task is dropped. `total` is in bytes, for a download.
    fn start(&self, what: &str, total: Option<u64>) -> Box<dyn Task>;
    /// One line worth telling: what was found or decided.
    fn note(&self, line: &str);
}

pub trait Task: Send {
    fn set(&self, done: u64);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &str, _total: Option<u64>) -> Box<dyn Task> {
        Box::new(Silent)
    }
    fn note(&self, _line: &str) {}
}

impl Task for Silent {
    fn set(&self, _done: u64) {}
}
