// SPDX-License-Identifier: GPL-2.0
//! C: `get_user(len, arg)` to check it, then `copy_from_user(&header, arg, sizeof(header))` to use it: it may differ by then
use kernel::{prelude::*, uaccess::UserSlice};

pub fn header(slice: UserSlice) -> Result<u32> {
    let checked: u32 = slice.reader().read()?;
    let used: u32 = slice.reader().read()?; //- //~ use of moved value: `slice`
    Ok(checked)
}
