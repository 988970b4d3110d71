// SPDX-License-Identifier: GPL-2.0
//! The smallest driver worth reading: a module with parameters that allocates, prints, and is unloaded again.
#![no_std]

use kernel::prelude::*;

module! {
    type: Hello,
    name: "hello",
    authors: ["the cargo-kmod developers"],
    description: "Greets, counts and says goodbye",
    license: "GPL",
    params: {
        greeting: u32 {
            default: 1,
            description: "how many greetings to print",
        },
        loud: bool {
            default: false,
            description: "whether to shout",
        },
    },
}

struct Hello {
    greetings: KVec<u32>,
}

impl kernel::Module for Hello {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let wanted = module_parameters::greeting.value();
        if wanted > 100 {
            pr_err!("greeting={} is more than anyone wants to read\n", wanted);
            return Err(EINVAL);
        }
        let end = if module_parameters::loud.value() { "!" } else { "." };
        let mut greetings = KVec::new();
        for number in 1..=wanted {
            pr_info!("hello, world, for the {}. time{}\n", number, end);
            greetings.push(number, GFP_KERNEL)?;
        }
        Ok(Hello { greetings })
    }
}

impl Drop for Hello {
    fn drop(&mut self) {
        pr_info!("goodbye after {:?}\n", self.greetings);
    }
}
