// SPDX-License-Identifier: MIT OR Apache-2.0
//! The marks: instructions that do nothing, and that the counting plugin knows.
use std::arch::asm;

/// The phases there may be.
const PHASES: u16 = 64;

/// Begins the phase `number`. Each mark is an instruction of its own, so they lie in a table of code.
pub fn begin(number: u16) {
    assert!((1..=PHASES).contains(&number), "phases are counted from 1 to {PHASES}");
    // SAFETY: Control goes to the `number`th of equally long entries (there are `PHASES`, checked above), each of which does
    // nothing but jump to the end; only the scratch register changes.
    unsafe {
        asm!(
            "lea {at}, [rip + 2f]",
            "add {at}, {offset}",
            "jmp {at}",
            ".balign 16",
            "2:",
            ".set kmod_mark, 0x6b6d0001",
            ".rept 64",
            // nop dword ptr [rax + rax + 0x6b6dNNNN], of 8 bytes
            ".byte 0x0f, 0x1f, 0x84, 0x00",
            ".long kmod_mark",
            ".set kmod_mark, kmod_mark + 1",
            "jmp 3f",
            ".balign 16",
            ".endr",
            "3:",
            at = out(reg) _,
            offset = in(reg) u64::from(number - 1) * 16,
            options(nomem, nostack),
        )
    }
}

/// Ends the phase.
pub fn end() {
    // SAFETY: The instruction does nothing.
    unsafe { asm!(".byte 0x0f, 0x1f, 0x84, 0x00", ".long 0x6b6d0000", options(nomem, nostack, preserves_flags)) }
}
