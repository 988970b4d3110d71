// SPDX-License-Identifier: GPL-2.0
//! A QEMU plugin that counts how often each instruction of the guest's kernel is executed between two marks.
//!
//! A mark is an instruction that does nothing and that a program of the guest executes: `nopl 0x6b6dNNNN(%rax,%rax,1)`,
//! where `NNNN` is the number of the phase that begins, or 0 when it ends. At its end a phase is appended to the file that
//! the plugin's argument `out=` names:
//!
//! ```text
//! phase 1
//! insn ffffffff81234567 4096
//! mmio nvme 4096
//! ```
//!
//! When QEMU ends, each instruction that was executed at all follows, in phases or not: `ran ffffffff81234567`.
//!
//! The interface is that of QEMU's `qemu-plugin.h`, version 1; only what is used of it is declared here. One processor
//! under `-accel tcg,thread=single` is assumed: QEMU adds to the counters without a lock.
use std::{
    collections::{BTreeMap, HashMap},
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::PathBuf,
    slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

type PluginId = u64;
type Tb = c_void;
type Insn = c_void;
type HwAddr = c_void;
type MemInfo = u32;

const NO_REGS: c_int = 0;
const MEM_WRITE: c_int = 2;
const INLINE_ADD_U64: c_int = 0;

// SAFETY: These are the functions of QEMU's `qemu-plugin.h` with their types there; QEMU, which loads this library, has them.
unsafe extern "C" {
    fn qemu_plugin_register_vcpu_tb_trans_cb(id: PluginId, cb: extern "C" fn(PluginId, *mut Tb));
    fn qemu_plugin_register_atexit_cb(id: PluginId, cb: extern "C" fn(PluginId, *mut c_void), data: *mut c_void);
    fn qemu_plugin_tb_n_insns(tb: *const Tb) -> usize;
    fn qemu_plugin_tb_get_insn(tb: *const Tb, index: usize) -> *mut Insn;
    fn qemu_plugin_insn_data(insn: *const Insn) -> *const u8;
    fn qemu_plugin_insn_size(insn: *const Insn) -> usize;
    fn qemu_plugin_insn_vaddr(insn: *const Insn) -> u64;
    fn qemu_plugin_register_vcpu_insn_exec_inline(insn: *mut Insn, op: c_int, counter: *mut u64, add: u64);
    fn qemu_plugin_register_vcpu_insn_exec_cb(
        insn: *mut Insn,
        cb: extern "C" fn(c_uint, *mut c_void),
        flags: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_register_vcpu_mem_cb(
        insn: *mut Insn,
        cb: extern "C" fn(c_uint, MemInfo, u64, *mut c_void),
        flags: c_int,
        rw: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_get_hwaddr(info: MemInfo, vaddr: u64) -> *mut HwAddr;
    fn qemu_plugin_hwaddr_is_io(address: *const HwAddr) -> bool;
    fn qemu_plugin_hwaddr_device_name(address: *const HwAddr) -> *const c_char;
}

/// The version of the interface, which QEMU reads before it calls [`qemu_plugin_install`].
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "QEMU looks for this name")]
pub static qemu_plugin_version: c_int = 1;

/// The first address of the kernel's half.
const KERNEL: u64 = 1 << 63;
/// `nopl disp32(%rax,%rax,1)`, up to the half of the displacement that says that it is a mark.
const MARK: [u8; 4] = [0x0f, 0x1f, 0x84, 0x00];
const MARK_HIGH: u16 = 0x6b6d;

#[derive(Default)]
struct State {
    out: PathBuf,
    /// The counter of each instruction that was translated, never freed: generated code adds to it.
    counters: BTreeMap<u64, Counter>,
    /// Writes to a device's registers in this phase, by the device.
    mmio: HashMap<String, u64>,
    /// The phase that runs, and the counters when it began.
    running: Option<(u16, HashMap<u64, u64>)>,
}

/// Points to a counter that lives as long as QEMU.
struct Counter(*mut u64);

// SAFETY: What it points to is never freed, and read and written by the one thread that runs the guest's only processor.
unsafe impl Send for Counter {}

impl Counter {
    fn get(&self) -> u64 {
        // SAFETY: It points to a live `u64` (see the type), and no generated code runs while a callback does.
        unsafe { self.0.read() }
    }
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

fn state() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Called by QEMU when it loads the plugin.
///
/// # Safety
///
/// `argv` points to `argc` strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: PluginId,
    _info: *const c_void,
    argc: c_int,
    argv: *const *const c_char,
) -> c_int {
    let argc = usize::try_from(argc).unwrap_or(0);
    let out = (0..argc).find_map(|n| {
        // SAFETY: `n` is below `argc`, so by this function's contract `argv[n]` is a string.
        let arg = unsafe { CStr::from_ptr(*argv.add(n)) };
        arg.to_str().ok()?.strip_prefix("out=").map(PathBuf::from)
    });
    let Some(out) = out else {
        eprintln!("kmod-counter: the argument out=FILE is missing");
        return 1;
    };
    *state() = Some(State { out, ..State::default() });
    // SAFETY: `id` is the plugin's own, and the callbacks are functions for as long as the plugin is loaded; the second
    // follows no pointer.
    unsafe {
        qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
        qemu_plugin_register_atexit_cb(id, ended, std::ptr::null_mut());
    }
    0
}

/// QEMU ends.
extern "C" fn ended(_id: PluginId, _data: *mut c_void) {
    let guard = state();
    let Some(state) = guard.as_ref() else { return };
    if let Err(e) = state.ran() {
        eprintln!("kmod-counter: cannot write {}: {e}", state.out.display());
    }
}

/// Puts a counter before each instruction of the kernel, and a callback before each mark.
extern "C" fn translate(_id: PluginId, tb: *mut Tb) {
    let mut guard = state();
    let Some(state) = guard.as_mut() else { return };
    // SAFETY: QEMU lends the block, and with it its instructions, for the time of this call; each index is below their number.
    let insns = unsafe { (0..qemu_plugin_tb_n_insns(tb)).map(|n| qemu_plugin_tb_get_insn(tb, n)) };
    for insn in insns {
        // SAFETY: The instruction is one of the block's, see above.
        let address = unsafe { qemu_plugin_insn_vaddr(insn) };
        if address >= KERNEL {
            let counter = state.counters.entry(address).or_insert_with(|| Counter(Box::leak(Box::new(0))));
            // SAFETY: The counter is a `u64` that is never freed; the callback is a function.
            unsafe {
                qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, counter.0, 1);
                qemu_plugin_register_vcpu_mem_cb(insn, written, NO_REGS, MEM_WRITE, std::ptr::null_mut());
            }
        } else {
            // SAFETY: QEMU holds `size` bytes of the instruction at `data` for the time of this call.
            let bytes = unsafe { slice::from_raw_parts(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn)) };
            if let Some(number) = mark(bytes) {
                let data = std::ptr::without_provenance_mut(usize::from(number));
                // SAFETY: The callback is a function, and takes the number out of the pointer without following it.
                unsafe { qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, NO_REGS, data) };
            }
        }
    }
}

/// The number of a mark, if the instruction is one.
fn mark(bytes: &[u8]) -> Option<u16> {
    match *bytes.strip_prefix(&MARK)? {
        [a, b, c, d] if u16::from_le_bytes([c, d]) == MARK_HIGH => Some(u16::from_le_bytes([a, b])),
        _ => None,
    }
}

/// The guest executes a mark.
extern "C" fn marked(_cpu: c_uint, data: *mut c_void) {
    let mut guard = state();
    let Some(state) = guard.as_mut() else { return };
    match u16::try_from(data.addr()) {
        Ok(number @ 1..) => {
            state.mmio.clear();
            state.running = Some((number, state.counters.iter().map(|(at, counter)| (*at, counter.get())).collect()));
        }
        _ => {
            if let Err(e) = state.end() {
                eprintln!("kmod-counter: cannot write {}: {e}", state.out.display());
            }
        }
    }
}

/// The kernel writes to memory, or to a device's registers.
extern "C" fn written(_cpu: c_uint, info: MemInfo, address: u64, _data: *mut c_void) {
    // SAFETY: `info` and `address` are those of the access that this callback is about; the answer is valid until it returns.
    let device = unsafe {
        let hardware = qemu_plugin_get_hwaddr(info, address);
        if hardware.is_null() || !qemu_plugin_hwaddr_is_io(hardware) {
            return;
        }
        CStr::from_ptr(qemu_plugin_hwaddr_device_name(hardware)).to_string_lossy()
    };
    if let Some(state @ State { running: Some(_), .. }) = state().as_mut() {
        *state.mmio.entry(device.into_owned()).or_default() += 1;
    }
}

impl State {
    /// Writes what was counted since the phase began.
    fn end(&mut self) -> io::Result<()> {
        let Some((number, before)) = self.running.take() else { return Ok(()) };
        let mut out = self.open()?;
        writeln!(out, "phase {number}")?;
        for (address, counter) in &self.counters {
            let count = counter.get() - before.get(address).unwrap_or(&0);
            if count > 0 {
                writeln!(out, "insn {address:x} {count}")?;
            }
        }
        for (device, count) in &self.mmio {
            writeln!(out, "mmio {device} {count}")?;
        }
        out.flush()
    }

    /// Writes which instructions were executed at all.
    fn ran(&self) -> io::Result<()> {
        let mut out = self.open()?;
        for (address, _) in self.counters.iter().filter(|(_, counter)| counter.get() > 0) {
            writeln!(out, "ran {address:x}")?;
        }
        out.flush()
    }

    fn open(&self) -> io::Result<BufWriter<File>> {
        Ok(BufWriter::new(OpenOptions::new().create(true).append(true).open(&self.out)?))
    }
}
