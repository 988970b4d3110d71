// SPDX-License-Identifier: GPL-2.0
//! C: `dma_map_single()` and `dma_alloc_coherent()` for a device of which nobody has said what it can address
//!
//! An auxiliary device has no mask of its own: C warns. Here it is an error, and the device it is a part of has one.
//@ --device
//@ pci-testdev
//@ --exec
//@ echo warnings: $(dmesg | grep -c WARNING)
//~ the whole: mapped, allocated
//~ the part: EIO, EIO
//~ warnings: 0
use kernel::{
    auxiliary,
    device::{Bound, Core, Device},
    dma::{
        stream::{Mapping, ToDevice},
        Coherent,
    },
    driver, pci,
    prelude::*,
    types::CovariantForLt,
    InPlaceModule,
};

type Part<'a> = auxiliary::Registration<'a, CovariantForLt!(())>;

struct Whole;
struct PartDriver;

/// What comes of asking for memory in both ways.
fn ask(dev: &Device<Bound>) -> Result<(Result<()>, Result<()>)> {
    let mapped = Mapping::<_, ToDevice>::new(dev, KVec::from_elem(0u8, 64, GFP_KERNEL)?).map(drop);
    let allocated = Coherent::<u64>::zeroed(dev, GFP_KERNEL).map(drop);
    Ok((mapped, allocated))
}

kernel::pci_device_table!(
    WHOLES,
    <Whole as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 0x5), ())]
);

impl pci::Driver for Whole {
    type IdInfo = ();
    type Data<'bound> = Part<'bound>;
    const ID_TABLE: pci::IdTable<()> = &WHOLES;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Part<'bound>, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            if let (Ok(()), Ok(())) = ask(pdev.as_ref())? {
                dev_info!(pdev, "the whole: mapped, allocated\n");
            }
            let part = auxiliary::Registration::new(pdev.as_ref(), c"part", 0, c"dma_mask", Ok::<_, Error>(()))?;
            Ok(Ok::<_, Error>(part))
        })
    }
}

kernel::auxiliary_device_table!(PARTS, (), [(auxiliary::DeviceId::new(c"dma_mask", c"part"), ())]);

impl auxiliary::Driver for PartDriver {
    type IdInfo = ();
    type Data<'bound> = Self;
    const ID_TABLE: auxiliary::IdTable<()> = &PARTS;

    fn probe<'bound>(
        dev: &'bound auxiliary::Device<Core<'_>>,
        _info: &'bound (),
    ) -> impl PinInit<Self, Error> + 'bound {
        if let Ok((Err(mapped), Err(allocated))) = ask(dev.as_ref()) {
            dev_info!(dev, "the part: {mapped:?}, {allocated:?}\n");
        }
        Ok(PartDriver)
    }
}

#[pin_data]
struct Module {
    #[pin]
    _whole: driver::Registration<pci::Adapter<Whole>>,
    #[pin]
    _part: driver::Registration<auxiliary::Adapter<PartDriver>>,
}

impl InPlaceModule for Module {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _part <- driver::Registration::new(c"dma_mask", module),
            _whole <- driver::Registration::new(c"dma_mask", module),
        })
    }
}

module! {
    type: Module,
    name: "dma_mask",
    description: "asks for DMA without a mask",
    license: "GPL",
}
