//! Other people's words: no name, tag, description or error of AWS's acts on a reader.
//!
//! The account has marks where the words are to be; [`Between`] puts the words into its answers,
//! and the marks back into the requests. So they are in names too, which AWS would not allow.

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_kms::Client as Kms;
use aws_sdk_sagemaker::Client as SageMaker;
use aws_sdk_sagemaker::types::ContainerDefinition;

use crate::account::Account;
use crate::harness::{Desk, Said, Served, YES, manifest, rows, text};
use crate::http::{Between, Request, answer};

/// A mark, and the word in its place.
const WORDS: [(&str, &str); 6] = [
    ("h0stile0", "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{7f}"),
    ("h0stile1", "\u{202e}gnp.exe\u{2066}\u{200f}\u{200e}\u{61c}"),
    ("h0stile2", "\"><script>alert(1)</script>"),
    ("h0stile3", "\",\"=cmd|' /C calc'!A0"),
    ("h0stile4", "$(touch owned)`touch owned`;'\r\nerror: all is well"),
    ("h0stile5", "\u{2066}\u{0}\\\u{85}%{b}"),
];

/// What a call is refused with that no run gets past.
const REFUSAL: &str = "no \u{1b}[2J\u{202e}\r\nerror: all is well <script>";

/// The word as JSON writes it.
fn escaped(word: &str) -> String {
    let quoted = serde_json::to_string(word).expect("a text is JSON");
    quoted[1..quoted.len() - 1].to_owned()
}

/// Speaks with the account, if the protocol is JSON's.
fn mangled(request: &Request, account: &str, words: &[(&str, String)]) -> Option<String> {
    if request.operation() == "DeleteModel" {
        let body =
            serde_json::json!({ "__type": "ValidationException\u{1b}[1m", "message": REFUSAL });
        return Some(answer("400 Bad Request", "application/x-amz-json-1.1", &body.to_string()));
    }
    let body: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
    let plain = words.iter().fold(body.to_string(), |body, (mark, word)| body.replace(word, mark));
    let request = Request { head: with_length(&request.head, plain.len()), body: plain.into() };
    let answered = String::from_utf8(request.send(account).ok()?).ok()?;
    let (head, body) = answered.split_once("\r\n\r\n")?;
    let hostile = words.iter().fold(body.to_owned(), |body, (mark, word)| body.replace(mark, word));
    Some(format!("{}\r\n{hostile}", with_length(head, hostile.len())))
}

/// A head whose body is so long, with the end of its last line.
fn with_length(head: &str, length: usize) -> String {
    let is_length = |line: &&str| line.to_ascii_lowercase().starts_with("content-length:");
    let others = head.lines().filter(|line| !line.is_empty() && !is_length(line));
    let mut head: String = others.map(|line| format!("{line}\r\n")).collect();
    head.push_str(&format!("Content-Length: {length}\r\n"));
    head
}

/// Stands before an account and puts words in the place of marks.
fn before(served: &Served, words: &[(&'static str, String)]) -> Between {
    let words: Vec<(&str, String)> =
        words.iter().map(|(mark, word)| (*mark, escaped(word))).collect();
    let account = served.url.clone();
    Between::start(&served.url, move |request| mangled(request, &account, &words))
}

fn plant(account: &Account, mark: &str) {
    let name = format!("probe-{mark}");
    let logs = Logs::new(account.config());
    let group = logs.create_log_group().log_group_name(&name).tags(format!("k-{mark}"), mark);
    account.wait(group.tags("dismantle:lab", mark).send());
    let container = ContainerDefinition::builder().image(format!("probe.{mark}")).build();
    let role = "arn:aws:iam::842676018087:role/probe-role";
    let model = SageMaker::new(account.config()).create_model().model_name(&name);
    account.wait(model.execution_role_arn(role).primary_container(container).send());
    let kms = Kms::new(account.config());
    let stack = aws_sdk_kms::types::Tag::builder().tag_key("aws:cloudformation:stack-name");
    let stack = stack.tag_value(mark).build().expect("a tag has a key and a value");
    let key = account.wait(kms.create_key().description(mark).tags(stack).send());
    let id = key.key_metadata().expect("it is described").key_id().to_owned();
    let alias = kms.create_alias().alias_name(format!("alias/{name}")).target_key_id(id);
    account.wait(alias.send());
}

/// Holds all that was printed against what may be printed.
#[track_caller]
fn acts_on_nobody(said: &Said, csv: bool) {
    let acts = |c: char| {
        (c.is_control() && c != '\n' && !(csv && c == '\r'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
    };
    for stream in [&said.out, &said.err] {
        for line in stream.split('\n') {
            assert!(!line.contains(acts), "{line:?}");
            assert!(!line.starts_with("error: all is well"), "a line of somebody else's: {said}");
        }
    }
}

#[test]
fn hostile_words_act_on_nobody_and_are_told_as_they_are() {
    let served = Served::empty();
    let account = Account::of(&served);
    account.make_role("=probe+1");
    account.tag_role("=probe+1", "sum", "+1=2");
    account.make_role("probe-role");
    WORDS.iter().for_each(|(mark, _)| plant(&account, mark));
    let words = WORDS.map(|(mark, word)| (mark, word.to_owned()));
    let desk = Desk::at_url(&before(&served, &words).url);
    let lab = "{ prefix: probe }, { kind: iam:role, name: \"=probe+1\" }";
    let lab = desk.file("lab.yaml", manifest("probe", lab));
    let ask = |args: &[&str], code: i32| {
        let said = desk.dismantle(&[&["-m", &lab, "-vv"][..], args].concat()).ends_with(code);
        acts_on_nobody(&said, args.contains(&"csv"));
        said
    };

    ask(&["inventory", "--all"], 0);
    let seen = ask(&["inventory", "--output", "json"], 0).document();
    for (_, word) in WORDS {
        let name = format!("probe-{word}");
        let named = rows(&seen, "resources").iter().filter(|row| row["name"] == name.as_str());
        assert!(named.count() >= 3, "{name:?} is told as it is");
    }
    no_formula(&ask(&["inventory", "--output", "csv"], 0).out);
    looks_harmless(&ask, &desk);

    ask(&[&["tag"][..], &YES].concat(), 0);
    // Nothing gets past the models, so every word has a run to be in.
    ask(&[&["destroy"][..], &YES].concat(), 3).explains(&["failed delete sagemaker:model"]);
    ask(&[&["destroy", "--output", "json"][..], &YES].concat(), 3).document();
    ask(&["verify"], 3);
    journals_harmlessly(&desk);
    assert!(!desk.path("owned").exists());
}

/// Every way of looking at a plan.
fn looks_harmless(ask: &dyn Fn(&[&str], i32) -> Said, desk: &Desk) {
    let file = desk.path("a plan's $(touch owned)\u{1b}[2J.json");
    let path = file.to_str().expect("a plain path");
    let said = ask(&["plan", "--out", path], 0);
    let typed = said.err.lines().find_map(|line| line.split_once("To do this: "));
    let (_, typed) = typed.expect("what to type next");
    let echoed = std::process::Command::new("bash")
        .args(["-c", &typed.replace("dismantle apply", "printf %s")])
        .current_dir(desk.path(""))
        .output()
        .expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&echoed.stdout), path, "{typed}");
    acts_on_nobody_on_disk(path);

    ask(&["plan", "--output", "json"], 0).document();
    for format in ["svg", "dot", "mermaid"] {
        let picture = ask(&["plan", "--graph", format], 0).out;
        assert!(format == "dot" || !picture.contains("<script"), "{format}");
    }
    ask(&["destroy", "--dry-run"], 0);
    ask(&["destroy", "--dry-run", "--output", "json"], 0).document();
    ask(&["tag", "--dry-run"], 0);
    ask(&["tag", "--dry-run", "--output", "json"], 0).document();
    ask(&["verify", "--output", "json"], 3).document();
}

/// A plan file is looked at with `cat`.
fn acts_on_nobody_on_disk(path: &str) {
    let plan = std::fs::read_to_string(path).expect("the plan was written");
    assert!(!plan.contains(|c: char| c.is_control() && c != '\n'));
    assert!(!plan.contains(['\u{202e}', '\u{2066}', '\u{200f}']));
}

/// What the journal tells of runs that failed.
fn journals_harmlessly(desk: &Desk) {
    let run = desk.runs().last().map(|run| text(&run["run"]).to_owned()).expect("a run");
    let again = [&["resume", run.as_str()][..], &YES].concat();
    let asks: [(&[&str], i32); 7] = [
        (&["runs", "list"], 0),
        (&["runs", "show", &run], 0),
        (&["runs", "show", &run, "--output", "json"], 0),
        (&again[..], 3),
        (&["restore", &run, "--dry-run"], 0),
        (&["restore", &run, "--dry-run", "--output", "json"], 0),
        (&["runs", "show", "h0stile\u{1b}[2J\u{202e}"], 1),
    ];
    for (args, code) in asks {
        let said = desk.dismantle(&[args, &["-vv"]].concat()).ends_with(code);
        acts_on_nobody(&said, false);
    }
}

/// Spreadsheets take what begins so for a formula (OWASP, "CSV Injection").
fn no_formula(csv: &str) {
    assert!(csv.contains("\"'=probe+1\""), "{csv}");
    for line in csv.lines() {
        for cell in line.trim_end_matches('\r').split("\",\"") {
            let cell = cell.trim_start_matches('"').trim_start();
            // What is left of a doubled quote is no cell's beginning.
            let inside = cell.starts_with("=cmd");
            assert!(inside || !cell.starts_with(['=', '+', '-', '@']), "{line}");
        }
    }
}

#[test]
fn a_tag_without_end_makes_no_line_without_end() {
    let served = Served::empty();
    plant(&Account::of(&served), "h0stile6");
    let words = [("h0stile6", "\u{202e}long ".repeat(30_000))];
    let desk = Desk::at_url(&before(&served, &words).url);
    let lab = desk.file("lab.yaml", manifest("probe", "{ prefix: probe }"));
    let tables: [&[&str]; 5] =
        [&["inventory"], &["plan"], &["destroy", "--dry-run"], &["tag", "--dry-run"], &["verify"]];
    // A cell has 400 characters at most, which may be written out in eight each.
    let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    for table in tables {
        let said = desk.dismantle(&[&["-m", &lab][..], table].concat());
        assert!(said.has_ended_with(&[0, 3]), "{said}");
        assert!(widest(&said.out).max(widest(&said.err)) < 5 * 8 * 400, "{table:?}");
    }
    let csv = desk.dismantle(&["-m", &lab, "inventory", "--output", "csv"]).ends_with(0);
    assert!(widest(&csv.out) < 14 * 8 * 3_000, "{}", widest(&csv.out));
}
