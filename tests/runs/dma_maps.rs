// SPDX-License-Identifier: GPL-2.0
//! C: `dma_map_single()` without its `dma_unmap_single()`, and `dma_sync_single_for_…()` left out
//!
//! `swiotlb=force` copies each mapping through a buffer of its own. The kernel counts what is taken of these (2 KiB a mapping
//! here), and what is not synchronised does not arrive: the device is given a pattern and asked for it back.
//@ --device
//@ edu
//@ --append
//@ swiotlb=force
//@ --exec
//@ cd /sys/bus/pci/drivers/dma_maps; used() { cat /sys/kernel/debug/swiotlb/io_tlb_used; }; first=$(used); echo 0000:00:01.0 >unbind; free=$(used); echo 0000:00:01.0 >bind; second=$(used); echo mapped: $((first - free)), then $((second - free))
//~ there and back: 4000 bytes, both within 28 bits
//~ there and back: 4000 bytes, both within 28 bits
//~ mapped: 16, then 16
use kernel::{
    device::{Bound, Core, Device},
    dma::{
        stream::{FromDevice, Mapping, ToDevice},
        DmaMask,
    },
    io::{poll::read_poll_timeout, Io},
    pci,
    prelude::*,
    time::Delta,
};

const SOURCE: usize = 0x80;
const DESTINATION: usize = 0x88;
const COUNT: usize = 0x90;
const COMMAND: usize = 0x98;
const MEMORY: u64 = 0x4_0000;
const LEN: usize = 4000;

type Bar<'a> = pci::Bar<'a, 0xa0>;

struct Driver;

struct Kept<'bound> {
    _mappings: KVec<Mapping<'bound, KVec<u8>, FromDevice>>,
}

/// Has the device move `LEN` bytes, and waits for it.
fn transfer(bar: &Bar<'_>, source: u64, destination: u64, direction: u64) -> Result {
    bar.write64(source, SOURCE);
    bar.write64(destination, DESTINATION);
    bar.write64(LEN as u64, COUNT);
    bar.write64(direction | 1, COMMAND);
    let running = || Ok(bar.read64(COMMAND) & 1 != 0);
    read_poll_timeout(running, |running| !*running, Delta::from_millis(10), Delta::from_secs(20)).map(drop)
}

fn there_and_back(dev: &Device<Bound>, bar: &Bar<'_>) -> Result {
    let mut pattern = KVec::with_capacity(LEN, GFP_KERNEL)?;
    for i in 0..LEN {
        pattern.push(!(i % 251) as u8, GFP_KERNEL)?;
    }
    let mut copy = KVec::from_elem(0, LEN, GFP_KERNEL)?;
    copy.copy_from_slice(&pattern);

    // Written after it was mapped: the device sees it if it is synchronised.
    let there = Mapping::<_, ToDevice>::new(dev, KVec::from_elem(0u8, LEN, GFP_KERNEL)?)?.sync_for_cpu();
    (&there).copy_from_slice(&copy);
    let there = there.sync_for_device();
    transfer(bar, there.dma_address(), MEMORY, 0)?;

    let back = Mapping::<_, FromDevice>::new(dev, KVec::from_elem(0u8, LEN, GFP_KERNEL)?)?;
    transfer(bar, MEMORY, back.dma_address(), 2)?;
    let within = there.dma_address().max(back.dma_address()) + (LEN as u64) <= 1 << 28;
    let back = back.sync_for_cpu();
    (&back).copy_to_slice(&mut copy);
    if *copy != *pattern || *back.into_buffer() != *pattern || !within {
        return Err(EIO);
    }
    dev_info!(dev, "there and back: {LEN} bytes, both within 28 bits\n");
    Ok(())
}

kernel::pci_device_table!(
    TABLE,
    <Driver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::QEMU, 0x11e8), ())]
);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Kept<'bound>;
    const ID_TABLE: pci::IdTable<()> = &TABLE;
    const DMA_MASK: Option<DmaMask> = Some(DmaMask::new::<28>());

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Kept<'bound>, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            pdev.enable_device_mem()?;
            pdev.set_master();
            let bar = pdev.iomap_region_sized::<0xa0>(0, c"dma_maps")?;
            there_and_back(pdev.as_ref(), &bar)?;

            let mut mappings = KVec::new();
            for _ in 0..16 {
                mappings.push(Mapping::new(pdev.as_ref(), KVec::from_elem(0u8, 512, GFP_KERNEL)?)?, GFP_KERNEL)?;
            }
            Ok(Ok::<_, Error>(Kept { _mappings: mappings }))
        })
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "dma_maps",
    description: "counts what is mapped, and that it arrives",
    license: "GPL",
}
