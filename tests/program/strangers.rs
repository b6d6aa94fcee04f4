//! Before the first look: no credentials, no network, another account, no journal.

use crate::account::Account;
use crate::harness::{ACCOUNT, Desk, LAB, NOBODY, Served, YES, manifest, rows, shared_lab};
use crate::http::{Between, Request, answer};

#[test]
fn without_credentials_one_sentence_says_what_to_do() {
    let desk = Desk::at(shared_lab()).without_credentials();
    let said = desk.json(&["-m", LAB, "inventory"]).ends_with(1).in_one_sentence();
    let said = said.explains(&["No AWS credentials", "AWS_PROFILE", "aws sso login"]);
    assert!(!said.err.contains(r"\n"), "a sentence, no escaped page: {said}");
}

#[test]
fn an_endpoint_that_nobody_listens_at_is_said_with_1() {
    let desk = Desk::at_url(NOBODY);
    let said = desk.json(&[&["-m", LAB, "destroy"][..], &YES].concat()).ends_with(1);
    said.in_one_sentence().explains(&[NOBODY, "could not be reached", "--endpoint-url"]);
    assert!(desk.runs().is_empty());
}

fn web_page(_: &Request) -> Option<String> {
    Some(answer("200 OK", "text/html", "<!doctype html><title>Welcome</title><h1>Log in</h1>"))
}

fn expired(_: &Request) -> Option<String> {
    let body = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
                <Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included \
                in the request is expired</Message></Error></ErrorResponse>";
    Some(answer("403 Forbidden", "text/xml", body))
}

fn unknown_key(_: &Request) -> Option<String> {
    Some(
        expired(&Request { head: String::new(), body: Vec::new() })?
            .replace("<Code>ExpiredToken</Code>", "<Code>InvalidClientTokenId</Code>"),
    )
}

#[test]
fn an_answer_at_the_door_that_is_no_welcome_is_said_with_1() {
    type Door<'a> = (fn(&Request) -> Option<String>, &'a [&'a str]);
    let doors: [Door<'_>; 3] = [
        (web_page, &["not AWS's", "login page", "--endpoint-url"]),
        (expired, &["expired", "aws sso login"]),
        (unknown_key, &["does not accept these credentials", "InvalidClientTokenId"]),
    ];
    for (own, words) in doors {
        let between = Between::start(NOBODY, own);
        let desk = Desk::at_url(&between.url);
        let said = desk.json(&[&["-m", LAB, "destroy"][..], &YES].concat()).ends_with(1);
        said.in_one_sentence().explains(words).explains(&["Nothing was changed"]);
        let asked = between.heard();
        assert!(asked.iter().all(|request| request.operation() == "GetCallerIdentity"));
    }
}

fn root(request: &Request) -> Option<String> {
    (request.operation() == "GetCallerIdentity").then(|| {
        let body = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:root</Arn><UserId>{ACCOUNT}\
             </UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult>\
             </GetCallerIdentityResponse>"
        );
        answer("200 OK", "text/xml", &body)
    })
}

#[test]
fn the_root_user_is_refused_with_4_unless_the_manifest_lets_him_in() {
    let served = Served::empty();
    let between = Between::start(&served.url, root);
    let desk = Desk::at_url(&between.url);
    let lab = manifest("probe", "{ prefix: probe-lab }");
    let allowed = desk.file("root.yaml", format!("{lab}options: {{ root: allow }}\n"));
    let lab = desk.file("lab.yaml", lab);
    let said = desk.json(&[&["-m", &lab, "destroy"][..], &YES].concat()).ends_with(4);
    said.in_one_sentence().explains(&["root credentials", "root: allow"]);
    assert!(between.heard().iter().all(|one| one.operation() == "GetCallerIdentity"));
    assert!(desk.runs().is_empty());
    desk.json(&[&["-m", &allowed, "destroy"][..], &YES].concat()).ends_with(0);
}

#[test]
fn an_account_that_the_manifest_does_not_name_is_asked_nothing_but_who_it_is() {
    let between = Between::start(&shared_lab().url, |_| None);
    let desk = Desk::at_url(&between.url);
    let other = manifest("lab", "{ prefix: some-lab }").replace(ACCOUNT, "111111111111");
    let other = desk.file("other.yaml", other);
    let commands: [&[&str]; 4] =
        [&["inventory"], &["plan"], &["verify"], &["destroy", "--yes", "--account", ACCOUNT]];
    for command in commands {
        let said =
            desk.json(&[&["-m", &other][..], command].concat()).ends_with(4).in_one_sentence();
        said.explains(&[ACCOUNT, "111111111111", "Nothing was looked at"]);
    }
    let asked = between.heard();
    assert_eq!(asked.len(), commands.len());
    for request in asked {
        assert_eq!((request.service(), request.operation()), ("sts", "GetCallerIdentity"));
    }
}

#[test]
fn plain_http_to_another_machine_is_refused_with_4() {
    let remote = "http://192.0.2.1:5000";
    let said = Desk::at_url(remote).json(&["-m", LAB, "inventory"]).ends_with(4);
    said.in_one_sentence().explains(&[remote, "--insecure-endpoint", "Nothing was sent"]);
    let desk = Desk::at(shared_lab());
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
        let desk = Desk::at(shared_lab()).with(name, remote);
        desk.dismantle_anywhere(&["-m", LAB, "inventory"]).ends_with(4).explains(&[remote]);
    }
    let said = desk.dismantle_anywhere(&["-m", LAB, "inventory", "--endpoint-url", "127.0.0.1:5"]);
    said.ends_with(2).in_one_sentence().explains(&["is no URL"]);
}

#[test]
fn plain_http_in_a_profile_is_refused_with_4() {
    let remote = "http://192.0.2.1:5000";
    let desk = Desk::at(shared_lab());
    for service in ["s3", "sts", "sso"] {
        let config = format!(
            "[default]\nregion = us-east-1\nendpoint_url = {NOBODY}\nservices = lab\n\n\
             [services lab]\n{service} =\n  endpoint_url = {remote}\n"
        );
        let said = desk.dismantle_by_profile(&config, &["-m", LAB, "inventory"]).ends_with(4);
        said.in_one_sentence().explains(&[remote, "--insecure-endpoint", "Nothing was sent"]);
    }
    let config = format!("[default]\nendpoint_url = {remote}\n");
    let said = desk.dismantle_by_profile(&config, &["-m", LAB, "inventory"]);
    said.ends_with(4).explains(&[remote]);
}

#[test]
fn without_a_journal_that_can_be_written_nothing_is_changed() {
    let served = Served::empty();
    let account = Account::of(&served);
    account.make_role("probe-lab-role");
    let between = Between::start(&served.url, |_| None);
    let desk = Desk::at_url(&between.url);
    let lab = desk.file("lab.yaml", manifest("probe", "{ prefix: probe-lab }"));
    let file = desk.file("file", "");
    let damaged =
        desk.file("damaged.sqlite", "this is no journal at all, it is a letter to mother");
    std::os::unix::fs::symlink(&damaged, desk.path("link.sqlite")).unwrap();
    let under = format!("{file}/x.sqlite");
    for journal in [under.as_str(), &damaged, "link.sqlite", "/proc/no/x.sqlite"] {
        let args = [&["-m", &lab, "--journal", journal, "destroy"][..], &YES].concat();
        let said = desk.json(&args).ends_with(1);
        assert!(said.err.contains("error: ") && said.out.is_empty(), "{said}");
    }
    let s3 = [&["-m", &lab, "--journal", "s3://bucket/prefix", "destroy"][..], &YES].concat();
    desk.json(&s3).ends_with(2).in_one_sentence();
    assert!(account.has_role("probe-lab-role"));
    assert!(between.heard().iter().all(|request| !request.operation().starts_with("Delete")));
    assert!(std::fs::read(&damaged).unwrap().starts_with(b"this is no journal"));

    let seen = desk.json(&["-m", &lab, "--journal", &under, "inventory"]).ends_with(0);
    assert_eq!(rows(&seen.document(), "resources").len(), 1, "one may look all the same");
}
