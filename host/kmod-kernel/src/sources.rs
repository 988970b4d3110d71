// SPDX-License-Identifier: MIT OR Apache-2.0
//! apt's sources, both ways of writing them, and which of them to ask for a suite.

/// One archive that the machine knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub uri: String,
    pub suites: Vec<String>,
    pub components: Vec<String>,
    /// A keyring's path, or a whole key, continuation lines included.
    pub signed_by: Option<String>,
}

/// Debian's own suites; other archives use other names, or other components than `main`.
const RELEASES: [&str; 9] =
    ["bullseye", "bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing", "unstable"];

/// Reads `deb [options] uri suite component…` lines.
pub fn parse_list(text: &str) -> Vec<Source> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Source> {
    let line = line.split('#').next()?.trim();
    let rest = line.strip_prefix("deb")?.strip_prefix([' ', '\t'])?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by=")).map(str::to_owned);
    Some(Source {
        uri: words.next()?.to_owned(),
        suites: vec![words.next()?.to_owned()],
        components: words.map(str::to_owned).collect(),
        signed_by,
    })
}

/// Reads deb822 stanzas.
pub fn parse_deb822(text: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    for stanza in text.split("\n\n") {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in stanza.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push('\n');
                    value.push_str(line);
                }
            } else if let Some((key, value)) = line.split_once(':') {
                fields.push((key.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        let get = |key: &str| fields.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str());
        let words = |key: &str| get(key).unwrap_or("").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let off = get("enabled").is_some_and(|value| value.eq_ignore_ascii_case("no"));
        if off || !words("types").iter().any(|word| word == "deb") {
            continue;
        }
        sources.extend(words("uris").into_iter().map(|uri| Source {
            uri,
            suites: words("suites"),
            components: words("components"),
            signed_by: get("signed-by").map(str::to_owned),
        }));
    }
    sources
}

/// The machine's archive that serves `suite`: its security archive for `…-security`, else its mirror.
pub fn serving<'a>(sources: &'a [Source], suite: &str) -> Option<&'a Source> {
    let security = |suite: &str| suite.ends_with("-security");
    let known = |name: &str| {
        let base = name.trim_end_matches("-updates").trim_end_matches("-backports").trim_end_matches("-security");
        RELEASES.contains(&base) && security(name) == security(suite)
    };
    let serves =
        |source: &&Source| source.components.iter().any(|c| c == "main") && source.suites.iter().any(|s| known(s));
    // Others publish under Debian's suite names too: prefer what looks like Debian's own archive, then the first.
    let rank = |source: &Source| {
        let path = source.uri.trim_end_matches('/');
        let own = path.ends_with("/debian") || path.ends_with("/debian-security");
        let keyring = source.signed_by.as_ref().is_some_and(|keyring| keyring.contains("debian-archive"));
        2 * u32::from(own) + u32::from(keyring)
    };
    sources.iter().filter(serves).rev().max_by_key(|source| rank(source))
}

/// A stanza that asks this archive for other suites.
pub fn stanza(source: &Source, suites: &[&str]) -> String {
    let signed_by = source.signed_by.as_ref().map(|key| format!("Signed-By: {key}\n")).unwrap_or_default();
    format!("Types: deb\nURIs: {}\nSuites: {}\nComponents: main\n{signed_by}\n", source.uri, suites.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEB822: &str = "# a comment\nTypes: deb\n# another\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n\
        Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\nTypes: deb\nURIs: http://mirror.example/debian-security\n\
        Suites: bookworm-security\nComponents: main\nSigned-By:\n -----BEGIN\n .\n key\n\nTypes: deb-src\nURIs: http://src.example\nSuites: bookworm\nComponents: main\n";

    #[test]
    fn deb822_and_one_line_agree() {
        let sources = parse_deb822(DEB822);
        assert_eq!(sources.len(), 2);
        let line = "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main # x";
        assert_eq!(parse_list(line)[0].uri, sources[0].uri);
        assert_eq!(parse_list(line)[0].signed_by, sources[0].signed_by);
        assert!(
            parse_list("deb-src http://x bookworm main\n# deb http://x bookworm main\ndebug\ndeb [x http://x b")
                .is_empty()
        );
    }

    #[test]
    fn the_mirror_and_the_security_archive_are_told_apart() {
        let mut sources = parse_list(
            "deb https://apt.example/packages cloud-bookworm main\ndeb https://vendor.example/prod bookworm main\n\
             deb https://vendor.example/docker bookworm stable",
        );
        sources.extend(parse_deb822(DEB822));
        assert_eq!(serving(&sources, "trixie-backports").unwrap().uri, "http://mirror.example/debian");
        assert_eq!(serving(&sources, "bullseye-security").unwrap().uri, "http://mirror.example/debian-security");
        assert_eq!(serving(&sources[..1], "trixie"), None);
    }

    #[test]
    fn an_embedded_key_is_kept() {
        let sources = parse_deb822(DEB822);
        let text = stanza(&sources[1], &["trixie-security"]);
        assert_eq!(parse_deb822(&text)[0].signed_by, sources[1].signed_by);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC*|(deb|Types:|Suites:| |\\[|\\]|\n|x){0,20}") {
            parse_list(&text);
            parse_deb822(&text);
        }
    }
}
