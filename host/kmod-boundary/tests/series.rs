// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each policy rule and each verdict with a series that it is for; every other rule stays silent on it.
use kmod_boundary::{
    Source, Uses,
    impact::{Impact, Verdict, impact},
    maintainers::Maintainers,
    patch::Series,
    policy::{self, Context, Stances},
};

const MAINTAINERS: &str = "\
DMA MAPPING HELPERS\nM:\tC Owner <c@example.org>\nF:\tinclude/linux/dma-mapping.h\nF:\tkernel/dma/\n\n\
DMA MAPPING & SCATTERLIST API [RUST]\nM:\tR Owner <r@example.org>\nF:\trust/helpers/dma.c\nF:\trust/kernel/dma.rs\n\n\
THE REST\nM:\tL <l@example.org>\nF:\t*\nF:\t*/\n";

/// What was said in the DMA discussion of early 2025, as a stance.
const STANCES: &str =
    "[[subsystem]]\nname = \"DMA MAPPING HELPERS\"\nstance = \"declines\"\nmay-break-rust = false\nsource = \"mail\"\n";

const HEADER: &str = "\
/**\n * dma_alloc - get memory\n * Returns 0 or an error.\n */\nint dma_alloc(struct device *dev, int n);\n\
static inline void dma_free(struct device *dev)\n{\n\tkfree(dev);\n}\n\
#define DMA_FLAG 1\n#define DMA_UNUSED 1\nstruct dma_ops {\n\tint (*map)(int n);\n\tint pad;\n};\n";

const RUST: &str = "fn f() { unsafe { bindings::dma_alloc(p, 1); bindings::dma_free(p) }; bindings::DMA_FLAG; bindings::dma_ops::default(); (*ops).map; }\n";

const EXTERN: &str = "int dma_alloc(struct device *dev, int n);";

fn read(path: &str) -> Option<String> {
    (path == "include/linux/dma-mapping.h").then(|| HEADER.to_owned())
}

fn create(path: &str, lines: &[&str]) -> String {
    let body: String = lines.iter().map(|l| format!("+{l}\n")).collect();
    format!(
        "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n{body}",
        lines.len()
    )
}

fn header(from: &str, to: &str) -> String {
    let patch = diffy::create_patch(HEADER, &HEADER.replace(from, to)).to_string();
    let hunks = patch.split_inclusive('\n').skip(2).collect::<String>();
    let path = "include/linux/dma-mapping.h";
    format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n{hunks}")
}

fn look(series: &Series, maintainers: &Maintainers) -> Impact {
    let uses = Uses::of(&[Source { path: "rust/kernel/dma.rs".into(), text: RUST.into() }]);
    impact(series, &uses, maintainers, &read)
}

fn rules(message: &str, diffs: &[String]) -> Vec<String> {
    let mail = format!(
        "From a Mon Sep 17 00:00:00 2001\nFrom: A <a@x>\nSubject: [PATCH] x\n\n{message}\n---\n\n{}",
        diffs.concat()
    );
    let series = Series::parse(mail.as_bytes()).expect("a series");
    let maintainers = Maintainers::parse(MAINTAINERS);
    let impact = look(&series, &maintainers);
    let stances = Stances::parse(STANCES).expect("stances");
    let context = Context {
        series: &series,
        maintainers: &maintainers,
        stances: &stances,
        effects: &impact.effects,
        exists: &|path| path == "drivers/net/nic.c",
    };
    policy::check(&context).expect("rules").into_iter().map(|f| f.rule).collect()
}

#[test]
fn the_dma_series_of_2025_needs_no_ack_of_the_c_maintainer() {
    let series = [
        create("rust/helpers/dma.c", &["#include <linux/dma-mapping.h>", "void rust_helper_x(void) {}"]),
        create("rust/kernel/dma.rs", &["// SAFETY: `dev` is valid.", "unsafe { bindings::dma_alloc(dev, 1) };"]),
        create("drivers/gpu/user.rs", &["use kernel::dma;"]),
    ];
    assert_eq!(rules("Add it.", &series), ["rust-user-only"]);
}

#[test]
fn each_rule_fires_on_its_case_alone() {
    let breaking = header("int n);\nstatic", "long n);\nstatic");
    for (rule, message, diff) in [
        ("rust-in-declining-tree", "Add.", create("kernel/dma/coherent.rs", &["fn f() {}"])),
        ("", "Add.\n\nAcked-by: C Owner <c@example.org>", create("kernel/dma/coherent.rs", &["fn f() {}"])),
        ("unsafe-without-safety", "Add.", create("drivers/a/b.rs", &["fn f() {", "    unsafe { g() };", "}"])),
        ("", "Add.", create("drivers/a/b.rs", &["// SAFETY: `g` needs nothing.", "let x =", "    unsafe { g() };"])),
        ("driver-uses-bindings", "Add.", create("drivers/a/b.rs", &["let x = bindings::X;"])),
        ("abstraction-without-user", "Add.", create("rust/kernel/new.rs", &["fn f() {}"])),
        ("duplicate-driver", "Add.", create("drivers/net/nic_rust.rs", &["fn f() {}"])),
        ("", "Add.", create("drivers/net/other.rs", &["fn f() {}"])),
        ("rust-left-broken", "Widen it.", breaking.clone()),
        ("", "Widen it. R Owner will fix the Rust side.", breaking),
        ("", "Unused.", header("DMA_UNUSED 1", "DMA_UNUSED 2")),
    ] {
        let wanted: Vec<&str> = [rule].into_iter().filter(|r| !r.is_empty()).collect();
        assert_eq!(rules(message, &[diff]), wanted, "{message}");
    }
}

#[test]
fn verdicts_follow_what_changes() {
    for (verdict, from, to) in [
        (Verdict::NoEffect, "DMA_UNUSED 1", "DMA_UNUSED 2"),
        (Verdict::NoEffect, "dma_alloc(struct device *dev, int n)", "dma_alloc(struct device *dev,\n\t\tint n)"),
        (Verdict::RebuildOnly, "kfree(dev)", "vfree(dev)"),
        (Verdict::RebuildOnly, "DMA_FLAG 1", "DMA_FLAG 2"),
        (Verdict::RebuildOnly, "\tint pad;", "\tint pad;\n\tint more;"),
        (Verdict::MeaningMayHaveChanged, "Returns 0 or", "Returns the length or"),
        (Verdict::RebuildOnly, "\tint pad;\n", ""),
        (Verdict::RustMustFollow, "\tint (*map)(int n);\n", ""),
        (Verdict::RustMustFollow, "(*map)(int n)", "(*map)(long n)"),
        (Verdict::RustMustFollow, EXTERN, "#define dma_alloc(dev, n) dma_do(dev, n)"),
        (Verdict::RustMustFollow, "#define DMA_FLAG 1\n", ""),
        (Verdict::RustMustFollow, EXTERN, "static inline int dma_alloc(struct device *dev, int n)\n{\n\treturn 0;\n}"),
    ] {
        let series = Series::parse(header(from, to).as_bytes()).expect("a series");
        let impact = look(&series, &Maintainers::parse(MAINTAINERS));
        assert_eq!(impact.verdict, verdict, "{from} -> {to}: {:?}", impact.effects);
        assert!(impact.problems.is_empty() && impact.cc.contains(&"C Owner <c@example.org>".to_owned()));
    }
}

#[test]
fn a_patch_that_does_not_apply_is_partial() {
    let diff = header("DMA_FLAG 1", "DMA_FLAG 2").replace("DMA_UNUSED", "OTHER");
    let series = Series::parse(diff.as_bytes()).expect("a series");
    assert_eq!(look(&series, &Maintainers::default()).problems.len(), 1);
}
