// SPDX-License-Identifier: MIT OR Apache-2.0
//! What changes between two kernels of that which Rust consumes.
use crate::{
    rules::{Class, Remedy, Rule, Severity},
    surface::{Form, State, Surface},
    uses::{Place, Use, Uses},
};
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub rule: String,
    pub class: Class,
    pub severity: Severity,
    pub name: String,
    pub message: String,
    pub before: State,
    pub after: State,
    /// The Rust code, or helper, that the change reaches on the newer kernel.
    pub breaks: Vec<Place>,
    /// What in the code takes care of it already.
    pub handled: Option<String>,
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// Whether somebody has to do something, or look.
    pub fn open(&self) -> bool {
        self.handled.is_none() && self.severity != Severity::Rebuild
    }

    /// What `cfg(kmod_has = "…")` asks to know whether a kernel has what there was before.
    pub fn query(&self) -> Option<String> {
        let kind = match self.before.form {
            Form::Function | Form::Inline => "fn",
            Form::Macro => "macro",
            Form::Constant => "const",
            Form::Type => "type",
            Form::Variable => "export",
            Form::Field => "field",
            Form::Config | Form::Absent => return None,
        };
        Some(format!("{kind}:{}", self.name))
    }
}

/// All names that the sources consume: of functions, types and constants, of fields as `STRUCT.FIELD`, and `CONFIG_X`.
pub fn consumed(uses: &Uses, surfaces: &[&Surface]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = uses.names.keys().cloned().collect();
    for record in uses.names.keys() {
        for surface in surfaces {
            let used = surface.fields(record).into_iter().filter(|field| !uses.of_field(record, field).is_empty());
            names.extend(used.map(|field| format!("{record}.{field}")));
        }
    }
    names.extend(uses.configs.keys().map(|symbol| format!("CONFIG_{symbol}")));
    names
}

/// The uses of a consumed name.
pub fn uses_of(uses: &Uses, name: &str) -> Vec<Use> {
    let mut found = match (name.split_once('.'), name.strip_prefix("CONFIG_")) {
        (Some((record, field)), _) => uses.of_field(record, field),
        (None, Some(symbol)) if uses.configs.contains_key(symbol) => uses.configs[symbol].clone(),
        _ => uses.names.get(name).cloned().unwrap_or_default(),
    };
    found.sort_by(|a, b| a.at.cmp(&b.at));
    found.dedup_by(|a, b| a.at == b.at);
    found
}

pub fn drift(old: &Surface, new: &Surface, uses: &Uses, rules: &[Rule]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let same_source = old.source.is_some() && old.source == new.source;
    for name in consumed(uses, &[old, new]) {
        let (before, after) = (old.state(&name), new.state(&name));
        if before == after {
            continue;
        }
        for rule in rules.iter().filter(|rule| rule.applies(&before, &after)) {
            let (breaks, handled) = reach(&name, rule, new, old, uses);
            let by_config = same_source && matches!(rule.class, Class::Gone | Class::Form);
            let cause = if by_config { "; the source is the same: it depends on the configuration" } else { "" };
            findings.push(Finding {
                rule: rule.id.clone(),
                class: if by_config { Class::Config } else { rule.class },
                severity: rule.severity,
                message: rule.message(&name, &before, &after) + cause,
                before: before.clone(),
                after: after.clone(),
                name: name.clone(),
                breaks,
                handled,
                remedy: rule.remedy,
            });
        }
    }
    findings.sort_by(|a, b| (a.severity, a.class, &a.name, &a.rule).cmp(&(b.severity, b.class, &b.name, &b.rule)));
    findings
}

/// Which code the change reaches, or what shields it.
fn reach(name: &str, rule: &Rule, new: &Surface, old: &Surface, uses: &Uses) -> (Vec<Place>, Option<String>) {
    let live = |surface: &Surface, found: &Use| {
        let holds = |cfg: &crate::cfg::Cfg| {
            cfg.holds(&|query| surface.has(query), &|symbol, value| surface.configured(symbol, value))
        };
        !found.under.iter().any(|cfg| holds(cfg) == Some(false))
    };
    let gone = rule.after == [Form::Absent];
    // Code that only the newer kernel sees was written for what it has.
    let reached = |found: &Use| live(new, found) && (gone || live(old, found));
    let breaks: Vec<Place> =
        uses_of(uses, name).into_iter().filter(|found| reached(found)).map(|found| found.at).collect();
    if breaks.is_empty() {
        return (breaks, Some("the code that uses it is not compiled for both (cfg)".to_owned()));
    }
    if let Some(at) = asked(name, uses) {
        return (breaks, Some(format!("asked for at {at}")));
    }
    if let Some(at) = uses.accepted(name) {
        return (breaks, Some(format!("accepted at {at}")));
    }
    let result = rule.differs == ["result"];
    let all = |fits: fn(&Use) -> bool| uses_of(uses, name).iter().filter(|found| reached(found)).all(fits);
    if let Some(helper) = uses.helpers.get(name) {
        // A helper calls whatever form there is, and C converts what is called.
        let handled = match uses.called_in_c.get(name) {
            None => Some(format!("the helper at {helper} does without it")),
            Some(ignored) if result && (*ignored || new.state(name).get("result") != Some("void")) => {
                Some(format!("the helper at {helper} takes either"))
            }
            _ if matches!(rule.class, Class::Form | Class::Export) => Some(format!("helper at {helper}")),
            _ => None,
        };
        return (if handled.is_some() { breaks } else { vec![helper.clone()] }, handled);
    }
    let handled = match rule.remedy {
        _ if result && all(|found| found.ignored) => Some("the result is ignored"),
        Some(Remedy::Cast) if all(|found| found.cast) => Some("it is cast"),
        Some(Remedy::Constant) if uses.evaluated => Some("the build evaluates it"),
        Some(Remedy::Constant) if uses.constants.contains(name) => Some("RUST_CONST_HELPER"),
        _ => None,
    };
    (breaks, handled.map(str::to_owned))
}

/// Where the code asks the kernel for this very name.
fn asked(name: &str, uses: &Uses) -> Option<Place> {
    let asks = |query: &str| {
        let subject = query.split_once(':').map_or("", |(_, rest)| rest);
        let subject = subject.split(['/', '=']).next().unwrap_or_default();
        subject == name
    };
    uses.queries.iter().find(|(query, _)| asks(query)).and_then(|(_, places)| places.first().cloned())
}
