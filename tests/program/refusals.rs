//! Manifests that are refused, and words that are typed wrongly.

use predicates::prelude::*;

use crate::harness::{ACCOUNT, Desk, LAB, NOBODY, YES, shared_lab};

#[test]
fn a_wrong_manifest_is_refused_with_its_place_and_a_suggestion() {
    let head = format!("version: 1\nname: lab\naccounts: [\"{ACCOUNT}\"]\nregions: [us-east-1]\n");
    let with = |lines: &str| format!("{head}{lines}\n");
    let account = |account: &str| {
        with("match: [{ prefix: lab }]").replace(&format!("\"{ACCOUNT}\""), account)
    };
    // What is wrong, the file, line and column, words that must be there.
    let rows: &[(&str, String, &str, &[&str])] = &[
        ("broken YAML", with("match: [{ prefix: lab }"), "5:8", &["unclosed"]),
        ("empty file", String::new(), "1:1", &["empty"]),
        ("comments only", "# nothing yet\n".to_owned(), "1:", &["empty"]),
        ("a list", "- version: 1\n".to_owned(), "1:1", &["map"]),
        (
            "unknown key",
            with("match: [{ prefix: lab }]\nregoins: [us-east-1]"),
            "6:1",
            &["`regoins`", "did you mean `regions`"],
        ),
        (
            "unknown key of a selector",
            with("match:\n  - { prefx: lab }"),
            "6:7",
            &["`prefx`", "did you mean `prefix`"],
        ),
        (
            "unknown kind",
            with("match:\n  - { kind: iam:rol, name: lab-x }"),
            "6:13",
            &["`iam:rol`", "did you mean `iam:role`"],
        ),
        (
            "unknown state of a kind",
            with("match:\n  - { kind: ecr:image, name: x, where: { colour: red } }"),
            "6:42",
            &["`colour`", "`tagged`"],
        ),
        ("eleven digits", account("\"84267601808\""), "3:12", &["twelve digits"]),
        ("bare number", account(ACCOUNT), "3:12", &["put it in quotes", "\"842676018087\""]),
        ("bare zero", account("042676018087"), "3:12", &["quotes", "\"042676018087\""]),
        ("empty match", with("match: []"), "5:8", &["`match` is empty", "prefix: my-lab-dev"]),
        ("no match", head.clone(), "", &["`match` is missing"]),
        ("regex", with("match:\n  - regex: \"lab-(\""), "6:12", &["does not compile"]),
        ("short prefix", with("match:\n  - prefix: ab"), "6:13", &["shorter than three"]),
        ("glob of everything", with("match:\n  - glob: \"*\""), "6:11", &["takes every name"]),
        ("glob of nearly all", with("match:\n  - glob: \"[!x]*\""), "6:11", &["every name"]),
        ("regex of everything", with("match:\n  - regex: \".*\""), "6:12", &["every name"]),
        ("only a kind", with("match:\n  - kind: s3:bucket"), "6:", &["takes every `s3:bucket`"]),
        ("key twice", with("match: [{ prefix: lab }]\nname: again"), "6:1", &["`name`", "twice"]),
        (
            "window",
            with("match: [{ prefix: lab }]\noptions: { kms: { pending_window_days: 3 } }"),
            "6:",
            &["7 to 30"],
        ),
    ];
    let desk = Desk::at_url(NOBODY);
    let mut wrong = Vec::new();
    for (name, contents, place, words) in rows {
        desk.file("my-lab.yaml", contents);
        let destroy = [&["-m", "my-lab.yaml", "destroy"][..], &YES].concat();
        let said = desk.json(&destroy).ends_with(2);
        let place = format!("my-lab.yaml:{place}");
        let whole = predicate::str::is_match(r"my-lab\.yaml:\d+:\d+").unwrap();
        let as_told = said.out.is_empty()
            && said.err.contains(&place)
            && whole.eval(&said.err)
            && said.err.contains("= help: ")
            && words.iter().all(|word| said.err.contains(word));
        if !as_told {
            wrong
                .push(format!("{name}: {place} and {words:?} and a suggestion are wanted: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_manifest_that_cannot_be_read_is_wrong_usage() {
    let desk = Desk::at_url(NOBODY);
    let letters = desk.file("latin.yaml", b"version: 1\nname: caf\xe9\n");
    let folder = desk.path("").to_str().unwrap().to_owned();
    for path in ["no-such.yaml", &folder, &letters] {
        let said = desk.json(&["-m", path, "inventory"]).ends_with(2).in_one_sentence();
        said.explains(&["cannot be read"]);
    }
    desk.json(&["inventory"]).ends_with(2).in_one_sentence().explains(&["-m FILE"]);
}

#[test]
fn what_is_typed_wrongly_ends_with_2_and_a_hint() {
    let desk = Desk::at(shared_lab());
    let rows: &[(&[&str], &str)] = &[
        (&["inventroy"], "inventory"),
        (&["inventory", "--al"], "--all"),
        (&["plan", "--graph", "png"], "svg"),
        (&["completions", "tcsh"], "zsh"),
        (&["runs"], "list"),
        (&["sandbox", "serve", "--port", "99999"], "65535"),
        (&["demo", "--kill-at", "0"], "--kill-at"),
        (&["demo", "--time-scale=-1"], "--time-scale"),
        (&["--accept-unseen", "iam:rol", "-m", LAB, "inventory"], "iam:role"),
        (&["--output", "csv", "-m", LAB, "plan"], "--output json"),
        (&["--output", "csv", "runs", "list"], "--output json"),
    ];
    for (args, hint) in rows {
        let said = desk.dismantle(args).ends_with(2).explains(&[hint]);
        assert_eq!(said.out, "", "{said}");
    }
}

#[test]
fn a_run_that_is_not_in_the_journal_is_said_with_1() {
    let desk = Desk::at(shared_lab());
    let list = desk.dismantle_anywhere(&["runs", "list"]).ends_with(0);
    assert!(!list.out.trim().is_empty(), "an empty journal is said in words");
    for run in ["20261124-214328-9b42", "nonsense", "../../etc/passwd"] {
        let said = desk.dismantle_anywhere(&["runs", "show", run]).ends_with(1).in_one_sentence();
        said.explains(&[run, "dismantle runs list"]);
    }
    let resume = [&["resume"][..], &YES].concat();
    desk.dismantle(&resume).ends_with(1).in_one_sentence().explains(&["dismantle runs list"]);
}
