// SPDX-License-Identifier: MIT OR Apache-2.0
//! A report as tables and as a picture.
use crate::{Report, Row, SIDES, path};
use std::fmt::{self, Write};

/// Tables: the driver, the whole path, what else was counted, and each function.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    write(&mut text, report).expect("a string takes all that is written");
    text
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out, "### {} on {}\n", report.what, report.kernel)?;
    for (title, value) in [("driver", (|row| row.driver) as fn(&Row) -> f64), ("whole kernel path", |row| row.kernel)] {
        writeln!(out, "| instructions a 4 KiB request: {title} | Rust | C | ratio |\n| --- | ---: | ---: | ---: |")?;
        for way in report.ways() {
            let [rust, c] = SIDES.map(|side| report.row(side, way).map(value));
            let ratio = rust.zip(c).map(|(rust, c)| rust / c);
            let cell = |number: Option<f64>, digits| number.map_or("–".to_owned(), |n| format!("{n:.digits$}"));
            let (engine, depth, operation) = way;
            writeln!(
                out,
                "| {operation}, {engine}, depth {depth} | {} | {} | {} |",
                cell(rust, 1),
                cell(c, 1),
                cell(ratio, 3)
            )?;
        }
        writeln!(out)?;
    }
    writeln!(out, "| a request | in helpers | in panics | thunks | DMA maps | register writes | interrupts |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | --- | ---: |")?;
    for row in &report.rows {
        let mmio = row.mmio.iter().map(|(device, count)| format!("{device} {count:.3}")).collect::<Vec<_>>().join(", ");
        writeln!(
            out,
            "| {}, {}, {}, depth {} | {:.1} | {:.1} | {:.1} | {:.3} | {mmio} | {:.3} |",
            row.side,
            row.operation,
            row.engine,
            row.depth,
            row.helpers,
            row.panics,
            row.thunks,
            row.dma_maps,
            row.interrupts
        )?;
    }
    writeln!(out)?;
    for side in SIDES {
        if let Some(bytes) = report.text.get(side) {
            let ran = report.ran.get(side).unwrap_or(&0);
            writeln!(out, "`.text` of {side}: {bytes} bytes, of which {ran} are functions that ran in this boot.\n")?;
        }
        functions(out, report, side)?;
    }
    path::differences(out, report)
}

/// Instructions of each function, a column for each way.
fn functions(out: &mut String, report: &Report, side: &str) -> fmt::Result {
    let rows: Vec<&Row> = report.ways().into_iter().filter_map(|way| report.row(side, way)).collect();
    let mut names: Vec<&str> = Vec::new();
    for function in rows.iter().flat_map(|row| &row.functions) {
        if !names.contains(&function.name.as_str()) {
            names.push(&function.name);
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let heads: Vec<_> = rows.iter().map(|row| row.head()).collect();
    writeln!(out, "| function of {side}: instructions (calls) | {} |", heads.join(" | "))?;
    writeln!(out, "| --- |{}", " ---: |".repeat(rows.len()))?;
    for name in names {
        let cell = |row: &&Row| match row.functions.iter().find(|function| function.name == name) {
            Some(function) => format!("{:.2} ({:.2})", function.instructions, function.calls),
            None => "–".to_owned(),
        };
        writeln!(out, "| `{name}` | {} |", rows.iter().map(cell).collect::<Vec<_>>().join(" | "))?;
    }
    writeln!(out)
}

/// Bars of the driver's instructions, one pair for each way.
pub fn svg(report: &Report) -> String {
    let ways = report.ways();
    let most = report.rows.iter().map(|row| row.driver).fold(1.0, f64::max);
    let (left, bar, gap, width) = (170, 16, 14, 480.0);
    let height = 40 + ways.len() * (2 * bar + gap);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{} on {}: the driver's instructions a 4 KiB request</title>\n\
         <text x=\"10\" y=\"20\" font-weight=\"bold\">{} on {}: the driver's instructions a 4 KiB request</text>\n",
        report.what, report.kernel, report.what, report.kernel
    );
    for (n, way) in ways.iter().enumerate() {
        let top = 34 + n * (2 * bar + gap);
        let (engine, depth, operation) = way;
        out += &format!("<text x=\"10\" y=\"{}\">{operation}, {engine}, depth {depth}</text>\n", top + bar + 4);
        for (place, (side, colour)) in SIDES.iter().zip(["#b7410e", "#4878a8"]).enumerate() {
            let Some(row) = report.row(side, *way) else { continue };
            let (y, length) = (top + place * bar, row.driver / most * width);
            out += &format!(
                "<rect x=\"{left}\" y=\"{y}\" width=\"{length:.1}\" height=\"{}\" fill=\"{colour}\"/>\n\
                 <text x=\"{:.1}\" y=\"{}\">{side} {:.1}</text>\n",
                bar - 2,
                f64::from(left) + length + 6.0,
                y + bar - 4,
                row.driver
            );
        }
    }
    out + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use crate::{Counts, Load, Report, Side, markdown, rows, svg};

    #[test]
    fn the_timer_is_no_part_of_a_request_and_functions_that_differ_are_told() {
        let phase = |number, name| {
            format!(
                "{{\"phase\":{number},\"name\":\"{name}\",\"engine\":\"sync\",\"operation\":\"read\",\
                 \"depth\":1,\"requests\":8,\"interrupts\":0}}\n"
            )
        };
        let load =
            phase(1, "Rust") + &phase(2, "C") + "symbol 10 r [r]\nsymbol 20 c [c]\nsymbol 30 tick\nsymbol 40 f\nend\n";
        let counts = "phase 1\ninsn 10 9\ninsn 30 6\ninsn 40 27\nphase 2\ninsn 20 8\ninsn 40 9\ninsn 41 1\n";
        let side = |name: &str, module: &str| Side {
            name: name.into(),
            modules: vec![module.into()],
            prefixes: vec![],
            targets: vec![],
        };
        let sides = [side("Rust", "r"), side("C", "c")];
        let rows = rows(&sides, &Load::parse(&load).unwrap(), &Counts::parse(counts).unwrap()).unwrap();
        assert_eq!((rows[0].driver, rows[0].kernel, rows[1].kernel), (1.125, 4.125, 2.0));
        assert_eq!(rows[0].rest.len(), 1);
        let text = [("Rust".to_owned(), 1)].into();
        let (what, kernel, ran) = ("x".to_owned(), "a kernel".to_owned(), Default::default());
        let text = markdown(&Report { version: 1, what, kernel, text, ran, rows });
        assert!(text.contains("| `f` | +2.00 |"), "{text}");
    }

    #[test]
    fn counts_become_instructions_a_request() {
        let load = "{\"phase\":1,\"name\":\"C\",\"engine\":\"sync\",\"operation\":\"read\",\"depth\":1,\"requests\":4,\"interrupts\":2}\n\
            symbol 100 dma_map_page_attrs \nsymbol 110 nvme_queue_rq \nsymbol 200 other \nsymbol 300 nvme_x [another]\nend\n";
        let counts =
            "phase 1\ninsn 100 4\ninsn 110 4\ninsn 112 8\ninsn 200 4\ninsn 300 4\nmmio nvme 2\nran 112\nran 200\n";
        let side = Side { name: "C".into(), modules: vec![], prefixes: vec!["nvme_".into()], targets: vec![] };
        let (load, counts) = (Load::parse(load).unwrap(), Counts::parse(counts).unwrap());
        let rows = rows(std::slice::from_ref(&side), &load, &counts).unwrap();
        assert_eq!((rows[0].driver, rows[0].kernel, rows[0].dma_maps, rows[0].interrupts), (3.0, 6.0, 1.0, 0.5));
        assert_eq!((rows[0].mmio["nvme"], rows[0].functions[0].calls, rows[0].functions.len()), (0.5, 1.0, 1));
        assert_eq!(crate::built_in_text(&side, &load), 0x200 - 0x110);
        let report = Report {
            version: 1,
            what: "nvme".into(),
            kernel: "a kernel".into(),
            text: [("C".to_owned(), 240)].into(),
            ran: [("C".to_owned(), crate::ran_text(&side, &load, &counts))].into(),
            rows,
        };
        let text = markdown(&report);
        assert!(text.contains("| read, sync, depth 1 | – | 3.0 | – |"), "{text}");
        assert!(text.contains("| `nvme_queue_rq` | 3.00 (1.00) |"), "{text}");
        assert!(text.contains("240 bytes, of which 240 are functions that ran"), "{text}");
        assert!(svg(&report).contains(">C 3.0</text>"));
    }
}
