//! What is refused, and with which words.

use super::tests::{parse, with};

/// Each row: what is written in place of the line, the line and the words of the message.
#[test]
fn what_is_wrong_is_said_with_its_line() {
    let rows: &[(&str, &str, u64, &[&str])] = &[
        (
            "unknown key",
            "match: [{ prefix: lab }]\nregoins: []",
            6,
            &["unknown key `regoins`", "`regions`"],
        ),
        (
            "unknown key of a selector",
            "match:\n  - { prefx: lab }",
            6,
            &["unknown key `prefx`", "did you mean `prefix`"],
        ),
        ("duplicate key", "match: [{ prefix: lab }]\nname: again", 6, &["`name`", "twice"]),
        ("broken YAML", "match: [{ prefix: lab }", 5, &["unclosed bracket"]),
        ("wrong type", "match: no", 5, &["a list is wanted", "begin with `-`"]),
        ("empty match", "match: []", 5, &["`match` is empty", "prefix: my-lab-dev"]),
        (
            "unknown kind",
            "match: [{ kind: iam:rol, name: x }]",
            5,
            &["unknown kind `iam:rol`", "did you mean `iam:role`"],
        ),
        (
            "kind without its service",
            "match: [{ kind: role, name: x }]",
            5,
            &["did you mean `iam:role`"],
        ),
        (
            "kind with a dash",
            "match: [{ kind: s3-bucket, name: x }]",
            5,
            &["did you mean `s3:bucket`"],
        ),
        (
            "unknown service",
            "match: [{ kind: 'ec2:*', prefix: lab }]",
            5,
            &["unknown kind `ec2:*`", "services are"],
        ),
        (
            "misspelled service",
            "match: [{ kind: 'sagemakr:*', prefix: lab }]",
            5,
            &["did you mean `sagemaker:*`"],
        ),
        ("short prefix", "match:\n  - prefix: ab", 6, &["`ab` is shorter than three characters"]),
        ("short prefix of long letters", "match: [{ prefix: 'éé' }]", 5, &["shorter than three"]),
        ("prefix with a star", "match: [{ prefix: 'lab-*' }]", 5, &["is a pattern", "`glob`"]),
        ("name with a star", "match: [{ name: 'lab-*' }]", 5, &["is a pattern", "glob: \"lab-*\""]),
        ("prefix of dashes", "match: [{ prefix: '---' }]", 5, &["no letter and no digit"]),
        ("bad regex", "match: [{ regex: 'lab-(' }]", 5, &["does not compile", "unclosed group"]),
        ("bad glob", "match: [{ glob: 'lab-[a' }]", 5, &["cannot be read"]),
        ("empty glob", "match: [{ glob: '' }]", 5, &["empty glob"]),
        ("empty selector", "match: [{}]", 5, &["the whole account", "add one of"]),
        (
            "only a kind",
            "match: [{ kind: s3:bucket }]",
            5,
            &["takes every `s3:bucket` of the account", "add one of"],
        ),
        ("only a kind glob", "match: [{ kind: 'sagemaker:*' }]", 5, &["takes every `sagemaker:*`"]),
        ("only any kind", "match: [{ kind: '*' }]", 5, &["the whole account"]),
        ("only an age", "match: [{ older_than: 7d }]", 5, &["an age alone"]),
        ("any kind of an age", "match: [{ kind: '*:*', older_than: 7d }]", 5, &["an age alone"]),
        ("empty keep", "match: [{ prefix: lab }]\nkeep: [{}]", 6, &["keep everything"]),
        ("two ways of naming", "match: [{ name: x, prefix: lab }]", 5, &["`name` and `prefix`"]),
        (
            "null in a selector",
            "match: [{ kind: s3:bucket, tags: { a: b }, prefix: }]",
            5,
            &["missing"],
        ),
        ("null tags", "match: [{ kind: s3:bucket, tags: }]", 5, &[]),
        ("empty tags", "match: [{ kind: s3:bucket, tags: {} }]", 5, &["`tags` is empty"]),
        (
            "misspelt value",
            "match: [{ kind: sagemaker:model-package, where: { approval: Aproved } }]",
            5,
            &["no approval of that", "did you mean `Approved`"],
        ),
        (
            "value in another case",
            "match: [{ kind: sagemaker:endpoint, where: { status: failed } }]",
            5,
            &["did you mean `Failed`"],
        ),
        (
            "value of nothing",
            "match: [{ kind: sagemaker:model-package, where: { approval: '*' } }]",
            5,
            &["it is one of Approved, PendingManualApproval, Rejected"],
        ),
        (
            "in what holds nothing",
            "match: [{ kind: ecr:image, in: { kind: s3:bucket, name: lab } }]",
            5,
            &["nothing lives in s3:bucket"],
        ),
        ("empty where", "match: [{ kind: ecr:image, where: {} }]", 5, &["`where` is empty"]),
        (
            "wrong where key",
            "match: [{ kind: ecr:image, where: { tagd: false } }]",
            5,
            &[
                "does not know `tagd` of ecr:image",
                "did you mean `tag`",
                "`tag` (a tag of the image)",
            ],
        ),
        (
            "wrong where key of a glob",
            "match: [{ kind: 'sagemaker:*', where: { colour: red } }]",
            5,
            &["`approval`", "`status`"],
        ),
        (
            "where of a kind without",
            "match: [{ kind: s3:bucket, where: { status: x } }]",
            5,
            &["leave `where` out"],
        ),
        (
            "where with a point",
            "match: [{ kind: ecr:image, where: { tag: 1.30 } }]",
            5,
            &["quotes"],
        ),
        (
            "where of a list of nothing",
            "match: [{ kind: ecr:image, where: { tag: [] } }]",
            5,
            &["matches nothing"],
        ),
        (
            "bad age",
            "match: [{ kind: s3:bucket, older_than: soon }]",
            5,
            &["`soon` is not an age", "`7d`"],
        ),
        (
            "age without unit",
            "match: [{ kind: s3:bucket, older_than: 30 }]",
            5,
            &["`30` is not an age"],
        ),
        ("no age", "match: [{ kind: s3:bucket, older_than: 0h }]", 5, &["no time at all"]),
        ("negative age", "match: [{ kind: s3:bucket, older_than: -2h }]", 5, &["no time at all"]),
        (
            "age in months",
            "match: [{ kind: s3:bucket, older_than: 2mo }]",
            5,
            &["no fixed length", "days or weeks"],
        ),
        (
            "ages that exclude",
            "match: [{ kind: s3:bucket, older_than: 2d, newer_than: 1d }]",
            5,
            &["both that old and that new"],
        ),
        (
            "in without name",
            "match: [{ kind: ecr:image, in: { kind: ecr:repository } }]",
            5,
            &["`name` is missing"],
        ),
        (
            "in without kind",
            "match: [{ kind: ecr:image, in: { name: x } }]",
            5,
            &["`kind` is missing"],
        ),
        (
            "in of a kind that lives nowhere",
            "match: [{ kind: s3:bucket, in: { kind: eks:cluster, name: x } }]",
            5,
            &["does not live in another"],
        ),
        (
            "stop of what cannot be stopped",
            "match: [{ kind: s3:bucket, prefix: lab, action: stop }]",
            5,
            &["s3:bucket cannot be stopped", "sagemaker:training-job"],
        ),
        (
            "unknown action",
            "match: [{ kind: s3:bucket, prefix: lab, action: stopp }]",
            5,
            &["`stopp`", "`stop`"],
        ),
        (
            "stop in keep",
            "match: [{ prefix: lab }]\nkeep: [{ kind: s3:bucket, action: stop }]",
            6,
            &["not stopped"],
        ),
        ("what is only read", "match: [{ kind: iam:user, name: x }]", 5, &["never removed"]),
        ("labels without a field", "match: [{ prefix: lab }]\nlabels: x", 6, &["fields"]),
        (
            "share of more than all",
            "match: [{ prefix: lab }]\nlimits: { max_share: 1.5 }",
            6,
            &["`max_share`"],
        ),
        (
            "share of nothing",
            "match: [{ prefix: lab }]\nlimits: { max_share: 0 }",
            6,
            &["`max_share`"],
        ),
        (
            "share that is no number",
            "match: [{ prefix: lab }]\nlimits: { max_share: .nan }",
            6,
            &["`max_share`"],
        ),
        ("negative deletions", "match: [{ prefix: lab }]\nlimits: { max_deletions: -1 }", 6, &[]),
        (
            "short window",
            "match: [{ prefix: lab }]\noptions: { kms: { pending_window_days: 6 } }",
            6,
            &["7 to 30"],
        ),
        (
            "long window",
            "match: [{ prefix: lab }]\noptions: { kms: { pending_window_days: 31 } }",
            6,
            &["7 to 30"],
        ),
        (
            "unknown choice",
            "match: [{ prefix: lab }]\noptions: { managed: remove }",
            6,
            &["`remove`", "`block`"],
        ),
        (
            "unknown kind to lift",
            "match: [{ prefix: lab }]\noptions: { lift_protection: [eks:clutser] }",
            6,
            &["did you mean `eks:cluster`"],
        ),
        ("sweep that is no map", "match: [{ prefix: lab }]\nsweep: 3d", 6, &["`sweep` is a map"]),
        (
            "journal without a bucket",
            "match: [{ prefix: lab }]\njournal: 's3:///x'",
            6,
            &["no place for a journal"],
        ),
        ("second document", "match: [{ prefix: lab }]\n---\nversion: 1", 6, &[]),
    ];
    for (row, lines, line, words) in rows {
        let Err(error) = parse(&with(lines)) else { panic!("{row}: accepted") };
        let text = error.to_string();
        assert_eq!(error.line(), *line, "{row}:\n{text}");
        assert!(error.column() > 0, "{row}:\n{text}");
        assert!(text.contains(&format!("lab.yaml:{line}:")), "{row}:\n{text}");
        for word in *words {
            assert!(text.contains(word), "{row}: no {word:?} in\n{text}");
        }
    }
}

#[test]
fn wrong_heads_are_said() {
    let head = |version: &str, name: &str, accounts: &str, regions: &str| {
        format!(
            "version: {version}\nname: {name}\naccounts: {accounts}\nregions: {regions}\n\
             match: [{{ prefix: lab }}]\n"
        )
    };
    let rows: &[(&str, String, u64, &str)] = &[
        ("version", head("2", "lab", "['123456789012']", "[us-east-1]"), 1, "version 1, not 2"),
        ("empty name", head("1", "''", "['123456789012']", "[us-east-1]"), 2, "not a name"),
        (
            "name with a space",
            head("1", "my lab", "['123456789012']", "[us-east-1]"),
            2,
            "not a name",
        ),
        (
            "long name",
            head("1", &"x".repeat(129), "['123456789012']", "[us-east-1]"),
            2,
            "not a name",
        ),
        ("no account", head("1", "lab", "[]", "[us-east-1]"), 3, "`accounts` is empty"),
        (
            "bare number",
            head("1", "lab", "[842676018087]", "[us-east-1]"),
            3,
            "put it in quotes: \"842676018087\"",
        ),
        (
            "bare leading zero",
            head("1", "lab", "[012345670123]", "[us-east-1]"),
            3,
            "put it in quotes: \"012345670123\"",
        ),
        ("eleven digits", head("1", "lab", "['12345678901']", "[us-east-1]"), 3, "twelve digits"),
        (
            "dashes",
            head("1", "lab", "['1234-5678-9012']", "[us-east-1]"),
            3,
            "did you mean \"123456789012\"",
        ),
        ("other digits", head("1", "lab", "['١٢٣٤٥٦٧٨٩٠١٢']", "[us-east-1]"), 3, "twelve digits"),
        ("twice", head("1", "lab", "['123456789012', '123456789012']", "[us-east-1]"), 3, "twice"),
        ("no region", head("1", "lab", "['123456789012']", "[]"), 4, "`regions` is empty"),
        (
            "region misspelled",
            head("1", "lab", "['123456789012']", "[us-east1]"),
            4,
            "did you mean `us-east-1`",
        ),
        (
            "a zone",
            head("1", "lab", "['123456789012']", "[us-east-1a]"),
            4,
            "did you mean `us-east-1`",
        ),
        ("global", head("1", "lab", "['123456789012']", "[global]"), 4, "asked once"),
        (
            "region twice",
            head("1", "lab", "['123456789012']", "[us-east-1, us-east-1]"),
            4,
            "twice",
        ),
    ];
    for (row, text, line, words) in rows {
        let Err(error) = parse(text) else { panic!("{row}: accepted") };
        assert_eq!(error.line(), *line, "{row}:\n{error}");
        assert!(error.to_string().contains(words), "{row}:\n{error}");
    }
    for field in ["version", "name", "accounts", "regions", "match"] {
        let text: String = head("1", "lab", "['123456789012']", "[us-east-1]")
            .lines()
            .filter(|line| !line.starts_with(field))
            .map(|line| format!("{line}\n"))
            .collect();
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains(&format!("`{field}` is missing")), "{error}");
        assert!(error.contains("add it, such as"), "{error}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let error = parse(
        "version: 1\nname: lab\naccounts: [842676018087]\nregions: [us-east1]\nmatch:\n  - prefix: ab\n  - { kind: iam:rol, glob: '*' }\n",
    )
    .unwrap_err();
    assert_eq!(error.issues().len(), 5);
    assert_eq!(error.line(), 3);
    insta::assert_snapshot!(error.to_string());
}
