// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::platform::{Device, Driver};

pub struct Bound<T: Driver>(pub T, pub Device);
