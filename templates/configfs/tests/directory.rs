// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded.
use std::fs;

const DIR: &str = "/sys/kernel/config/my_driver";

#[test]
fn an_object_is_made_configured_and_removed() {
    let object = format!("{DIR}/one");
    fs::create_dir(&object).unwrap();
    let level = format!("{object}/level");
    assert_eq!(fs::read_to_string(&level).unwrap(), "0\n");
    fs::write(&level, "7\n").unwrap();
    assert_eq!(fs::read_to_string(&level).unwrap(), "7\n");
    fs::remove_dir(&object).unwrap();
    assert!(!fs::exists(&object).unwrap());
}

#[test]
fn a_level_beyond_the_limit_is_refused() {
    assert_eq!(fs::read_to_string(format!("{DIR}/limit")).unwrap(), "9\n");
    let object = format!("{DIR}/two");
    fs::create_dir(&object).unwrap();
    let refused = fs::write(format!("{object}/level"), "10").unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(22), "EINVAL");
    fs::remove_dir(&object).unwrap();
}
