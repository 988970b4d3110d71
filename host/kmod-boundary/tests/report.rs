// SPDX-License-Identifier: MIT OR Apache-2.0
//! The page: valid, self-contained, with the values of the JSON, and safe against what a git log may hold.
use kmod_boundary::{
    maintainers::Maintainers,
    report::{
        Drift, Drifted, Report, Subsystem,
        glue::{Driver, Module},
        history::{Error, History, fixed, parse},
    },
};
use scraper::{Html, Selector};

const HOSTILE: &str = "<script>alert('\u{202e}1')</script> & \"Co\"";

/// As `git log` writes it, the newest first.
fn log() -> String {
    let commit = |hash: &str, day: i64, author: &str, subject: &str, reviewed: &str, fixes: &str| {
        let time = 1_700_000_000 + day * 86_400;
        format!("{hash}\0{time}\x002026-01-{day:02}\0{author}\0{subject}\0{reviewed}\0\0{fixes}\0\n")
    };
    let (a, b, c) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
    commit(
        &c,
        21,
        HOSTILE,
        "rust: </td><img src=x onerror=alert(1)>",
        "B Two <b@x>\x1fA One <a@x>",
        "aaaaaaaaaaaa (\"rust: first\")",
    ) + &commit(&b, 11, "A One", "rust: second", "", "dddddddddddd (\"mm: not here\")")
        + &commit(&a, 1, "A One", "rust: first", "B Two <b@x>", "")
}

fn history() -> History {
    let commits = parse(&log()).unwrap();
    assert_eq!(fixed(&commits).into_iter().collect::<Vec<_>>(), ["aaaaaaaaaaaa", "dddddddddddd"]);
    let known = format!("{}\01700086400\0\n", "a".repeat(40));
    let owners = "RUST\nM:\tA One <a@x>\nM:\tGone <g@x>\nF:\trust/\n\nTHE REST\nM:\tL <l@x>\nF:\t*\n";
    History::of(&commits, &known, &["rust/kernel/dma.rs", "rust/kernel/lib.rs"], &Maintainers::parse(owners))
}

fn report() -> Report {
    let module = |name: &str, unsafe_blocks, maintainers: &[&str]| Module {
        name: name.into(),
        lines: 100,
        unsafe_blocks,
        names: 3,
        maintainers: maintainers.iter().map(ToString::to_string).collect(),
        unowned: 0,
        files: 1,
    };
    Report {
        version: 1,
        contract: vec![Subsystem {
            section: "DMA <MAPPING>".into(),
            maintainers: vec!["C Owner".into()],
            forms: [("extern function", 7), ("inline function", 2)].into(),
            names: 9,
            files: 2,
        }],
        kernel: "6.1".into(),
        drift: vec![Drift {
            from: "6.1".into(),
            to: "7.2".into(),
            subsystems: vec![Drifted { section: "DMA".into(), open: 1, handled: 2, rebuild: 3 }],
        }],
        modules: vec![module("dma", 12, &["One"]), module("io", 5, &[]), module("sync", 4, &["One", "Two"])],
        drivers: vec![Driver { name: "edu".into(), lines: 300, unsafe_blocks: 0 }],
        history: Some(history()),
    }
}

#[track_caller]
fn rows(page: &Html, table: &str) -> Vec<Vec<String>> {
    let select = |text: &str| Selector::parse(text).unwrap();
    let cells = |row: scraper::ElementRef<'_>| {
        row.select(&select("td:not(.plot)")).map(|cell| cell.text().collect::<String>()).collect()
    };
    page.select(&select(&format!("{table} tbody tr"))).map(cells).collect()
}

#[test]
fn a_history_is_counted() {
    let history = history();
    assert_eq!((history.commits, history.absence_factor, history.unknown), (3, 1, 1));
    assert_eq!((&*history.first, &*history.last), ("2026-01-01", "2026-01-21"));
    let people: Vec<_> = history.people.iter().map(|p| (p.name.as_str(), p.commits, p.reviews, p.days_since)).collect();
    assert_eq!(people, [("A One", 2, 1, 0), (HOSTILE, 1, 0, 0), ("B Two", 0, 2, 0)]);
    assert_eq!(history.sections[0].maintainers, [("A One".to_owned(), Some(0)), ("Gone".to_owned(), None)]);
    assert_eq!((history.breakages[0].days, history.breakages[0].by_rust), (Some(20), Some(true)));
    assert_eq!((history.breakages[1].days, history.breakages[1].by_rust), (None, None));
    assert_eq!(history.median_days, Some(20));
}

#[test]
fn a_log_that_is_none_is_an_error() {
    assert_eq!(parse(""), Err(Error::Empty));
    assert_eq!(parse("a\0b"), Err(Error::Format { field: 0 }));
    assert_eq!(parse(&log().replacen("17", "x", 1)), Err(Error::Format { field: 1 }));
}

#[test]
fn the_page_says_what_the_json_says() {
    let report = report();
    let json = serde_json::to_value(&report).unwrap();
    let page = Html::parse_document(&report.page());
    assert_eq!(page.errors, Vec::<String>::new());
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let expect = |list: &serde_json::Value, fields: &[&str]| -> Vec<Vec<String>> {
        let row = |item: &serde_json::Value| fields.iter().map(|field| text(&item[field])).collect();
        list.as_array().unwrap().iter().map(row).collect()
    };
    let contract = rows(&page, "#contract");
    assert_eq!(contract, [["DMA <MAPPING>", "C Owner", "2", "9"]]);
    assert_eq!(
        rows(&page, "#drift"),
        expect(&json["drift"][0]["subsystems"], &["section", "open", "handled", "rebuild"])
    );
    let drivers = expect(&json["drivers"], &["name", "lines", "unsafe_blocks"]);
    let modules = expect(&json["modules"], &["name", "lines", "names", "unsafe_blocks"]);
    assert_eq!(rows(&page, "#glue"), [drivers, modules].concat());
    assert_eq!(rows(&page, "#owners"), [["dma", "One", "100"], ["io", "100", "5"]]);
    let people = expect(&json["history"]["people"], &["name", "commits", "reviews", "acks", "days_since"]);
    let sections = vec![vec!["RUST".to_owned(), "2".into(), "A One (0), Gone (never)".into()]];
    assert_eq!(rows(&page, "#people"), [people, sections].concat());
    assert_eq!(rows(&page, "#breakages")[0][1], json["history"]["breakages"][0]["subject"]);
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let text = report().page();
    let page = Html::parse_document(&text);
    for element in page.select(&Selector::parse("*").unwrap()) {
        let name = element.value().name();
        assert!(!["script", "img", "link", "iframe", "object", "embed", "base", "form"].contains(&name), "{name}");
        for (attribute, value) in element.value().attrs() {
            assert!(!attribute.starts_with("on") && attribute != "style" && attribute != "src", "{attribute}={value}");
            assert!(attribute != "href" || value.starts_with('#'), "{value}");
        }
    }
    for loads in ["url(", "@import", "http:", "https:", "//"] {
        assert!(!text.contains(loads), "{loads}");
    }
    assert!(text.contains("&lt;script&gt;alert"), "the name is shown, and does nothing");
}
