// SPDX-License-Identifier: GPL-2.0
//! Has mainline's `drm_panic_qr.rs`, which lies beside it when it is built, draw what a panic would: built into the kernel, it is
//! called by C.
use kernel::{alloc::flags::GFP_KERNEL, prelude::*};

mod drm_panic_qr;

const TEXT: &[u8] = b"drawn by a module in Rust";

struct Draws;

/// Prints the code, a character a pixel, and its data's sum.
fn draw(url: Option<&CStr>) -> Result {
    let mut data = KVec::from_elem(0u8, 4071, GFP_KERNEL)?;
    let mut scratch = KVec::from_elem(0u8, 3706, GFP_KERNEL)?;
    data[..TEXT.len()].copy_from_slice(TEXT);
    let url = url.map_or(core::ptr::null(), CStr::as_char_ptr);
    let (size, scratch_size) = (data.len(), scratch.len());
    // SAFETY: The URL is a C string or null; both buffers are as long as stated, and nobody else's.
    let width = unsafe {
        drm_panic_qr::drm_panic_qr_generate(url, data.as_mut_ptr(), TEXT.len(), size, scratch.as_mut_ptr(), scratch_size)
    };
    let width = usize::from(width);
    let stride = width.div_ceil(8);
    let mut row = KVec::with_capacity(width, GFP_KERNEL)?;
    for bytes in data.chunks(stride.max(1)).take(width) {
        row.clear();
        for x in 0..width {
            row.push(if bytes[x / 8] << (x % 8) & 0x80 != 0 { b'#' } else { b'.' }, GFP_KERNEL)?;
        }
        pr_info!("{}\n", core::str::from_utf8(&row)?);
    }
    let sum = data[..stride * width].iter().fold(0u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte));
    pr_info!("{width} pixels wide, sum {sum:08x}\n");
    Ok(())
}

impl kernel::Module for Draws {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: It takes any version and length.
        let most = unsafe { drm_panic_qr::drm_panic_qr_max_data_size(40, 0) };
        pr_info!("the largest code holds {most} bytes\n");
        draw(None)?;
        draw(Some(c"https://panic.example/?a="))?;
        Ok(Self)
    }
}

module! {
    type: Draws,
    name: "draws_qr",
    description: "draws QR codes",
    license: "GPL",
}
