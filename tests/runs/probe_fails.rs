// SPDX-License-Identifier: GPL-2.0
//! C: an error path of `probe()` that frees too little, too much, or in the wrong order
//!
//! Each attempt gets one step further, then fails; the last one succeeds, twice. What is alive is counted when the next begins.
//@ --device
//@ edu
//@ --exec
//@ cd /sys/bus/pci/drivers/probe_fails; for n in $(seq 9); do echo 0000:00:01.0 >bind; done; echo 0000:00:01.0 >unbind; echo 0000:00:01.0 >bind
//~ attempt 0: 0 alive
//~ attempt 1: 0 alive
//~ attempt 2: 0 alive
//~ attempt 3: 0 alive
//~ attempt 4: 0 alive
//~ attempt 5: 0 alive
//~ attempt 6: 0 alive
//~ attempt 7: 0 alive
//~ attempt 8: 0 alive
//~ attempt 9: 0 alive
//~ bound: 3 alive
//~ attempt 10: 0 alive
//~ bound: 3 alive
use kernel::{
    device::Core,
    devres::{self, Devres},
    dma::{
        stream::{Mapping, ToDevice},
        Coherent, DmaMask,
    },
    fs::File,
    irq::{self, IrqReturn},
    miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration},
    pci::{self, IrqTypes, IrqVectorRegistration},
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

static ATTEMPT: Atomic<u32> = Atomic::new(0);
static ALIVE: Atomic<i32> = Atomic::new(0);

struct Alive;

impl Alive {
    fn new() -> Self {
        ALIVE.fetch_add(1, Relaxed);
        Self
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Relaxed);
    }
}

impl irq::Handler for Alive {
    fn handle(&self) -> IrqReturn {
        IrqReturn::None
    }
}

struct Node;

#[vtable]
impl MiscDevice for Node {
    type Ptr = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        Err(ENODEV)
    }
}

struct Driver;

#[pin_data]
struct Bound<'bound> {
    #[pin]
    _node: MiscDeviceRegistration<Node>,
    _alive: Alive,
    _bar: pci::Bar<'bound, 0x80>,
    _coherent: Devres<Coherent<u64>>,
    _mapping: Mapping<'bound, KVec<u8>, ToDevice>,
    _vectors: IrqVectorRegistration<'bound>,
}

kernel::pci_device_table!(
    TABLE,
    <Driver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::QEMU, 0x11e8), ())]
);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Bound<'bound>;
    const ID_TABLE: pci::IdTable<()> = &TABLE;
    const DMA_MASK: Option<DmaMask> = Some(DmaMask::new::<32>());

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Bound<'bound>, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let attempt = ATTEMPT.fetch_add(1, Relaxed);
            dev_info!(pdev, "attempt {attempt}: {} alive\n", ALIVE.load(Relaxed));
            let step = move |n| if n == attempt { Err(ENXIO) } else { Ok(()) };

            step(0)?;
            pdev.enable_device_mem()?;
            pdev.set_master();
            step(1)?;
            let bar = pdev.iomap_region_sized::<0x80>(0, c"probe_fails")?;
            step(2)?;
            let coherent = Devres::new(pdev.as_ref(), Coherent::<u64>::zeroed(pdev.as_ref(), GFP_KERNEL)?)?;
            step(3)?;
            let mapping = Mapping::new(pdev.as_ref(), KVec::from_elem(0u8, 64, GFP_KERNEL)?)?;
            step(4)?;
            let vectors = pdev.alloc_irq_vectors(1, 1, IrqTypes::all())?;
            step(5)?;
            irq::register(vectors.index(0)?.into(), irq::Flags::SHARED, c"probe_fails", Alive::new())?;
            step(6)?;
            devres::register(pdev.as_ref(), Alive::new(), GFP_KERNEL)?;
            step(7)?;
            Ok(try_pin_init!(Bound {
                _node <- MiscDeviceRegistration::register(MiscDeviceOptions { name: c"probe_fails" }),
                _alive: {
                    let alive = Alive::new();
                    step(8)?;
                    dev_info!(pdev, "bound: {} alive\n", ALIVE.load(Relaxed));
                    alive
                },
                _bar: bar,
                _coherent: coherent,
                _mapping: mapping,
                _vectors: vectors,
            }? Error))
        })
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "probe_fails",
    description: "fails to probe, one step later each time",
    license: "GPL",
}
