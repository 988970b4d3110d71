// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a kernel's configuration to how rustc must generate code for it: a target specification and flags. Pure.
use crate::{Error, Result, toolchain::Version};
use kmod_kernel::Arch;
use serde_json::{Value, json};

/// How to generate code that a kernel accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codegen {
    /// The name of the target; it holds the hash of everything below, as rustc compares targets by name and content.
    pub tuple: String,
    /// The target specification, JSON.
    pub spec: String,
    /// Flags for every crate, `core` included.
    pub flags: Vec<String>,
}

/// One consequence of the kernel's configuration.
struct Rule {
    /// Any of these symbols asks for it: the names changed over time.
    when: &'static [&'static str],
    /// Target features to add.
    features: &'static str,
    /// Flags to add; `{}` is the value of `value`.
    flags: &'static [&'static str],
    value: &'static str,
}

const NONE: Rule = Rule { when: &[], features: "", flags: &[], value: "" };

const X86_64: &[Rule] = &[
    Rule {
        when: &["MITIGATION_RETPOLINE", "RETPOLINE"],
        features: "+retpoline-external-thunk,+retpoline-indirect-branches,+retpoline-indirect-calls",
        ..NONE
    },
    Rule { when: &["MITIGATION_SLS", "SLS"], features: "+harden-sls-ijmp,+harden-sls-ret", ..NONE },
    Rule { when: &["MITIGATION_RETHUNK", "RETHUNK"], flags: &["-Zfunction-return=thunk-extern"], ..NONE },
    // A jump table's targets would need an ENDBR each, which the compiler does not emit.
    Rule { when: &["X86_KERNEL_IBT"], flags: &["-Zcf-protection=branch", "-Cjump-tables=n"], ..NONE },
    Rule {
        when: &["CALL_PADDING"],
        flags: &["-Zpatchable-function-entry={},{}"],
        value: "FUNCTION_PADDING_BYTES",
        ..NONE
    },
];

const AARCH64: &[Rule] = &[
    Rule { when: &["ARM64_BTI_KERNEL"], flags: &["-Zbranch-protection=bti,pac-ret"], ..NONE },
    Rule { when: &["ARM64_PTR_AUTH_KERNEL"], flags: &["-Zbranch-protection=pac-ret"], ..NONE },
    Rule { when: &["SHADOW_CALL_STACK"], flags: &["-Zfixed-x18"], ..NONE },
];

const ANY: &[Rule] = &[
    Rule {
        when: &["FUNCTION_ALIGNMENT"],
        flags: &["-Zmin-function-alignment={}"],
        value: "FUNCTION_ALIGNMENT",
        ..NONE
    },
    Rule { when: &["FRAME_POINTER"], flags: &["-Cforce-frame-pointers=y"], ..NONE },
    Rule { when: &["CFI", "CFI_CLANG"], flags: &["-Zsanitizer=kcfi", "-Zsanitizer-cfi-normalize-integers"], ..NONE },
];

/// Flags that every kernel wants: mangling that its tools read, and no unwind tables (objtool makes them).
const ALWAYS: &[&str] = &["-Csymbol-mangling-version=v0", "-Cforce-unwind-tables=n", "-Zunstable-options"];

/// The compiler's own target that is nearest to the kernel's. Its specification is the base, as it fits the compiler: the
/// data layout and the names of the keys change between versions of rustc.
pub fn base_target(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86_64-unknown-none",
        Arch::Aarch64 => "aarch64-unknown-none-softfloat",
    }
}

/// `base` is what `rustc --print target-spec-json` says of [`base_target`], `config` looks up a symbol without `CONFIG_`.
pub fn codegen<'c>(
    arch: Arch,
    base: &str,
    rustc: Version,
    config: impl Fn(&str) -> Option<&'c str>,
) -> Result<Codegen> {
    let bad = |why: String| Error::TargetSpec { target: base_target(arch), why };
    let mut spec: Value = serde_json::from_str(base).map_err(|e| bad(e.to_string()))?;
    let spec_map = spec.as_object_mut().ok_or_else(|| bad("it is not a JSON object".into()))?;

    let (rules, kernel_features) = match arch {
        // As mainline: the stack protector and SIMD registers are not for kernel code; floats go through software. Each kind
        // of SIMD is named: with SSE left on, LLVM of 1.95 turns the copy of a 16-byte struct into one of every other byte.
        Arch::X86_64 => (X86_64, "-mmx,-sse,-sse2,-sse3,-ssse3,-sse4.1,-sse4.2,-avx,-avx2,+soft-float"),
        Arch::Aarch64 => (AARCH64, "+v8a,+strict-align,-neon"),
    };
    let on = |symbol: &str| config(symbol).is_some_and(|v| !matches!(v, "" | "n" | "0"));
    let mut features = vec![kernel_features];
    let mut flags: Vec<String> = ALWAYS.iter().map(|f| f.to_string()).collect();
    if arch == Arch::Aarch64 {
        flags.push("-Cforce-frame-pointers=y".into());
    }
    for rule in rules.iter().chain(ANY).filter(|rule| rule.when.iter().any(|s| on(s))) {
        if !rule.features.is_empty() {
            features.push(rule.features);
        }
        let value = config(rule.value).unwrap_or("0");
        flags.extend(
            rule.flags.iter().map(|f| f.replace("{}", value)).filter(|f| !flags.contains(f)).collect::<Vec<_>>(),
        );
    }
    for flag in &mut flags {
        // Stabilised under this name in 1.93.
        if flag == "-Cjump-tables=n" && rustc < (Version { major: 1, minor: 93 }) {
            *flag = "-Zno-jump-tables".into();
        }
    }
    // The first of contradicting options is the stronger one.
    let mut branch_protection = false;
    flags.retain(|f| !f.starts_with("-Zbranch-protection") || !std::mem::replace(&mut branch_protection, true));

    for key in ["is-builtin", "metadata", "static-position-independent-executables", "relro-level"] {
        spec_map.remove(key);
    }
    spec_map.insert("features".into(), json!(features.join(",")));
    spec_map.insert("position-independent-executables".into(), json!(false));
    spec_map.insert("relocation-model".into(), json!("static"));
    spec_map.insert("disable-redzone".into(), json!(true));
    spec_map.insert("emit-debug-gdb-scripts".into(), json!(false));
    spec_map.insert("stack-probes".into(), json!({ "kind": "none" }));

    let spec = serde_json::to_string_pretty(&spec).map_err(|e| bad(e.to_string()))?;
    let hash = crate::hash([spec.as_str(), &flags.join("\n")]);
    Ok(Codegen { tuple: format!("{}-kmod-{hash}", arch.name()), spec, flags })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUSTC: Version = Version { major: 1, minor: 95 };
    const BASE: &str = r#"{"arch":"x86_64","code-model":"kernel","features":"-sse","metadata":{"std":false}}"#;

    fn of(arch: Arch, rustc: Version, config: &[(&'static str, &'static str)]) -> Codegen {
        codegen(arch, BASE, rustc, |name| config.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)).unwrap()
    }

    fn features(codegen: &Codegen) -> String {
        let spec: Value = serde_json::from_str(&codegen.spec).unwrap();
        spec["features"].as_str().unwrap().to_owned()
    }

    /// Debian's 5.10: the mitigations under their first names, no straight-line-speculation hardening.
    #[test]
    fn debian_5_10() {
        let c = of(Arch::X86_64, RUSTC, &[("RETPOLINE", "y"), ("RETHUNK", "y")]);
        assert_eq!(
            features(&c),
            "-mmx,-sse,-sse2,-sse3,-ssse3,-sse4.1,-sse4.2,-avx,-avx2,+soft-float,\
             +retpoline-external-thunk,+retpoline-indirect-branches,+retpoline-indirect-calls"
        );
        assert_eq!(c.flags[ALWAYS.len()..], ["-Zfunction-return=thunk-extern"]);
    }

    #[test]
    fn debian_6_1() {
        let c = of(Arch::X86_64, RUSTC, &[("RETPOLINE", "y"), ("RETHUNK", "y"), ("SLS", "y"), ("FRAME_POINTER", "n")]);
        assert!(features(&c).ends_with("+harden-sls-ijmp,+harden-sls-ret"));
        assert_eq!(c.flags[ALWAYS.len()..], ["-Zfunction-return=thunk-extern"]);
    }

    const NEW: &[(&str, &str)] = &[
        ("MITIGATION_RETPOLINE", "y"),
        ("MITIGATION_RETHUNK", "y"),
        ("MITIGATION_SLS", "y"),
        ("X86_KERNEL_IBT", "y"),
        ("CALL_PADDING", "y"),
        ("FUNCTION_PADDING_BYTES", "16"),
        ("FUNCTION_ALIGNMENT", "16"),
    ];

    #[test]
    fn debian_6_12_and_7_2() {
        let c = of(Arch::X86_64, RUSTC, NEW);
        assert_eq!(
            c.flags[ALWAYS.len()..],
            [
                "-Zfunction-return=thunk-extern",
                "-Zcf-protection=branch",
                "-Cjump-tables=n",
                "-Zpatchable-function-entry=16,16",
                "-Zmin-function-alignment=16"
            ]
        );
        assert_eq!(of(Arch::X86_64, RUSTC, NEW), c, "the same configuration shares one core");
        assert_ne!(of(Arch::X86_64, RUSTC, &NEW[1..]).tuple, c.tuple);
    }

    #[test]
    fn an_older_compiler_gets_its_own_spelling() {
        let c = of(Arch::X86_64, Version { major: 1, minor: 85 }, NEW);
        assert!(c.flags.iter().any(|f| f == "-Zno-jump-tables"));
    }

    #[test]
    fn arm64_takes_the_stronger_branch_protection() {
        let c = of(Arch::Aarch64, RUSTC, &[("ARM64_PTR_AUTH_KERNEL", "y"), ("ARM64_BTI_KERNEL", "y")]);
        assert_eq!(c.flags[ALWAYS.len()..], ["-Cforce-frame-pointers=y", "-Zbranch-protection=bti,pac-ret"]);
        assert!(c.tuple.starts_with("aarch64-kmod-"));
    }

    #[test]
    fn a_broken_specification_is_an_error() {
        assert!(codegen(Arch::X86_64, "[]", RUSTC, |_| None).is_err());
        assert!(codegen(Arch::X86_64, "", RUSTC, |_| None).is_err());
    }
}
