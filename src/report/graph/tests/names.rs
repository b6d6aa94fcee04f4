//! No name that somebody gave a resource acts on the reader of a picture.

use super::*;

const HOSTILE: [&str; 16] = [
    "\"><script>alert(1)</script>",
    "two\nlines\r\n",
    "\u{202e}gnp.exe",
    "`whoami`",
    "end",
    "back\\slash\\",
    "\\\"; n9 -> n1 [label=\"",
    "&#x202e;&lt;b&gt;",
    "%%{init: {\"theme\": \"x\"}}%%",
    "style:#f00;#quot;",
    "\u{0}\u{7}\u{1b}[2J\u{fffe}\u{ffff}",
    "\"]:::gone",
    "$$\\frac{1}{2}$$ fa:fa-ban",
    "]]>--><!-- ' onload='x",
    "\u{200b}\u{2028}",
    "",
];

/// A name that is a step's, a blocked row's and a user's, and each one's reason.
fn hostile(name: &str) -> Plan {
    let mut made = Plan {
        steps: vec![step(1, Action::Delete, id("iam:role", name), &[])],
        blocked: vec![row(id("iam:policy", name), &[id("iam:user", name)])],
        kept: vec![row(id("s3:bucket", name), &[])],
        pending: Vec::new(),
    };
    made.steps[0].reason = name.to_owned();
    made.kept[0].reason = name.to_owned();
    made
}

#[test]
fn no_name_acts_on_a_reader() {
    for name in HOSTILE {
        for format in FORMATS {
            let text = plan(&hostile(name), format);
            assert_eq!(text.replace('\n', ""), visible(&text.replace('\n', "")), "{name:?}");
        }
    }
}

/// What stands outside of quotes, and what the quotes mean.
fn dot_parts(dot: &str) -> (String, Vec<String>) {
    let (mut outside, mut quoted) = (String::new(), Vec::new());
    let mut chars = dot.chars();
    while let Some(c) = chars.next() {
        if c != '"' {
            outside.push(c);
            continue;
        }
        let mut text = String::new();
        loop {
            match chars.next().expect("a quote that ends") {
                '"' => break,
                '\\' => match chars.next().expect("an escape that ends") {
                    'n' => text.push('\n'),
                    c => text.push(c),
                },
                c => text.push(c),
            }
        }
        quoted.push(text.replace("&amp;", "&"));
    }
    (outside, quoted)
}

#[test]
fn dot_keeps_names_in_their_quotes() {
    let (plain, _) = dot_parts(&plan(&hostile("plain"), Format::Dot));
    for name in HOSTILE {
        let dot = plan(&hostile(name), Format::Dot);
        let (outside, quoted) = dot_parts(&dot);
        assert_eq!(outside, plain, "{name:?}");
        let label = format!("iam:role\n{}", visible(name));
        assert!(quoted.contains(&label), "{label:?} in {quoted:?}");
        assert!(!dot.contains("&#"), "{dot}");
    }
}

/// A Mermaid label with its entity codes resolved.
fn mermaid_text(label: &str) -> String {
    let mut text = String::new();
    let mut rest = label;
    while let Some((before, coded)) = rest.split_once('#') {
        let (code, after) = coded.split_once(';').expect("a code that ends");
        text.push_str(before);
        match code {
            "quot" => text.push('"'),
            number => text.push(number.parse().ok().and_then(char::from_u32).expect(number)),
        }
        rest = after;
    }
    text + rest
}

#[test]
fn mermaid_keeps_names_in_their_quotes() {
    for name in HOSTILE {
        let mermaid = plan(&hostile(name), Format::Mermaid);
        let mut found = Vec::new();
        for line in mermaid.lines() {
            let Some((before, label)) = line.split_once("(\"") else { continue };
            let (label, after) = label.rsplit_once("\"):::").expect("an end of the label");
            assert!(before.trim().starts_with('n') && after.chars().all(char::is_alphabetic));
            let plain = label.replace("<br/>", "");
            assert!(!plain.contains(['<', '>', '&', '"', '`', '%', '$', '\\']), "{label}");
            found.extend(label.split("<br/>").map(mermaid_text));
        }
        assert_eq!(found.iter().filter(|text| **text == visible(name)).count(), 4, "{mermaid}");
        assert_eq!(mermaid.lines().count(), 1 + 4 + 1 + 4, "{mermaid}");
    }
}

#[test]
fn svg_is_xml_and_names_are_its_text() {
    let plain = read(&plan(&hostile("plain"), Format::Svg));
    for name in HOSTILE {
        let svg = plan(&hostile(name), Format::Svg);
        let seen = read(&svg);
        assert_eq!(seen.elements, plain.elements, "{name:?}");
        assert_eq!(seen.attributes, plain.attributes, "{name:?}");
        let shown = visible(name).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
        assert_eq!(seen.texts.iter().filter(|text| **text == shown).count(), 4, "{svg}");
        let title = format!("iam:role {shown} (us-east-1)\n");
        assert!(seen.texts.iter().any(|text| text.starts_with(&title)), "{title:?}");
    }
}

#[test]
fn svg_stands_alone() {
    let svg = plan(&lab(), Format::Svg);
    let seen = read(&svg);
    let elements = ["defs", "g", "marker", "path", "rect", "svg", "text", "title"];
    assert_eq!(seen.elements, BTreeSet::from(elements.map(str::to_owned)));
    assert!(!svg.contains("href") && !svg.contains("style="), "{svg}");
    assert!(svg.contains("viewBox=") && svg.contains("fill=\"#ffffff\""), "{svg}");
    let key = "kms:key 0b1c (us-east-1)\nmatched by prefix lab\nschedule-deletion";
    assert!(seen.texts.iter().any(|text| text == key), "{:?}", seen.texts);
}
