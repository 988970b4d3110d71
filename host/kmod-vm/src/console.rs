// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading the kernel's console as it comes: is this line trouble?

/// What the kernel said that ends the boot, and the line that said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub kind: &'static str,
    pub line: String,
}

/// What stands in a console line, and what it means; the first that fits counts.
const SIGNS: [(&str, &str); 18] = [
    ("Kernel panic - not syncing", "panic"),
    ("rust_panic", "panic in Rust code"),
    ("BUG: unable to handle", "oops"),
    ("BUG: kernel NULL pointer", "oops"),
    ("Unable to handle kernel", "oops"),
    ("general protection fault", "oops"),
    ("invalid opcode:", "oops"),
    ("Oops:", "oops"),
    ("kernel BUG at", "BUG"),
    ("BUG: soft lockup", "lockup"),
    ("BUG: sleeping function called", "sleep in atomic context"),
    ("BUG: scheduling while atomic", "sleep in atomic context"),
    ("BUG: workqueue lockup", "lockup"),
    ("self-detected stall", "stall"),
    ("detected stalls on CPUs", "stall"),
    ("blocked for more than", "hung task"),
    ("BUG ", "slab corruption"),
    ("WARNING: ", "warning"),
];

pub fn trouble(line: &str) -> Option<Trouble> {
    let text = strip_time(line);
    let (_, kind) = SIGNS.iter().find(|(sign, _)| match *sign {
        // "BUG kmalloc-64: Redzone overwritten" and "WARNING: CPU: 0 PID: …" begin a message; elsewhere they are prose.
        "BUG " | "WARNING: " => text.starts_with(sign),
        _ => text.contains(sign),
    })?;
    Some(Trouble { kind, line: text.to_owned() })
}

/// "[    1.234567] text" → "text"
pub fn strip_time(line: &str) -> &str {
    match line.trim_start().strip_prefix('[').and_then(|l| l.split_once("] ")) {
        Some((time, text)) if time.trim().chars().all(|c| c.is_ascii_digit() || c == '.') => text,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::trouble;

    #[test]
    fn signs() {
        let kind = |line| trouble(line).map(|t| t.kind);
        assert_eq!(kind("[    1.5] Kernel panic - not syncing: Fatal exception"), Some("panic"));
        assert_eq!(kind("[    1.5] BUG: kernel NULL pointer dereference, address: 0"), Some("oops"));
        assert_eq!(kind("[    1.5] WARNING: CPU: 0 PID: 1 at kernel/irq/manage.c:1"), Some("warning"));
        assert_eq!(kind("[    1.5] hello: a driver may say WARNING: hot"), None);
        assert_eq!(kind("[   20.5] rcu: INFO: rcu_preempt self-detected stall on CPU"), Some("stall"));
        assert_eq!(kind("[    1.5] edu: probe"), None);
    }
}
