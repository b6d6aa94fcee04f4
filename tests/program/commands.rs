//! Commands that need no account.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Desk, NOBODY, repository, rows};

#[test]
fn the_schema_is_the_one_beside_the_manifests() {
    let said = Desk::at_url(NOBODY).dismantle_anywhere(&["schema"]).ends_with(0);
    let file = fs::read_to_string(repository("manifests/dismantle.schema.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(said.document(), file, "dismantle schema > manifests/dismantle.schema.json");
}

#[test]
fn shells_get_their_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let said = Desk::at_url(NOBODY).dismantle_anywhere(&["completions", shell]).ends_with(0);
        assert!(said.out.contains("dismantle") && said.out.contains("inventory"), "{shell}");
        assert_eq!(said.err, "");
    }
}

#[test]
fn every_command_has_its_help() {
    let desk = Desk::at_url(NOBODY);
    let whole = desk.dismantle_anywhere(&["--help"]).ends_with(0);
    let commands = [
        "inventory",
        "plan",
        "apply",
        "destroy",
        "resume",
        "verify",
        "tag",
        "runs",
        "demo",
        "sandbox",
        "schema",
        "completions",
    ];
    for command in commands {
        assert!(whole.out.contains(&format!("\n  {command} ")), "{command} in {whole}");
        let said = desk.dismantle_anywhere(&[command, "--help"]).ends_with(0);
        assert!(said.out.contains(&format!("Usage: dismantle {command}")), "{said}");
    }
    for code in ["0", "1", "2", "3", "4", "5", "130"] {
        assert!(whole.out.lines().any(|line| line.trim_start().starts_with(code)), "{code}");
    }
    let said = desk.dismantle_anywhere(&["--version"]).ends_with(0);
    assert_eq!(said.out.trim(), concat!("dismantle ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_demo_takes_the_lab_apart_and_tells_it_to_a_stranger() {
    // Without credentials, without anybody to reach.
    let desk = Desk::at_url(NOBODY).without_credentials();
    let said = desk.dismantle_anywhere(&["demo"]).ends_with(0);
    for words in
        ["What is there", "In which order", "Taking it apart", "Proof", "0 left", "0 harmed"]
    {
        assert!(said.out.contains(words), "{words} in {said}");
    }
    assert!(desk.runs().is_empty(), "the demo's journal is its own");
}

#[test]
fn the_demo_s_witness_finds_nothing_left_and_nobody_harmed() {
    demo(&[]);
}

#[test]
fn the_demo_dies_in_the_middle_and_comes_to_the_same_end() {
    demo(&["--kill-at", "200"]);
}

fn demo(more: &[&str]) {
    let args = [&["demo", "--output", "json"][..], more].concat();
    let document = Desk::at_url(NOBODY).dismantle_anywhere(&args).ends_with(0).document();
    let witness = &document["witness"];
    assert_eq!(witness["left"], json!([]));
    assert_eq!(witness["harmed"], json!([]));
    assert!(witness["gone"].as_u64() > Some(0) && witness["untouched"].as_u64() > Some(0));
    assert_eq!(document["outcome"]["left"], json!([]));
    assert!(!rows(&document["outcome"], "blocked").is_empty());
}
