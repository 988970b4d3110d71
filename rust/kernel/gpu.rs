// SPDX-License-Identifier: GPL-2.0
//! What drivers of graphics cards share.

pub mod buddy;
