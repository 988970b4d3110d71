// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded.
use kmod_testing::{bind, driver_devices, messages, unbind};

#[test]
fn the_device_is_bound() {
    assert_eq!(driver_devices("platform", "my_driver"), ["KMOD0001:00"]);
    assert!(messages("my_driver").iter().any(|m| m == "bound, model first"));
}

#[test]
fn it_can_be_unbound_and_bound_again() {
    unbind("platform", "my_driver", "KMOD0001:00").unwrap();
    assert!(driver_devices("platform", "my_driver").is_empty());
    assert!(messages("my_driver").iter().any(|m| m == "unbound"));
    bind("platform", "my_driver", "KMOD0001:00").unwrap();
    assert_eq!(driver_devices("platform", "my_driver"), ["KMOD0001:00"]);
}
