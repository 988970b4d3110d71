// SPDX-License-Identifier: GPL-2.0
//! A driver for QEMU's teaching device `edu` (PCI 1234:11e8), in safe Rust: identification, a factorial with an interrupt, and
//! DMA in both directions through coherent memory, offered to processes as `/dev/edu`.
//!
//! - [`regs`]: the registers.
//! - [`engine`]: what the device does, one operation at a time, each ended by an interrupt.
//! - [`file`][]: `/dev/edu`.
//! - [`attributes`]: `version`, `alive` and `operations` in the device's folder in sysfs.
//!
//! Specification: `docs/specs/edu.rst` of QEMU.
#![no_std]

mod attributes;
mod engine;
mod file;
mod regs;

use engine::Engine;
use file::EduFile;
use kernel::{
    device::{pm, Core, Device},
    dma::DmaMask,
    irq,
    miscdevice::{MiscDeviceOptions, MiscDeviceRegistration},
    pci::{self, IrqTypes, IrqVectorRegistration},
    prelude::*,
    sync::Arc,
    sysfs::Groups,
};

struct EduDriver;

/// What lives from probe to unbind.
#[pin_data]
struct Bound<'bound> {
    engine: Arc<Engine>,
    #[pin]
    _file: MiscDeviceRegistration<EduFile>,
    // Last: the vectors outlive the handler that the device's managed resources hold.
    _vectors: IrqVectorRegistration<'bound>,
}

kernel::pci_device_table!(
    PCI_TABLE,
    <EduDriver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(regs::VENDOR, regs::DEVICE), ())]
);

impl pci::Driver for EduDriver {
    type IdInfo = ();
    type Data<'bound> = Bound<'bound>;

    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;
    /// What the device can address.
    const DMA_MASK: Option<DmaMask> = Some(DmaMask::new::<28>());
    const DEV_GROUPS: Groups<pci::Adapter<Self>> = attributes::GROUPS;
    const PM_OPS: pm::Ops<pci::Adapter<Self>> = pm::Ops::new::<Self>();

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            pdev.enable_device_mem()?;
            pdev.set_master();
            let bar = pdev.iomap_region_sized::<{ regs::END }>(0, c"edu")?;
            let version = engine::identify(&bar)?;
            dev_info!(pdev, "edu {}.{}\n", version.0, version.1);

            let engine = Arc::pin_init(Engine::new(pdev, bar.into_devres()?)?, GFP_KERNEL)?;
            let vectors = pdev.alloc_irq_vectors(1, 1, IrqTypes::all())?;
            let request = vectors.index(0)?.into();
            irq::register_threaded(request, irq::Flags::ONESHOT, c"edu", engine.clone())?;

            let options = MiscDeviceOptions { name: c"edu" };
            Ok(try_pin_init!(Bound {
                _file <- MiscDeviceRegistration::register_with_data(options, engine.clone()),
                engine,
                _vectors: vectors,
            }))
        })
    }

    fn unbind<'bound>(pdev: &'bound pci::Device<Core<'_>>, this: Pin<&Self::Data<'bound>>) {
        if this.engine.stop().is_err() {
            dev_err!(pdev, "the device did not end its last operation\n");
        }
    }
}

#[vtable]
impl pm::Operations<pci::Adapter<Self>> for EduDriver {
    fn suspend(_dev: &Device<Core<'_>>, this: Pin<&Bound<'_>>) -> Result {
        this.engine.sleep()
    }

    fn resume(_dev: &Device<Core<'_>>, this: Pin<&Bound<'_>>) -> Result {
        this.engine.wake()
    }
}

kernel::module_pci_driver! {
    type: EduDriver,
    name: "edu",
    authors: ["the cargo-kmod developers"],
    description: "QEMU's teaching device",
    license: "GPL",
}
