//! Lists without end, lists without a list, and pages of a million.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dismantle::aws::kinds;
use dismantle::discover::Seen;
use dismantle::inventory::{Gap, Inventory};
use dismantle::resource::Kind;
use dismantle::sandbox::{Call, Reply, Sandbox, Service};

use super::{enter, is_sayable, number, paused};

/// What is seen of a kind while the answers of one operation are other ones in us-east-1; `body`
/// is told how many there were before.
fn look(
    kind: Kind,
    service: Service,
    operation: &'static str,
    body: impl Fn(u64) -> String + Send + Sync + 'static,
) -> (Inventory, Sandbox) {
    look_at(kind, service, operation, 200, body)
}

fn look_at(
    kind: Kind,
    service: Service,
    operation: &'static str,
    status: u16,
    body: impl Fn(u64) -> String + Send + Sync + 'static,
) -> (Inventory, Sandbox) {
    paused().block_on(async {
        let sandbox = Sandbox::builder().build();
        let mandate = enter(&sandbox).await.expect("a way in");
        let asked = AtomicU64::new(0);
        sandbox.set_mangler(Some(Arc::new(move |call: &Call, reply: &mut Reply| {
            let here = call.region == "us-east-1";
            if here && call.service == service && call.operation == operation {
                reply.status = status;
                reply.body = body(asked.fetch_add(1, Ordering::Relaxed)).into_bytes();
            }
        })));
        let seen = mandate.discovery.kinds(|one| one == kind, &Seen::default()).await;
        (seen, sandbox)
    })
}

/// Why a kind could not be seen, wherever it was asked for.
fn why(seen: &Inventory) -> String {
    let unseen: Vec<Gap> = seen.unseen();
    assert!(!unseen.is_empty(), "everything seems to be seen");
    unseen[0].why.clone()
}

#[test]
fn a_list_that_does_not_end_is_said() {
    let again = |_| r#"{"logGroups":[],"nextToken":"again"}"#.to_owned();
    let (seen, sandbox) = look(kinds::logs::LOG_GROUP, Service::Logs, "DescribeLogGroups", again);
    assert!(why(&seen).contains("the token for the next page repeats itself"), "{}", why(&seen));
    assert!(sandbox.calls_made() < 60, "{} calls", sandbox.calls_made());

    // Two tokens by turns.
    let in_turns = |n: u64| format!(r#"{{"clusters":[],"nextToken":"{}"}}"#, n % 2);
    let (seen, _) = look(kinds::eks::CLUSTER, Service::Eks, "ListClusters", in_turns);
    assert!(why(&seen).contains("repeats itself"), "{}", why(&seen));

    let nowhere = |_| r#"{"Keys":[],"Truncated":true}"#.to_owned();
    let (seen, _) = look(kinds::kms::KEY, Service::Kms, "ListKeys", nowhere);
    assert!(why(&seen).contains("the marker for the next page is missing"), "{}", why(&seen));

    let cut_off = |_| {
        "<GetAccountAuthorizationDetailsResponse \
         xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <GetAccountAuthorizationDetailsResult><IsTruncated>true</IsTruncated>\
         </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
            .to_owned()
    };
    let operation = "GetAccountAuthorizationDetails";
    let (seen, _) = look(kinds::iam::ROLE, Service::Iam, operation, cut_off);
    assert!(why(&seen).contains("the marker for the next page is missing"), "{}", why(&seen));
}

#[test]
fn a_list_without_a_list_is_not_an_empty_one() {
    let bodies = ["", "{}", r#"{"clusters":null}"#, r#"{"clusters":"none"}"#, "null", "[]", "7"];
    for body in bodies {
        let (seen, _) =
            look(kinds::eks::CLUSTER, Service::Eks, "ListClusters", move |_| body.to_owned());
        assert!(why(&seen).contains("ListClusters"), "{body}: {}", why(&seen));
    }
}

#[test]
fn what_an_error_says_is_cut_and_made_harmless() {
    let long = |_| {
        let text = "\\u001b[2J\\u202e<b>".repeat(100_000);
        format!(r#"{{"__type":"AccessDenied\u001b[31m","message":"{text}"}}"#)
    };
    let (seen, _) = look_at(kinds::logs::LOG_GROUP, Service::Logs, "DescribeLogGroups", 400, long);
    let why = why(&seen);
    assert!(why.chars().count() < 1_000, "{} characters", why.chars().count());
    is_sayable(&dismantle::report::safe(&why)).expect("harmless");
}

#[test]
fn a_large_page_is_read() {
    page_of(20_000);
}

#[test]
#[ignore = "takes long: scripts/fuzz"]
fn a_page_of_a_million_is_read() {
    page_of(number("DISMANTLE_FUZZ_PAGE", 1_000_000));
}

#[test]
#[ignore = "takes long: scripts/fuzz"]
fn pages_without_end_come_to_an_end() {
    let new = |n: u64| format!(r#"{{"Aliases":[],"Truncated":true,"NextMarker":"m{n}"}}"#);
    let (seen, sandbox) = look(kinds::kms::ALIAS, Service::Kms, "ListAliases", new);
    assert!(why(&seen).contains("its pages do not end"), "{}", why(&seen));
    println!("pages: {} calls until somebody said that they do not end", sandbox.calls_made());
}

fn page_of(elements: u32) {
    let begun = tokio::time::Instant::now();
    let many = move |_| {
        let alias = |n: u32| {
            let arn = format!("arn:aws:kms:us-east-1:842676018087:alias/a{n}");
            format!(r#"{{"AliasName":"alias/a{n}","AliasArn":"{arn}","TargetKeyId":"k{n}"}}"#)
        };
        let aliases: Vec<String> = (0..elements).map(alias).collect();
        format!(r#"{{"Aliases":[{}],"Truncated":false}}"#, aliases.join(","))
    };
    let (seen, _) = look(kinds::kms::ALIAS, Service::Kms, "ListAliases", many);
    let here = dismantle::resource::Region::new("us-east-1");
    assert_eq!(seen.listed(kinds::kms::ALIAS, here).len(), elements as usize);
    println!(
        "a page of {elements}: {:.1} s{}",
        begun.elapsed().as_secs_f64(),
        peak().map_or(String::new(), |peak| format!(", {peak} at the most"))
    );
}

/// The most memory that the process ever had, where Linux says it.
fn peak() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
