// SPDX-License-Identifier: GPL-2.0
//! C: `INIT_WORK_ONSTACK()`, `queue_work()`, and a return before the work has run
use kernel::{prelude::*, sync::Mutex, workqueue};

pub fn later(total: &'static Mutex<u32>) -> Result {
    let amount = 1;
    //~ may outlive the current function
    workqueue::system().try_spawn(GFP_KERNEL, || *total.lock() += amount)?; //-
    workqueue::system().try_spawn(GFP_KERNEL, move || *total.lock() += amount)?;
    Ok(())
}
