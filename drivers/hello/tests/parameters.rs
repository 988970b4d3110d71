// SPDX-License-Identifier: GPL-2.0
//! Runs in the VM, as root, with the module loaded with `greeting=7`.
use kmod_testing::messages;

#[test]
fn the_parameter_counts() {
    let log = messages("hello");
    let greetings: Vec<_> = log.iter().filter(|l| l.starts_with("hello, world")).collect();
    assert_eq!(greetings.len(), 7);
    assert_eq!(greetings[6], "hello, world, for the 7. time.");
}

#[test]
fn the_module_is_loaded() {
    assert!(std::fs::read_to_string("/proc/modules").unwrap().lines().any(|l| l.starts_with("hello ")));
}
