// SPDX-License-Identifier: MIT OR Apache-2.0
//! A client of mainline's misc-device sample (`samples/rust/rust_misc_device.rs`): `cargo xtask test samples` runs it in the VM.
use kmod_testing::{Ioctl, io, ior, iow, wait_for};
use std::{
    error::Error,
    fs::OpenOptions,
    io::{Read, Write},
};

const DEVICE: &str = "/dev/rust-misc-device";
const UNKNOWN: Ioctl = io(b'|', 0);
const HELLO: Ioctl = io(b'|', 0x80);
const GET_VALUE: Ioctl = ior::<i32>(b'|', 0x81);
const SET_VALUE: Ioctl = iow::<i32>(b'|', 0x82);

fn main() -> Result<(), Box<dyn Error>> {
    wait_for(DEVICE);
    let mut file = OpenOptions::new().read(true).write(true).open(DEVICE)?;
    HELLO.call(&file, &mut [])?;
    assert_eq!(GET_VALUE.call_u32(&file, 7)?, 0, "the value of a file just opened");
    SET_VALUE.call_u32(&file, 42)?;
    assert_eq!(GET_VALUE.call_u32(&file, 0)?, 42);
    let refused = UNKNOWN.call(&file, &mut []).expect_err("there is no such ioctl");
    assert_eq!(refused.raw_os_error(), Some(25), "ENOTTY");

    // A write replaces what was there and moves the position to its beginning.
    for text in ["the first text", "another"] {
        file.write_all(text.as_bytes())?;
        let mut read = String::new();
        file.read_to_string(&mut read)?;
        assert_eq!(read, text);
    }
    let other = OpenOptions::new().read(true).open(DEVICE)?;
    assert_eq!(GET_VALUE.call_u32(&other, 7)?, 0, "files do not share their value");
    println!("rust_misc_device: the client is content");
    Ok(())
}
