// SPDX-License-Identifier: GPL-2.0
//! A driver for NVM Express controllers on PCI, in safe Rust.
//!
//! - [`regs`]: the registers; [`command`]: commands and completions.
//! - [`ring`]: the two rings of a queue; [`doorbell`]: how the controller learns of them; [`admin`]: the admin queue; [`queue`]: I/O queues, the hot path.
//! - [`prp`]: where the controller finds a request's data.
//! - [`controller`]: on, off and on again; [`identity`]: what it is; [`namespace`]: its disks; [`attributes`]: its files.
//!
//! Specification: NVM Express base specification 1.4.
#![no_std]

mod admin;
mod attributes;
mod command;
mod controller;
mod doorbell;
mod identity;
mod namespace;
mod prp;
mod queue;
mod regs;
mod ring;

use admin::Admin;
use controller::Controller;
use doorbell::Shadows;
use identity::Identity;
use kernel::{
    block::mq::{HwQueueType, TagSet, TagSetOptions},
    cpu::nr_cpu_ids,
    device::Core,
    dma::DmaMask,
    irq,
    pci::{self, IrqAffinity, IrqTypes, IrqVectorRegistration},
    prelude::*,
    sync::Arc,
    sysfs::Groups,
};
use queue::{IoQueue, Queues};
use regs::Regs;

/// The most commands that a queue has under way.
const TAGS: u32 = 1023;

struct NvmeDriver;

/// What lives from probe to unbind.
struct Bound<'bound> {
    controller: Arc<Controller>,
    // Last: the vectors outlive the handlers that the device's managed resources hold.
    _vectors: IrqVectorRegistration<'bound>,
}

kernel::pci_device_table!(
    PCI_TABLE,
    <NvmeDriver as pci::Driver>::IdInfo,
    // Mass storage, non-volatile memory, NVM Express.
    [(pci::DeviceId::from_class(0x01_0802, 0xff_ffff), ())]
);

impl pci::Driver for NvmeDriver {
    type IdInfo = ();
    type Data<'bound> = Bound<'bound>;

    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;
    const DMA_MASK: Option<DmaMask> = Some(DmaMask::new::<64>());
    const DEV_GROUPS: Groups<pci::Adapter<Self>> = attributes::GROUPS;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound {
        start(pdev)
    }

    fn unbind<'bound>(_pdev: &'bound pci::Device<Core<'_>>, this: Pin<&Self::Data<'bound>>) {
        this.controller.remove();
    }
}

/// Brings a controller from whatever state it is in to serving its disks.
fn start<'bound>(pdev: &'bound pci::Device<Core<'_>>) -> Result<Bound<'bound>> {
    let dev = pdev.as_ref();
    pdev.enable_device_mem()?;
    pdev.set_master();
    let bar = pdev.iomap_region_sized::<{ regs::END }>(0, c"rnvme")?;
    let tags = regs::check(&bar)?.min(TAGS);
    let regs = Arc::new(Regs::new(bar)?, GFP_KERNEL)?;
    controller::disable(&regs)?;

    // One for the admin queue and one for each I/O queue that is not polled, or one for all.
    let affinity = IrqAffinity { pre_vectors: 1, ..Default::default() };
    let vectors = pdev.alloc_irq_vectors_affinity(1, nr_cpu_ids() + 1, IrqTypes::all(), affinity)?;
    let admin = Arc::pin_init(Admin::new(dev, regs.clone())?, GFP_KERNEL)?;
    irq::register(vectors.index(0)?.into(), irq::Flags::SHARED, c"rnvme admin", admin.clone())?;
    controller::enable(&regs, &admin)?;

    let interrupting = (vectors.len() - 1).max(1) as u32;
    let polled = module_parameters::poll_queues.value().min(nr_cpu_ids());
    let count = controller::set_queue_count(&admin, (interrupting + polled).try_into()?)?;
    let interrupting = interrupting.min(count.into());
    let shadows = Arc::new(Shadows::new(dev)?, GFP_KERNEL)?;
    let mut list = KVec::with_capacity(count.into(), GFP_KERNEL)?;
    for id in 1..=count {
        let own = if vectors.len() > 1 { id } else { 0 };
        let vector = (u32::from(id) <= interrupting).then_some(own);
        let queue = IoQueue::new(dev, regs.clone(), id, vector, tags, shadows.clone())?;
        let queue = Arc::pin_init(queue, GFP_KERNEL)?;
        if let Some(vector) = vector {
            irq::register(vectors.index(vector.into())?.into(), irq::Flags::SHARED, c"rnvme queue", queue.clone())?;
        }
        list.push(queue, GFP_KERNEL)?;
    }
    let polled = u32::from(count) - interrupting;
    let queues = Arc::new(Queues { list, polled, tags, shadows }, GFP_KERNEL)?;

    let maps = if polled > 0 { HwQueueType::COUNT } else { 1 };
    let options = TagSetOptions { hw_queues: count.into(), tags, maps, ..Default::default() };
    let tag_set = Arc::pin_init(TagSet::for_device(dev, options, queues.clone()), GFP_KERNEL)?;

    let identity = Identity::ask(&admin)?;
    let controller = Controller::new(dev, regs, identity, admin, queues, tag_set)?;
    let controller = Arc::pin_init(controller, GFP_KERNEL)?;
    controller.describe();
    controller.create_queues()?;
    if let Err(err) = Controller::add_namespaces(&controller, dev) {
        controller.remove();
        return Err(err);
    }
    Ok(Bound { controller, _vectors: vectors })
}

kernel::module_pci_driver! {
    type: NvmeDriver,
    name: "rnvme",
    authors: ["the cargo-kmod developers"],
    description: "NVM Express controllers",
    license: "GPL",
    params: {
        poll_queues: u32 {
            default: 0,
            description: "how many queues a controller has for requests that are polled for",
        },
    },
}
