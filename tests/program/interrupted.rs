//! Runs that are cut off, and runs that meet.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use crate::harness::{Desk, LAB, Served, YES, rows, text};
use crate::http::{Between, Request, answer};
use crate::world::{assert_only_the_lab_went, look};

#[test]
fn one_run_at_a_time_and_a_killed_one_is_finished_by_resume() {
    let served = Served::lab();
    let desk = Desk::at(&served);
    let destroy = [&["-m", LAB, "destroy"][..], &YES].concat();
    let mut first = desk.start(&destroy);
    first.until("done ", 1);
    let runs = desk.runs();
    let run = text(&runs[0]["run"]);
    thread::scope(|scope| {
        let second = scope.spawn(|| desk.json(&destroy));
        let resumed = scope.spawn(|| desk.json(&[&["resume", run][..], &YES].concat()));
        for said in [second, resumed].map(|said| said.join().unwrap()) {
            let said = said.ends_with(5).explains(&[run]);
            assert_eq!(said.out, "", "{said}");
        }
    });
    assert!(first.is_running(), "it is in the middle");
    first.signal("KILL");
    first.end();
    assert_eq!(desk.runs()[0]["unfinished"], true);

    // What is dead holds nothing; and the journal knows the manifest and the endpoint.
    let said = desk.dismantle_anywhere(&[&["resume", "--output", "json"][..], &YES].concat());
    let outcome = said.ends_with(3).document();
    assert_eq!(outcome["run"], run);
    assert_eq!(outcome["left"], json!([]));
    assert_eq!(outcome["failed"], json!([]));
    assert_only_the_lab_went(&look(&desk));
    let runs = desk.runs();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["unfinished"], false);
    assert_eq!(runs[0]["counts"]["done"], runs[0]["counts"]["steps"]);
}

#[test]
fn ctrl_c_finishes_what_is_in_flight_and_twice_leaves_at_once() {
    let served = Served::lab();
    let desk = Desk::at(&served);
    let mut first = desk.start(&[&["--output", "json", "-m", LAB, "destroy"][..], &YES].concat());
    first.until("done ", 3);
    first.signal("INT");
    let outcome = first.end().ends_with(130).explains(&["calls in flight finish"]).document();
    assert_eq!(outcome["outcome"], "interrupted");
    assert!(!rows(&outcome, "left").is_empty());
    let run = text(&outcome["run"]);
    assert_eq!(desk.runs()[0]["status"], "interrupted");

    let dry = desk.dismantle_anywhere(&["resume", "--dry-run"]).ends_with(0);
    dry.explains(&["nothing was changed"]);
    let resume = [&["resume"][..], &YES].concat();
    let mut second = desk.start(&resume);
    second.until("done ", 3);
    second.signal("INT");
    let said = second.end().ends_with(130);
    assert!(said.out.contains(&format!("dismantle resume {run}")), "how to go on: {said}");

    let mut third = desk.start(&resume);
    third.until("done ", 3);
    third.signal("INT");
    third.until("Ctrl-C", 1);
    third.signal("INT");
    third.end().ends_with(130);
    assert_eq!(desk.runs()[0]["unfinished"], true);

    let outcome = desk.json(&resume).ends_with(3).document();
    assert_eq!(outcome["run"], run);
    assert_eq!(outcome["left"], json!([]));
    assert_only_the_lab_went(&look(&desk));
}

/// Whether AWS takes the credentials for expired.
static OVER: AtomicBool = AtomicBool::new(false);

fn session_is_over(request: &Request) -> Option<String> {
    OVER.load(Ordering::Relaxed).then(|| expired(request))
}

/// The credentials are good for one question only: whose they are.
fn session_ends_at_the_door(request: &Request) -> Option<String> {
    (request.service() != "sts").then(|| expired(request))
}

fn expired(request: &Request) -> String {
    let says = "The security token included in the request is expired";
    let xml = format!("<Code>ExpiredToken</Code><Message>{says}</Message>");
    match request.service() {
        "iam" | "sts" => {
            let body = format!("<ErrorResponse><Error>{xml}</Error></ErrorResponse>");
            answer("403 Forbidden", "text/xml", &body)
        }
        "s3" => answer("400 Bad Request", "application/xml", &format!("<Error>{xml}</Error>")),
        _ => {
            let body = json!({ "__type": "ExpiredTokenException", "message": says });
            answer("400 Bad Request", "application/x-amz-json-1.1", &body.to_string())
        }
    }
}

#[test]
fn credentials_that_expire_while_it_looks_are_said_and_not_taken_for_what_is_unseen() {
    let served = Served::lab();
    let between = Between::start(&served.url, session_ends_at_the_door);
    let desk = Desk::at_url(&between.url);
    for command in ["inventory", "plan", "verify"] {
        let said = desk.dismantle(&["-m", LAB, command]).ends_with(1);
        said.explains(&["The credentials have expired", "log in again"]);
    }
    let destroy = [&["-m", LAB, "destroy"][..], &YES].concat();
    desk.dismantle(&destroy).ends_with(1).explains(&["The credentials have expired"]);
    assert!(desk.runs().is_empty());
}

#[test]
fn credentials_that_expire_pause_the_run_and_after_a_login_it_goes_on() {
    let served = Served::lab();
    let between = Between::start(&served.url, session_is_over);
    let desk = Desk::at_url(&between.url);
    let mut first = desk.start(&[&["--output", "json", "-m", LAB, "destroy"][..], &YES].concat());
    first.until("done ", 3);
    OVER.store(true, Ordering::Relaxed);
    let said = first.end().ends_with(130);
    let said = said.explains(&["the credentials have expired", "log in again, then go on"]);
    let outcome = said.document();
    assert_eq!(outcome["outcome"], "interrupted");
    assert_eq!((&outcome["failed"], &outcome["blocked"]), (&json!([]), &json!([])));
    assert_eq!(desk.runs()[0]["status"], "interrupted");

    let resume = [&["resume"][..], &YES].concat();
    desk.dismantle(&resume).ends_with(1).explains(&["The credentials have expired", "log in"]);
    assert_eq!(desk.runs()[0]["status"], "interrupted");

    OVER.store(false, Ordering::Relaxed);
    let resumed = desk.json(&resume).ends_with(3).document();
    assert_eq!((&resumed["run"], &resumed["left"]), (&outcome["run"], &json!([])));
    assert_only_the_lab_went(&look(&desk));
}

/// Whether the credentials end after the first question.
static OVER_AT_THE_DOOR: AtomicBool = AtomicBool::new(false);

fn session_may_end_at_the_door(request: &Request) -> Option<String> {
    OVER_AT_THE_DOOR.load(Ordering::Relaxed).then(|| session_ends_at_the_door(request)).flatten()
}

#[test]
fn a_restore_whose_credentials_expire_while_it_looks_does_nothing() {
    let served = Served::lab();
    let between = Between::start(&served.url, session_may_end_at_the_door);
    let desk = Desk::at_url(&between.url);
    let outcome = desk.json(&[&["-m", LAB, "destroy"][..], &YES].concat()).ends_with(3).document();
    let run = text(&outcome["run"]);
    OVER_AT_THE_DOOR.store(true, Ordering::Relaxed);
    let restore = [&["restore", run][..], &YES].concat();
    let said = desk.dismantle(&restore).ends_with(1);
    said.explains(&["The credentials have expired", "log in again"]);
    assert_eq!(desk.runs().len(), 1);

    let elsewhere = desk.dismantle(&["--region", "us-east-1", "restore", run, "--dry-run"]);
    elsewhere.ends_with(2).in_one_sentence().explains(&["all of its regions", "--region"]);
}
