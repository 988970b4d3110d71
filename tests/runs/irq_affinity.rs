// SPDX-License-Identifier: GPL-2.0
//! C: `pci_alloc_irq_vectors_affinity()` with queues counted from the wrong vector
//!
//! The first and the last vector are tied to no processor, those between to one each; what the kernel says of the interrupts, once
//! they have handlers, is the same.
//@ --device
//@ rocker,name=irq
//@ --exec
//@ for irq in $(ls /sys/bus/pci/devices/0000:00:01.0/msi_irqs | sort -n); do echo $(cat /proc/irq/$irq/smp_affinity_list); done | sed '1s/^/first /; $s/^/last /' | sort | tr '\n' ';'; echo " says /proc"
//~ two vectors are too few if two are left out
//~ 4 vectors, 1..3 spread
//~ vector 0: not tied
//~ vector 1: tied to 1
//~ vector 2: tied to 1
//~ vector 3: not tied
//~ 2 of 2 processors have one
//~ 0;1;first 0-1;last 0-1; says /proc
use kernel::{
    cpu::{nr_cpu_ids, CpuId},
    cpumask::CpumaskVar,
    device::Core,
    irq::{self, IrqReturn},
    pci::{self, IrqAffinity, IrqType, IrqTypes, IrqVectorRegistration},
    prelude::*,
};

struct Driver;

struct Handler;

impl irq::Handler for Handler {
    fn handle(&self) -> IrqReturn {
        IrqReturn::None
    }
}

kernel::pci_device_table!(TABLE, (), [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 0x6), ())]);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = IrqVectorRegistration<'bound>;
    const ID_TABLE: pci::IdTable<()> = &TABLE;

    fn probe<'bound>(
        dev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            dev.enable_device_mem()?;
            let affinity = IrqAffinity { pre_vectors: 1, post_vectors: 1 };
            let messages = IrqTypes::default().with(IrqType::MsiX);
            if dev.alloc_irq_vectors_affinity(1, 2, messages, affinity).is_err() {
                dev_info!(dev, "two vectors are too few if two are left out\n");
            }

            let vectors = dev.alloc_irq_vectors_affinity(3, 4, messages, affinity)?;
            let spread = vectors.spread();
            dev_info!(dev, "{} vectors, {}..{} spread\n", vectors.len(), spread.start, spread.end);
            let mut all = CpumaskVar::new_zero(GFP_KERNEL)?;
            for n in 0..vectors.len() {
                let vector = vectors.index(n)?;
                match vector.affinity() {
                    None => dev_info!(dev, "vector {n}: not tied\n"),
                    Some(cpus) => {
                        dev_info!(dev, "vector {n}: tied to {}\n", cpus.weight());
                        (0..nr_cpu_ids())
                            .filter_map(CpuId::from_u32)
                            .filter(|cpu| cpus.test(*cpu))
                            .for_each(|cpu| all.set(cpu));
                    }
                }
                irq::register(vector.into(), irq::Flags::TRIGGER_NONE, c"irq_affinity", Handler)?;
            }
            dev_info!(dev, "{} of {} processors have one\n", all.weight(), nr_cpu_ids());
            Ok(Ok::<_, Error>(vectors))
        })
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "irq_affinity",
    description: "vectors tied to processors",
    license: "GPL",
}
