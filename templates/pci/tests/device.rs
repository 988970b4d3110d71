// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded.
use kmod_testing::{bind, driver_devices, messages, unbind};

#[test]
fn the_device_is_bound_and_alive() {
    assert_eq!(driver_devices("pci", "my_driver").len(), 1);
    assert!(messages("my_driver").iter().any(|m| m == "version 1.0"));
}

#[test]
fn it_can_be_unbound_and_bound_again() {
    let device = driver_devices("pci", "my_driver").remove(0);
    unbind("pci", "my_driver", &device).unwrap();
    assert!(driver_devices("pci", "my_driver").is_empty());
    assert!(messages("my_driver").iter().any(|m| m == "unbound, alive: true"));
    bind("pci", "my_driver", &device).unwrap();
    assert_eq!(driver_devices("pci", "my_driver"), [device]);
}
