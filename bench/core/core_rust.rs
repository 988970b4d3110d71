// SPDX-License-Identifier: GPL-2.0
//! The Rust side of `cargo kmod bench core`: what drivers do most, as often as an ioctl asks for. `core_c.c` is the same in C.
//!
//! One function an operation, so that each is a function of the report.
use core::hint::black_box;
use kernel::{
    device::Core,
    fs::File,
    io::Io,
    list::{impl_list_arc_safe, impl_list_item, List, ListArc, ListLinks},
    miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration},
    new_mutex, new_spinlock, pci,
    prelude::*,
    rbtree::RBTree,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, ArcBorrow, Mutex, SpinLock,
    },
    time::{Instant, Monotonic},
    uaccess::UserSlice,
    xarray::{AllocKind, XArray},
};

/// The registers of QEMU's device `edu` that are read and written.
const IDENTITY: usize = 0;
const LIVENESS: usize = 4;
const BAR_SIZE: usize = 0x100;

/// The number of the first operation: small ones are the kernel's own.
const FIRST: u32 = 0x4300;

/// Entries of the array, the tree and the list.
const ENTRIES: u32 = 64;

#[pin_data]
struct Item {
    #[pin]
    links: ListLinks,
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Item { untracked; }
}

impl_list_item! {
    impl ListItem<0> for Item { using ListLinks { self.links }; }
}

/// What the operations work on.
#[pin_data]
struct State {
    bar: pci::DevresBar<BAR_SIZE>,
    #[pin]
    spin: SpinLock<u64>,
    #[pin]
    mutex: Mutex<u64>,
    counter: Atomic<i64>,
    shared: Arc<u64>,
    #[pin]
    array: XArray<KBox<u64>>,
    #[pin]
    collections: Mutex<Collections>,
}

struct Collections {
    vec: KVec<u64>,
    tree: RBTree<u32, u64>,
    list: List<Item>,
}

impl Collections {
    fn new() -> Result<Self> {
        let mut tree = RBTree::new();
        let mut list = List::new();
        for n in 0..ENTRIES {
            tree.try_create_and_insert(n, n.into(), GFP_KERNEL)?;
            list.push_back(ListArc::pin_init(try_pin_init!(Item { links <- ListLinks::new() }), GFP_KERNEL)?);
        }
        Ok(Self { vec: KVec::with_capacity(ENTRIES as usize, GFP_KERNEL)?, tree, list })
    }
}

impl State {
    fn new<'a>(bar: pci::DevresBar<BAR_SIZE>) -> Result<impl PinInit<Self, Error> + 'a> {
        let collections = Collections::new()?;
        let shared = Arc::new(0, GFP_KERNEL)?;
        Ok(try_pin_init!(Self {
            bar,
            spin <- new_spinlock!(0),
            mutex <- new_mutex!(0),
            counter: Atomic::new(0),
            shared,
            array <- XArray::new(AllocKind::Alloc),
            collections <- new_mutex!(collections),
        }))
    }

    fn fill(&self) -> Result {
        for n in 0..ENTRIES {
            let value = KBox::new(u64::from(n), GFP_KERNEL)?;
            self.array.lock().store(n as usize, value, GFP_KERNEL).map_err(|e| e.error)?;
        }
        Ok(())
    }
}

/// The loop of each operation.
#[inline(always)]
fn repeat(count: u64, mut operation: impl FnMut(u32) -> Result) -> Result {
    (0..count).try_for_each(|n| operation(black_box(n as u32 % ENTRIES)))
}

#[inline(never)]
fn empty(count: u64) -> Result {
    repeat(count, |_| Ok(()))
}

#[inline(never)]
fn spin_lock(state: &State, count: u64) -> Result {
    repeat(count, |_| {
        let mut guard = state.spin.lock();
        *guard = guard.wrapping_add(1);
        Ok(())
    })
}

#[inline(never)]
fn mutex_lock(state: &State, count: u64) -> Result {
    repeat(count, |_| {
        let mut guard = state.mutex.lock();
        *guard = guard.wrapping_add(1);
        Ok(())
    })
}

#[inline(never)]
fn refcount(state: &State, count: u64) -> Result {
    repeat(count, |_| {
        drop(state.shared.clone());
        Ok(())
    })
}

#[inline(never)]
fn atomic_add(state: &State, count: u64) -> Result {
    repeat(count, |_| {
        state.counter.add(1, Relaxed);
        Ok(())
    })
}

#[inline(never)]
fn readl(bar: &pci::Bar<'_, BAR_SIZE>, count: u64) -> Result {
    repeat(count, |_| {
        bar.read32(IDENTITY);
        Ok(())
    })
}

#[inline(never)]
fn writel(bar: &pci::Bar<'_, BAR_SIZE>, count: u64) -> Result {
    repeat(count, |_| {
        bar.write32(1, LIVENESS);
        Ok(())
    })
}

#[inline(never)]
fn vec_push(vec: &mut KVec<u64>, count: u64) -> Result {
    repeat(count, |n| {
        if vec.len() == ENTRIES as usize {
            vec.clear();
        }
        Ok(vec.push(n.into(), GFP_KERNEL)?)
    })
}

#[inline(never)]
fn xa_load(state: &State, count: u64) -> Result {
    let array = state.array.lock();
    repeat(count, |n| {
        array.get(n as usize);
        Ok(())
    })
}

#[inline(never)]
fn copy_from_user(user: UserPtr, count: u64) -> Result {
    repeat(count, |_| {
        black_box(UserSlice::new(user, size_of::<u64>()).reader().read::<u64>()?);
        Ok(())
    })
}

#[inline(never)]
fn copy_to_user(user: UserPtr, count: u64) -> Result {
    repeat(count, |n| UserSlice::new(user, size_of::<u64>()).writer().write(&u64::from(n)))
}

#[inline(never)]
fn list_rotate(list: &mut List<Item>, count: u64) -> Result {
    repeat(count, |_| {
        if let Some(item) = list.pop_front() {
            list.push_back(item);
        }
        Ok(())
    })
}

#[inline(never)]
fn rb_find(tree: &RBTree<u32, u64>, count: u64) -> Result {
    repeat(count, |n| {
        black_box(tree.get(&n));
        Ok(())
    })
}

#[inline(never)]
fn ktime_get(count: u64) -> Result {
    repeat(count, |_| {
        Instant::<Monotonic>::now();
        Ok(())
    })
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = Arc<State>;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        misc.data().ok_or(ENXIO)
    }

    /// `number` is that of the operation, from `FIRST` on; at `arg` lies how often it is done, and room for one value behind it.
    fn ioctl(state: ArcBorrow<'_, State>, _file: &File, number: u32, arg: usize) -> Result<isize> {
        let user = UserPtr::from_addr(arg);
        let count = UserSlice::new(user, size_of::<u64>()).reader().read::<u64>()?;
        let room = user.wrapping_byte_add(size_of::<u64>());
        let mut collections = state.collections.lock();
        match number.wrapping_sub(FIRST) {
            0 => empty(count)?,
            1 => spin_lock(&state, count)?,
            2 => mutex_lock(&state, count)?,
            3 => refcount(&state, count)?,
            4 => atomic_add(&state, count)?,
            5 => state.bar.try_access_with(|bar| readl(bar, count)).ok_or(ENXIO)??,
            6 => state.bar.try_access_with(|bar| writel(bar, count)).ok_or(ENXIO)??,
            7 => vec_push(&mut collections.vec, count)?,
            8 => xa_load(&state, count)?,
            9 => copy_from_user(room, count)?,
            10 => copy_to_user(room, count)?,
            11 => list_rotate(&mut collections.list, count)?,
            12 => rb_find(&collections.tree, count)?,
            13 => ktime_get(count)?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

struct Driver;

kernel::pci_device_table!(
    PCI_TABLE,
    <Driver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::from_raw(0x1234), 0x11e8), ())]
);

#[pin_data]
struct Bound {
    #[pin]
    device: MiscDeviceRegistration<Device>,
}

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Bound;

    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            pdev.enable_device_mem()?;
            let bar = pdev.iomap_region_sized::<BAR_SIZE>(0, c"core_rust")?.into_devres()?;
            let state = Arc::pin_init(State::new(bar)?, GFP_KERNEL)?;
            state.fill()?;
            let options = MiscDeviceOptions { name: c"core_rust" };
            Ok(try_pin_init!(Bound { device <- MiscDeviceRegistration::register_with_data(options, state) }))
        })
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "core_rust",
    authors: ["the cargo-kmod developers"],
    description: "What drivers do most, in Rust",
    license: "GPL",
}
