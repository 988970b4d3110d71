// SPDX-License-Identifier: MIT OR Apache-2.0
//! The report as one HTML file that loads nothing. maud escapes what it is given: names and subjects of commits are others' text.
use super::{Drift, Report, history::History};
use crate::contract::UNKNOWN;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The forms of the contract that a bar tells apart, with their colour.
const FORMS: [(&str, &str, &[&str]); 4] = [
    ("functions called as they are", "calm", &["extern function"]),
    ("inline functions and macros, through a helper", "warm", &["inline function", "macro"]),
    ("types and fields", "pale", &["type", "field"]),
    ("constants", "leaf", &["constant"]),
];

const DRIFT: [(&str, &str); 3] =
    [("open: somebody has to look", "warm"), ("taken care of on Rust's side", "calm"), ("mended by a build", "pale")];

/// So many rows of what has no end.
const ROWS: usize = 40;

pub fn page(report: &Report) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "C and Rust in the kernel: the boundary" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "C and Rust in the kernel: the boundary" }
                    p {
                        "Rust drivers reach the kernel's C through one crate, " code { "kernel" } ". This page says what that crate uses of C, "
                        "what became of it from kernel to kernel, how much unsafe glue there is, and who looks after it. The C tree carries not one line for it."
                    }
                    nav {
                        a href="#contract" { "Contract" } a href="#drift" { "Drift" } a href="#glue" { "Glue" } a href="#owners" { "Owners" }
                        @if report.history.is_some() { a href="#people" { "People" } a href="#breakages" { "Breakages" } }
                    }
                }
                (figures(report))
                (contract(report))
                (drift(report))
                (glue(report))
                (owners(report))
                @if let Some(history) = &report.history { (people(history)) (breakages(history)) }
                footer { p.soft { "Made by " code { "cargo kmod report" } " from headers, source and git history; " code { "--json" } " prints the same values." } }
            }
        }
    }
}

fn figures(report: &Report) -> Markup {
    let names: usize = report.contract.iter().map(|subsystem| subsystem.names).sum();
    let owned = report.contract.iter().filter(|subsystem| subsystem.section != UNKNOWN).count();
    let blocks: usize = report.modules.iter().map(|module| module.unsafe_blocks).sum();
    let safe = report.drivers.iter().filter(|driver| driver.unsafe_blocks == 0).count();
    let open: usize = report.drift.iter().flat_map(|drift| &drift.subsystems).map(|drifted| drifted.open).sum();
    html! {
        ul.figures {
            li { b { (names) } "names of C that Rust uses" }
            li { b { (owned) } "subsystems that own them" }
            li { b { (open) } "open changes between the kernels" }
            li { b { (blocks) } "unsafe blocks in the glue" }
            li { b { (safe) " of " (report.drivers.len()) } "drivers without unsafe" }
            @if let Some(history) = &report.history {
                li { b { (history.absence_factor) } "authors of half of the commits" }
                @if let Some(days) = history.median_days { li { b { (days) } "days to mend a breakage, the median" } }
            }
        }
    }
}

fn contract(report: &Report) -> Markup {
    let owned = report.contract.iter().filter(|subsystem| subsystem.section != UNKNOWN);
    let most = owned.map(|subsystem| subsystem.names).max().unwrap_or(1);
    html! {
        section id="contract" {
            h2 { "Contract: what Rust uses of C" }
            p { "On " (report.kernel) ", by the entry of MAINTAINERS that owns the header. Some headers, as those of error numbers and types, have none." }
            (key(FORMS.iter().map(|(name, colour, _)| (*name, *colour))))
            table {
                thead { tr { th { "subsystem" } th.wide { "maintainers" } th.n.wide { "files" } th.n { "names" } th.plot { "by form" } } }
                tbody {
                    @for subsystem in &report.contract {
                        @let count = |forms: &[&str]| forms.iter().filter_map(|form| subsystem.forms.get(form)).sum::<usize>();
                        @let parts = FORMS.map(|(_, colour, forms)| (count(forms), colour));
                        tr {
                            td { (subsystem.section) }
                            td.wide { (subsystem.maintainers.join(", ")) }
                            td.n.wide { (subsystem.files) }
                            td.n { (subsystem.names) }
                            td.plot { @if subsystem.section != UNKNOWN { (bar(&parts, most)) } }
                        }
                    }
                }
            }
        }
    }
}

fn drift(report: &Report) -> Markup {
    html! {
        section id="drift" {
            h2 { "Drift: what became of it" }
            @if report.drift.is_empty() {
                p { "One kernel was given; with more (" code { "--kernel" } ") this says what changed between them." }
            } @else {
                p { "Of the names above, how many are not the same on the other kernel. A change is open until Rust code asks for it, or a helper hides it." }
                (key(DRIFT))
            }
            @for drift in &report.drift { (drift_table(drift)) }
        }
    }
}

fn drift_table(drift: &Drift) -> Markup {
    let most = drift.subsystems.iter().map(super::Drifted::all).max().unwrap_or(1);
    html! {
        h3 { (drift.from) " to " (drift.to) }
        @if drift.subsystems.is_empty() { p { "Nothing changed." } } @else {
            table {
                thead { tr { th { "subsystem" } th.n { "open" } th.n { "handled" } th.n.wide { "rebuild" } th.plot { "changes" } } }
                tbody {
                    @for drifted in &drift.subsystems {
                        tr {
                            td { (drifted.section) }
                            td.n { (drifted.open) }
                            td.n { (drifted.handled) }
                            td.n.wide { (drifted.rebuild) }
                            td.plot { (bar(&[(drifted.open, "warm"), (drifted.handled, "calm"), (drifted.rebuild, "pale")], most)) }
                        }
                    }
                }
            }
        }
    }
}

fn glue(report: &Report) -> Markup {
    let most = report.modules.iter().map(|module| module.unsafe_blocks).max().unwrap_or(1);
    html! {
        section id="glue" {
            h2 { "Glue: where unsafe code is" }
            p { "Each unsafe block answers for what the compiler cannot check, in a comment. It is in the crate once, so that it is in no driver." }
            h3 { "Drivers" }
            table {
                thead { tr { th { "driver" } th.n { "lines" } th.n { "unsafe blocks" } } }
                tbody { @for driver in &report.drivers {
                    tr { td { (driver.name) } td.n { (driver.lines) } td.n { (driver.unsafe_blocks) } }
                } }
            }
            h3 { "Modules of the crate" }
            table {
                thead { tr { th { "module" } th.n { "lines" } th.n.wide { "names of C" } th.n { "unsafe blocks" } th.plot {} } }
                tbody { @for module in &report.modules {
                    tr {
                        td { (module.name) }
                        td.n { (module.lines) }
                        td.n.wide { (module.names) }
                        td.n { (module.unsafe_blocks) }
                        td.plot { (bar(&[(module.unsafe_blocks, "warm")], most)) }
                    }
                } }
            }
        }
    }
}

fn owners(report: &Report) -> Markup {
    let unowned = || report.modules.iter().filter(|module| module.maintainers.is_empty());
    let single = || report.modules.iter().filter(|module| module.maintainers.len() == 1);
    html! {
        section id="owners" {
            h2 { "Owners: glue that hangs on nobody, or on one" }
            p { "By mainline's MAINTAINERS, for the files of the same name. Where one person leaves, these stay behind." }
            h3 { "One maintainer (" (single().count()) ")" }
            table {
                thead { tr { th { "module" } th { "maintainer" } th.n { "lines" } } }
                tbody { @for module in single() {
                    tr { td { (module.name) } td { @for who in &module.maintainers { (who) } } td.n { (module.lines) } }
                } }
            }
            h3 { "No maintainer on record (" (unowned().count()) ")" }
            table {
                thead { tr { th { "module" } th.n { "lines" } th.n { "unsafe blocks" } } }
                tbody { @for module in unowned() {
                    tr { td { (module.name) } td.n { (module.lines) } td.n { (module.unsafe_blocks) } }
                } }
            }
        }
    }
}

fn people(history: &History) -> Markup {
    let most = history.people.iter().map(|person| person.commits + person.reviews + person.acks).max().unwrap_or(1);
    html! {
        section id="people" {
            h2 { "People: who carries the load" }
            p {
                (history.commits) " commits that touch Rust, from " (history.first) " to " (history.last) ". Half of them are by "
                (history.absence_factor) " of " (history.people.iter().filter(|person| person.commits > 0).count()) " authors."
            }
            (key([("commits", "warm"), ("reviews", "calm"), ("acks", "pale")]))
            table {
                thead { tr { th { "person" } th.n { "commits" } th.n { "reviews" } th.n.wide { "acks" } th.n { "days silent" } th.plot {} } }
                tbody { @for person in history.people.iter().take(ROWS) {
                    tr {
                        td { (person.name) }
                        td.n { (person.commits) }
                        td.n { (person.reviews) }
                        td.n.wide { (person.acks) }
                        td.n { (person.days_since) }
                        td.plot { (bar(&[(person.commits, "warm"), (person.reviews, "calm"), (person.acks, "pale")], most)) }
                    }
                } }
            }
            @if history.people.len() > ROWS { p.soft { "and " (history.people.len() - ROWS) " more" } }
            @if !history.sections.is_empty() {
                h3 { "Sections that own Rust files" }
                table {
                    thead { tr { th { "section" } th.n { "files" } th { "maintainers, days since they were active here" } } }
                    tbody { @for section in &history.sections {
                        tr {
                            td { (section.title) }
                            td.n { (section.files) }
                            td {
                                @if section.maintainers.is_empty() { span.soft { "nobody" } }
                                @for (n, (who, days)) in section.maintainers.iter().enumerate() {
                                    @if n > 0 { ", " }
                                    (who) " (" @match days { Some(days) => { (days) } None => "never" } ")"
                                }
                            }
                        }
                    } }
                }
            }
        }
    }
}

fn breakages(history: &History) -> Markup {
    html! {
        section id="breakages" {
            h2 { "Breakages: what had to be mended" }
            p {
                (history.breakages.len()) " commits to Rust name another that they fix"
                @if history.unknown > 0 { "; " (history.unknown) " of those are not in this tree" }
                ". The days are from the one to the other."
            }
            table {
                thead { tr { th { "mended by" } th { "subject" } th { "broken by" } th.n { "days" } } }
                tbody { @for breakage in history.breakages.iter().take(ROWS) {
                    tr {
                        td { code { (short(&breakage.commit)) } }
                        td { (breakage.subject) }
                        td { code { (short(&breakage.fixes)) } " " @match breakage.by_rust {
                            Some(true) => "Rust", Some(false) => "C", None => "not in the tree",
                        } }
                        td.n { @if let Some(days) = breakage.days { (days) } }
                    }
                } }
            }
            @if history.breakages.len() > ROWS { p.soft { "and " (history.breakages.len() - ROWS) " more" } }
        }
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// A stacked bar that fills its cell, whatever the width of the screen.
fn bar(parts: &[(usize, &str)], most: usize) -> Markup {
    let scale = |count: usize| 100.0 * count as f64 / most.max(1) as f64;
    let starts = parts.iter().scan(0, |end, (count, _)| {
        *end += count;
        Some(*end - count)
    });
    html! {
        svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            @for ((count, colour), left) in parts.iter().zip(starts) {
                rect class=(colour) x=(format!("{:.2}", scale(left))) width=(format!("{:.2}", scale(*count))) height="10" {}
            }
        }
    }
}

fn key<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Markup {
    html! {
        ul.key { @for (name, colour) in entries {
            li { svg viewBox="0 0 10 10" aria-hidden="true" { rect class=(colour) width="10" height="10" {} } (name) }
        } }
    }
}
