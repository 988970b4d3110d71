// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting for what the kernel does in its own time.
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// Waits until something is so.
///
/// # Panics
///
/// When it is not so after a minute.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not in a minute");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until `path` is there.
///
/// # Panics
///
/// When it is not there after a minute.
pub fn wait_for(path: impl AsRef<Path>) {
    let path = path.as_ref();
    wait_until(&path.display().to_string(), || path.exists());
}
