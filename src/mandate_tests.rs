//! The door of an account that manages an organisation, through the real SDK.

use super::*;
use crate::sandbox::{Fault, Sandbox, Service, Weather};
use crate::teardown::{Approval, Said};

const ORGANIZATION: &str = "o-a1b2c3d4e5";
const ASK: &str = "DescribeOrganization";

async fn enter(sandbox: &Sandbox, options: &str) -> Mandate {
    let text = format!(
        "version: 1\nname: lab\naccounts: [\"842676018087\"]\nregions: [us-east-1]\nmatch: [{{ \
         prefix: some-lab }}]\n{options}\n"
    );
    let manifest = Manifest::parse(&text, "lab.yaml", registry::catalog()).unwrap();
    let session = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
    Mandate::enter(session, manifest, BTreeSet::new()).await.unwrap()
}

fn asked(sandbox: &Sandbox) -> usize {
    sandbox.calls().iter().filter(|call| call.operation == ASK).count()
}

#[tokio::test(start_paused = true)]
async fn a_management_account_is_entered_with_a_caution() {
    let sandbox = Sandbox::builder().managing(ORGANIZATION).build();
    let mandate = enter(&sandbox, "").await;
    assert_eq!(mandate.manages.as_deref(), Some(ORGANIZATION));
    assert!(mandate.notes.iter().any(|note| note.contains(ORGANIZATION)), "{:?}", mandate.notes);
    Approval::of(&Said::Typed("lab".to_owned()), &mandate).unwrap();
}

#[tokio::test(start_paused = true)]
async fn where_cautions_block_nobody_can_approve_a_change_in_a_management_account() {
    let sandbox = Sandbox::builder().managing(ORGANIZATION).build();
    let mandate = enter(&sandbox, "options: { cautions: block }").await;
    for said in [Said::Typed("lab".to_owned()), Said::Account("842676018087".to_owned())] {
        let refused = Approval::of(&said, &mandate).unwrap_err();
        assert!(matches!(&refused, Error::Guard(why) if why.contains(ORGANIZATION)), "{refused}");
    }
    let member = enter(&Sandbox::builder().build(), "options: { cautions: block }").await;
    Approval::of(&Said::Typed("lab".to_owned()), &member).unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_organisation_that_cannot_be_seen_is_not_asked_for_long() {
    let strikes = [
        (Fault::Denied, 1),
        (Fault::Truncated, 1),
        (Fault::Throttle, 2),
        (Fault::ErrorBefore, 2),
        (Fault::ResetBefore, 2),
        (Fault::ResetAfter, 2),
        (Fault::Html, 2),
    ];
    for (fault, attempts) in strikes {
        let sandbox = Sandbox::builder().managing(ORGANIZATION).build();
        sandbox.set_weather(Weather::calm().with(Service::Organizations, ASK, fault));
        let begun = tokio::time::Instant::now();
        let mandate = enter(&sandbox, "options: { cautions: block }").await;
        assert_eq!((mandate.manages, mandate.notes), (None, Vec::new()), "{fault:?}");
        assert_eq!(asked(&sandbox), attempts, "{fault:?}");
        assert!(begun.elapsed().as_secs() <= 6, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_answers_does_not_hold_up_the_door() {
    let sandbox = Sandbox::builder().build();
    sandbox.set_weather(Weather { latency_ms: (9_000, 9_000), ..Weather::calm() });
    let begun = tokio::time::Instant::now();
    let mandate = enter(&sandbox, "").await;
    assert_eq!(mandate.manages, None);
    // Who is there, then the regions; the glance is over before those are.
    assert!(begun.elapsed().as_secs() < 19, "{:?}", begun.elapsed());
}
