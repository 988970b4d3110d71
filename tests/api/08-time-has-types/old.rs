// SPDX-License-Identifier: MIT OR Apache-2.0
//! A timer is given a duration, not nanoseconds (v6.17).
pub mod time {
    pub struct Delta(pub i64);
    pub fn fsleep(_nanos: i64) {}
    pub fn now() -> i64 {
        0
    }
}
pub mod hrtimer {
    pub struct Timer;
    impl Timer {
        pub fn start(&self, _nanos: i64) {}
    }
}
