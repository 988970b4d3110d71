// SPDX-License-Identifier: GPL-2.0
//! C: `port->pending++;` without `spin_lock(&port->lock)`
use kernel::{prelude::*, sync::SpinLock};

#[pin_data]
pub struct Port {
    #[pin]
    pub state: SpinLock<State>,
}

pub struct State {
    pub pending: u32,
}

pub fn add(port: &Port) {
    port.state.pending += 1; //- //~ no field `pending` on type
    port.state.lock().pending += 1;
}
