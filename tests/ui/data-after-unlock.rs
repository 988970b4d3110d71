// SPDX-License-Identifier: GPL-2.0
//! C: `entry = &port->entry; mutex_unlock(&port->lock); entry->count++;`
use kernel::sync::Mutex;

pub fn count(counter: &Mutex<u32>) {
    let mut guard = counter.lock();
    let entry = &mut *guard;
    drop(guard); //- //~ cannot move out of `guard` because it is borrowed
    *entry += 1;
}
