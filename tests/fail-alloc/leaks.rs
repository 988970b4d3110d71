// SPDX-License-Identifier: GPL-2.0
// Forgets the first allocation when the second fails.
use kernel::prelude::*;

fn two() -> Result {
    let first = KBox::into_raw(KBox::new(1, GFP_KERNEL)?);
    KBox::new(2, GFP_KERNEL)?;
    // SAFETY: Just taken out of its box.
    drop(unsafe { KBox::from_raw(first) });
    Ok(())
}

fn main() {
    let _ = two();
}
