//! Credentials that expire while a run is at work.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use dismantle::journal::{Mark, RunStatus, StepState};
use dismantle::report::{Ending, Outcome};
use dismantle::sandbox::Sandbox;
use jiff::{SignedDuration, Timestamp};

use crate::life::{Life, Place};

/// What the sandbox notes of a call that was signed with an expired key.
const TOO_LATE: &str = "expired credentials";

/// Somebody's login: it gives out sessions of a certain length, as SSO and an assumed role do.
#[derive(Debug, Clone)]
pub struct Login(Arc<Sessions>);

#[derive(Debug)]
struct Sessions {
    sandbox: Sandbox,
    length: SignedDuration,
    /// From the second session on it is another account's.
    strays_to: Option<Sandbox>,
    /// When the login itself is over.
    most: u32,
    given: Mutex<(u32, Option<(Credentials, Timestamp)>)>,
}

impl Login {
    pub fn new(sandbox: &Sandbox, length: SignedDuration, most: u32) -> Self {
        Self::leading(sandbox, length, most, None)
    }

    fn leading(
        sandbox: &Sandbox,
        length: SignedDuration,
        most: u32,
        strays_to: Option<Sandbox>,
    ) -> Self {
        let (sandbox, given) = (sandbox.clone(), Mutex::default());
        Self(Arc::new(Sessions { sandbox, length, strays_to, most, given }))
    }

    pub fn sessions_given(&self) -> u32 {
        self.0.given.lock().unwrap().0
    }

    pub fn config(&self, place: &Place) -> aws_types::SdkConfig {
        let provider = SharedCredentialsProvider::new(self.clone());
        place.config().into_builder().credentials_provider(provider).build()
    }

    fn session(&self) -> Result<Credentials, CredentialsError> {
        let Sessions { sandbox, length, strays_to, most, given } = &*self.0;
        let now = sandbox.clock().now();
        let mut given = given.lock().unwrap();
        let (number, last) = &mut *given;
        // The SDK asks for the next one ten to fifteen seconds before the end of the last.
        if let Some((credentials, until)) = last
            && *until > now + SignedDuration::from_secs(30)
        {
            return Ok(credentials.clone());
        }
        if *number >= *most {
            return Err(CredentialsError::provider_error("the SSO session has expired"));
        }
        *number += 1;
        let key = format!("ASIA{number:016}");
        let until = now + *length;
        sandbox.expire(&key, until);
        if let Some(other) = strays_to.as_ref().filter(|_| *number > 1) {
            sandbox.key_of(&key, other);
        }
        let (token, known) = (Some("token".to_owned()), SystemTime::try_from(until).ok());
        let credentials = Credentials::new(key, "secret", token, known, "login");
        *last = Some((credentials.clone(), until));
        Ok(credentials)
    }
}

impl ProvideCredentials for Login {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(self.session())
    }
}

/// Why a run paused whose credentials are no good any more.
const EXPIRED: [&str; 2] = ["credentials", "log in again"];

fn too_late(place: &Place) -> usize {
    place.sandbox.calls().iter().filter(|call| call.fault == Some(TOO_LATE)).count()
}

/// A run that stopped at a clean point for want of credentials, and says so; then somebody logs
/// in again and goes on with it.
async fn paused_and_finished_by_resume(place: &Place, outcome: Outcome, words: [&str; 2]) {
    assert_eq!(outcome.outcome, Ending::Interrupted, "{outcome:?}");
    assert_eq!((outcome.failed.as_slice(), outcome.blocked.as_slice()), (&[][..], &[][..]));
    let run = place.run().await.unwrap();
    assert_eq!(run.status(), RunStatus::Interrupted);
    let Some((_, Mark::Interrupted { why })) = run.marks.last() else { panic!("{:?}", run.marks) };
    assert!(words.iter().all(|words| why.contains(words)), "{why}");
    let counts = run.counts();
    assert!(counts.done > 0 && counts.done < counts.steps, "in the middle: {counts:?}");
    for record in &run.steps {
        let misled = matches!(record.state, StepState::Failed { .. } | StepState::Refused { .. });
        assert!(!misled, "{record:?}");
    }
    place.check_that_nothing_went_unwritten().await.unwrap();
    let outcome = place.resume().await.unwrap();
    assert_eq!(outcome.failed, []);
    place.check_the_end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn credentials_that_expire_in_the_middle_are_refreshed_by_the_chain() {
    let place = Place::build(21).await;
    let login = Login::new(&place.sandbox, SignedDuration::from_mins(4), u32::MAX);
    let journal = place.journal();
    let (config, clock) = (login.config(&place), place.sandbox.clock());
    let outcome = place.live(Life { config, clock, journal: &journal }).await.unwrap();
    assert_eq!((outcome.outcome, outcome.failed), (Ending::Incomplete, vec![]));
    assert!(login.sessions_given() > 1, "one session was enough");
    assert_eq!(too_late(&place), 0, "none was used after its end");
    // Whose each of them is was asked before anything else was asked with it.
    let mut asked = std::collections::BTreeMap::new();
    for call in place.sandbox.calls() {
        asked.entry(call.access_key).or_insert(call.operation);
    }
    let sessions = asked.iter().filter(|(key, _)| key.starts_with("ASIA"));
    let sessions: Vec<_> = sessions.map(|(_, first)| first.as_str()).collect();
    assert_eq!(sessions.len(), login.sessions_given() as usize);
    assert!(sessions.iter().all(|first| *first == "GetCallerIdentity"), "{sessions:?}");
    drop(journal);
    place.check_the_end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn where_the_login_is_over_the_run_pauses_and_is_finished_later() {
    let place = Place::build(22).await;
    let login = Login::new(&place.sandbox, SignedDuration::from_mins(6), 1);
    let journal = place.journal();
    let (config, clock) = (login.config(&place), place.sandbox.clock());
    let outcome = place.live(Life { config, clock, journal: &journal }).await.unwrap();
    drop(journal);
    paused_and_finished_by_resume(&place, outcome, EXPIRED).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_in_the_environment_ends_when_aws_says_so() {
    for minutes in [4, 9] {
        let place = Place::build(23).await;
        // As from AWS_SESSION_TOKEN: nothing here knows until when they are good.
        let key = "ASIAOFTHEENVIRONMENT";
        let end = place.sandbox.clock().now() + SignedDuration::from_mins(minutes);
        place.sandbox.expire(key, end);
        let token = Some("token".to_owned());
        let exported = Credentials::new(key, "secret", token, None, "environment");
        let provider = SharedCredentialsProvider::new(exported);
        let config = place.config().into_builder().credentials_provider(provider).build();
        let (clock, journal) = (place.sandbox.clock(), place.journal());
        let outcome = place.live(Life { config, clock, journal: &journal }).await.unwrap();
        assert!(too_late(&place) > 0, "AWS refused a call");
        drop(journal);
        paused_and_finished_by_resume(&place, outcome, EXPIRED).await;
    }
}

/// STS API reference, GetCallerIdentity: an access key is one account's; the next session of a
/// chain may be another's, where somebody edits a profile or logs in elsewhere.
#[tokio::test(start_paused = true)]
async fn where_the_next_session_is_another_accounts_the_run_stops_and_asks_nothing_of_that() {
    let place = Place::build(24).await;
    let theirs = "arn:aws:sts::999999999999:assumed-role/admin/ann";
    let other = Sandbox::builder().caller(theirs).build();
    let length = SignedDuration::from_mins(6);
    let login = Login::leading(&place.sandbox, length, u32::MAX, Some(other.clone()));
    let journal = place.journal();
    let (config, clock) = (login.config(&place), place.sandbox.clock());
    let outcome = place.live(Life { config, clock, journal: &journal }).await.unwrap();
    drop(journal);
    assert_eq!(login.sessions_given(), 2);
    let asked: Vec<String> = other.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(asked, ["GetCallerIdentity"], "whose the key is, and nothing else");
    let words = ["they are of 999999999999", "log in to that account again"];
    paused_and_finished_by_resume(&place, outcome, words).await;
}
