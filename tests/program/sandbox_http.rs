//! `dismantle sandbox serve`, for any client that signs.

use std::net::TcpListener;

use crate::harness::{Desk, NOBODY, Served, shared_lab};
use crate::http::Request;

const JSON: &str = "Content-Type: application/x-amz-json-1.1";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

fn ask(url: &str, request: &Request) -> String {
    let answer = request.send(url).expect("the sandbox answers");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_signature_s_scope_says_which_service_and_region_is_meant() {
    let url = &shared_lab().url;
    let models = "X-Amz-Target: SageMaker.ListModels";
    let target = |target: &'static str| [JSON, target];
    let get = |service, region, path: &str| {
        Request::signed(&format!("GET {path}"), service, region, &[], "")
    };
    let form = |service, action: &str| {
        let body = format!("Action={action}&Version=2010-05-08");
        Request::signed("POST /", service, "us-east-1", &[FORM], &body)
    };
    let here = Request::signed("POST /", "sagemaker", "us-east-1", &target(models), "{}");
    let there = Request::signed("POST /", "sagemaker", "eu-west-1", &target(models), "{}");
    let rows = [
        (get("s3", "us-east-1", "/"), "mlops-retail-prediction-dev-842676018087"),
        (get("eks", "ap-southeast-1", "/clusters"), "mlops-retail-cluster-prod"),
        (get("eks", "us-east-1", "/clusters"), "\"clusters\":[]"),
        (form("iam", "ListRoles"), "CloudTrail_CloudWatchLogs_Role"),
        (form("sts", "GetCallerIdentity"), "842676018087"),
        (here, "retail-forecast-model"),
        (there, "\"Models\":[]"),
    ];
    for (request, words) in rows {
        let answer = ask(url, &request);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{}\n{answer}", request.head);
        assert!(answer.contains(words), "{words} in {}\n{answer}", request.head);
    }
}

#[test]
fn a_request_that_nobody_signed_is_an_error_and_ends_nothing() {
    let url = &shared_lab().url;
    let unsigned = Request { head: "GET / HTTP/1.1\r\nHost: x\r\n".to_owned(), body: Vec::new() };
    let strange = Request::signed("POST /", "polly", "us-east-1", &[JSON], "{}");
    let broken = Request::signed("POST /", "iam", "us-east-1", &[FORM], "Action=%%%&&&=");
    for request in [unsigned, strange, broken] {
        let answer = ask(url, &request);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        assert!(status.is_some_and(|status| (400..=501).contains(&status)), "{answer}");
    }
    let buckets = Request::signed("GET /", "s3", "us-east-1", &[], "");
    assert!(ask(url, &buckets).starts_with("HTTP/1.1 200 "), "it still answers");
}

#[test]
fn an_empty_account_has_nothing_in_it() {
    let served = Served::empty();
    let answer = ask(&served.url, &Request::signed("GET /", "s3", "us-east-1", &[], ""));
    assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("<Bucket>"), "{answer}");
}

#[test]
fn a_port_that_is_taken_is_said_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let desk = Desk::at_url(NOBODY);
    let said = desk.dismantle_anywhere(&["sandbox", "serve", "--empty", "--port", &port]);
    said.ends_with(1).in_one_sentence().explains(&[&port, "cannot be taken"]);
}

#[test]
fn ctrl_c_ends_the_server_with_0() {
    let desk = Desk::at_url(NOBODY);
    let mut server =
        desk.start(&["sandbox", "serve", "--empty", "--port", "0", "--output", "json"]);
    server.until("Ctrl-C", 1);
    server.signal("INT");
    let said = server.end().ends_with(0).explains(&["export AWS_ENDPOINT_URL=http://127.0.0.1:"]);
    assert!(
        said.document()["url"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:"))
    );
}
