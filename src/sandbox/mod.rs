//! An AWS account in memory: for the demo, and for tests that drive the real SDK to the bytes.
//!
//! A call goes one way, whether the SDK makes it in this process or a tool over HTTP:
//!
//! ```text
//! record → weather → corrections → winterbaume → corrections → weather → record
//! ```
//!
//! A test may change answers besides, last of all: [`Sandbox::set_mangler`]; and it may look at the
//! account after each change: [`Sandbox::set_watcher`].
//!
//! The emulator underneath is winterbaume. [`rules`] holds what AWS does otherwise, each rule
//! with its source; [`weather`] is what happens on the way.

mod account;
pub mod answer;
mod backends;
mod body;
mod calls;
mod client;
mod clock;
pub mod lab;
mod lag;
pub mod mangle;
mod normal;
mod operation;
mod quotas;
mod records;
pub mod route;
mod rules;
pub mod server;
#[cfg(test)]
mod tests;
mod uses;
mod watcher;
pub mod weather;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use winterbaume_core::{MockRequest, MockResponse};

pub use calls::Call;
pub use clock::ShiftedClock;
pub use mangle::{Mangler, Reply};
pub use route::Service;
pub use watcher::Watcher;
pub use weather::{Fault, Kill, Shares, Storm, Weather, When};

use crate::clock::{SharedClock, TokioClock};
use account::Account;
use calls::CallLog;
use route::{Protocol, Route, Unroutable};
use rules::sts::Identity;
use weather::Sky;

/// The account's number: the guide's.
pub const ACCOUNT_ID: &str = "842676018087";

/// The access key whose owner `GetCallerIdentity` names.
pub const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// The access key of somebody else in the account, whom no weather hits and nothing kills.
pub const VISITOR_KEY_ID: &str = "AKIAI44QH8DHBEXAMPLE";

/// 15 January 2026, 08:00 UTC: where the account's clock starts unless told otherwise.
const START_S: i64 = 1_768_464_000;

/// 1 January 2020: what is older was AWS's before anybody made anything here.
const START_OF_LABS_S: i64 = 1_577_836_800;

/// What comes back from a call.
#[derive(Debug)]
pub enum Answer {
    Response(MockResponse),
    /// The connection breaks.
    Reset,
    /// The caller is dead: wait for ever.
    Never,
}

/// An AWS account in memory. Clones are the same account.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    clock: SharedClock,
    /// The same clock, to be set.
    dial: Arc<ShiftedClock>,
    /// Access keys that are good until some time.
    expiries: Mutex<BTreeMap<String, Timestamp>>,
    /// Access keys of other accounts.
    elsewhere: Mutex<BTreeMap<String, Sandbox>>,
    account: Account,
    sky: Mutex<Sky>,
    calls: CallLog,
    mangler: mangle::Slot,
    watcher: watcher::Post,
    seed: u64,
    killed: watch::Sender<bool>,
}

/// See [`Sandbox::builder`].
#[derive(Debug)]
pub struct Builder {
    seed: u64,
    clock: Option<SharedClock>,
    weather: Weather,
    identity: Identity,
}

impl Builder {
    /// What ids, latencies and faults are drawn from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    pub fn weather(mut self, weather: Weather) -> Self {
        self.weather = weather;
        self
    }

    /// Makes the account the management account of an organisation: `o-abcdefghij`.
    pub fn managing(mut self, organization: &str) -> Self {
        self.identity.organization = Some(organization.to_owned());
        self
    }

    /// The regions that the account has enabled; those that AWS enables by default, unless told
    /// otherwise.
    pub fn regions<R: Into<String>>(mut self, regions: impl IntoIterator<Item = R>) -> Self {
        self.identity.regions = regions.into_iter().map(Into::into).collect();
        self
    }

    /// The ARN of whoever calls; a user called `lab-admin`, unless told otherwise.
    pub fn caller(mut self, arn: &str) -> Self {
        self.identity.caller = arn.to_owned();
        self
    }

    pub fn build(self) -> Sandbox {
        let clock = self.clock.unwrap_or_else(|| {
            let start = Timestamp::from_second(START_S).unwrap_or_default();
            Arc::new(TokioClock::starting_at(start))
        });
        let dial = Arc::new(ShiftedClock::on(clock));
        let clock: SharedClock = dial.clone();
        Sandbox(Arc::new(Inner {
            dial,
            expiries: Mutex::default(),
            elsewhere: Mutex::default(),
            account: Account::new(self.seed, clock.clone(), self.identity),
            clock,
            sky: Mutex::new(Sky::new(self.seed, self.weather)),
            calls: CallLog::default(),
            mangler: mangle::Slot::default(),
            watcher: watcher::Post::default(),
            seed: self.seed,
            killed: watch::Sender::new(false),
        }))
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("seed", &self.0.seed).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// An empty account under a calm sky, with seed 0, in no organisation.
    pub fn builder() -> Builder {
        Builder { seed: 0, clock: None, weather: Weather::calm(), identity: Identity::default() }
    }

    pub fn clock(&self) -> SharedClock {
        self.0.clock.clone()
    }

    /// The night passes: the time of day goes on by this much for AWS and for whoever has this
    /// clock, and nobody was awake meanwhile.
    pub fn skip(&self, time: SignedDuration) {
        self.0.dial.shift(time);
    }

    /// From `at` on AWS refuses what is signed with this access key.
    pub fn expire(&self, access_key: &str, at: Timestamp) {
        self.expiries().insert(access_key.to_owned(), at);
    }

    /// What is signed with this access key comes to another account: AWS tells accounts apart by
    /// nothing else. Its [`Builder::caller`] says whose it is.
    pub fn key_of(&self, access_key: &str, other: &Sandbox) {
        let mut elsewhere = self.0.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.insert(access_key.to_owned(), other.clone());
    }

    fn elsewhere(&self, access_key: &str) -> Option<Sandbox> {
        let elsewhere = self.0.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.get(access_key).cloned()
    }

    fn expiries(&self) -> MutexGuard<'_, BTreeMap<String, Timestamp>> {
        self.0.expiries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_expired(&self, access_key: &str) -> bool {
        let now = self.0.clock.now();
        self.expiries().get(access_key).is_some_and(|at| *at <= now)
    }

    /// All calls so far, in the order in which they arrived.
    pub fn calls(&self) -> Vec<Call> {
        self.0.calls.all()
    }

    /// How many calls have arrived.
    pub fn calls_made(&self) -> u64 {
        self.0.calls.len()
    }

    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.0.sky.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn weather(&self) -> Weather {
        self.sky().weather.clone()
    }

    /// Changes the weather. Counts of calls (for faults and death) begin anew, and the dead live.
    pub fn set_weather(&self, weather: Weather) {
        *self.sky() = Sky::new(self.0.seed, weather);
        self.0.killed.send_replace(false);
    }

    /// Lets somebody change every answer on its way to the caller, or nobody any more.
    pub fn set_mangler(&self, mangler: Option<Mangler>) {
        self.0.mangler.set(mangler);
    }

    /// How often AWS itself was late or failed: old lists, deletes that take their time.
    pub fn befell(&self) -> BTreeMap<&'static str, u64> {
        self.0.account.befell()
    }

    /// Lets somebody look at every change that the account's own caller makes, or nobody any more.
    pub fn set_watcher(&self, watcher: Option<Arc<dyn Watcher>>) {
        self.0.watcher.set(watcher);
    }

    /// Whether the caller has met its [`Kill`]. Its calls never return; drop its run.
    pub fn killed(&self) -> watch::Receiver<bool> {
        self.0.killed.subscribe()
    }

    /// The whole account as JSON with sorted keys, to compare two worlds.
    pub async fn snapshot(&self) -> serde_json::Value {
        let weather = self.weather();
        tokio::task::coop::unconstrained(self.0.account.snapshot(&weather)).await
    }

    /// Changes members of a thing as its describe call shows them, which no call of AWS's can:
    /// a job that has ended, an endpoint that failed. Only for the kinds of SageMaker, EKS and
    /// CloudTrail; `name` is `parent/child` for what lives in something. Says whether there is
    /// such a thing.
    pub fn amend(&self, kind: &str, region: &str, name: &str, members: serde_json::Value) -> bool {
        self.0.account.amend(kind, region, name, members)
    }

    /// Changes members of a key as the emulator keeps it, which no call of AWS's can: who manages
    /// it (`key_manager`), whose it is (`account_id`). Says whether there is such a key.
    pub async fn amend_key(&self, region: &str, id: &str, members: serde_json::Value) -> bool {
        self.0.account.amend_key(region, id, members).await
    }

    /// Somebody assumes a role in a region, which IAM remembers. Says whether there is such a role.
    pub async fn use_role(&self, name: &str, region: &str, at: Timestamp) -> bool {
        self.0.account.use_role(name, region, at).await
    }

    /// Somebody makes a bucket in an account of his own: its name is taken, and all else of it is
    /// out of reach. Says whether the name was free.
    pub fn bucket_of_another(&self, name: &str, region: &str, owner: &str) -> bool {
        self.0.account.bucket_of_another(name, region, owner)
    }

    /// Somebody makes an access point for a bucket, which is S3 Control's and not S3's to make. Says
    /// whether there is such a bucket.
    pub fn attach_access_point(&self, bucket: &str, name: &str) -> bool {
        self.0.account.attach_access_point(bucket, name)
    }

    /// The one way in, for the SDK and for HTTP.
    pub async fn handle(&self, mut request: MockRequest) -> Answer {
        request.body = body::unchunk(&request.headers, request.body);
        let route = match Route::of(&request) {
            Ok(route) => route,
            Err(why) => return Answer::Response(unroutable(&why)),
        };
        if let Some(other) = self.elsewhere(&route.access_key) {
            return Box::pin(other.handle(request)).await;
        }
        let now = self.0.clock.now();
        let call = self.0.calls.open(&route, words::of(&request, &route), now);
        if route.access_key == VISITOR_KEY_ID {
            return self.welcome(call, request, &route).await;
        }
        let fate = self.sky().fate(call, &route, now);
        let expired = self.has_expired(&route.access_key);
        pause(fate.latency / 2).await;
        if fate.kill == Some(When::Before) {
            return self.die(call);
        }
        if expired {
            let response = quotas::expired(route.service);
            self.0.calls.note(call, |call| {
                call.fault = Some("expired credentials");
                call.status = Some(response.status);
            });
            return Answer::Response(response);
        }
        let response = match fate.fault {
            Some(Fault::ResetBefore) => return self.reset(call, Fault::ResetBefore),
            Some(fault) => match struck_before(fault, &route) {
                Some(response) => {
                    self.0.calls.note(call, |call| {
                        call.fault = Some(fault.as_str());
                        call.throttled = fault == Fault::Throttle;
                    });
                    response
                }
                None => self.effect(call, request, &route).await,
            },
            None => self.effect(call, request, &route).await,
        };
        if fate.kill == Some(When::After) {
            return self.die(call);
        }
        pause(fate.latency / 2).await;
        let response = match fate.fault {
            Some(Fault::ResetAfter) => return self.reset(call, Fault::ResetAfter),
            Some(fault @ (Fault::ErrorAfter | Fault::Truncated | Fault::Garbage)) => {
                self.0.calls.note(call, |call| call.fault = Some(fault.as_str()));
                struck_after(fault, &route, response)
            }
            _ => response,
        };
        let response = self.mangled(call, response);
        self.0.calls.note(call, |call| call.status = Some(response.status));
        Answer::Response(response)
    }

    fn mangled(&self, number: u64, response: MockResponse) -> MockResponse {
        let Some(mangler) = self.0.mangler.get() else { return response };
        let Some(call) = self.0.calls.get(number) else { return response };
        let (response, changed) = mangle::mangled(&call, response, &mangler);
        if changed {
            self.0.calls.note(number, |call| {
                call.fault.get_or_insert("mangled");
            });
        }
        response
    }

    async fn effect(&self, call: u64, request: MockRequest, route: &Route) -> MockResponse {
        let weather = self.weather();
        let answer = self.0.account.answer(request, route, &weather);
        let response = tokio::task::coop::unconstrained(answer).await;
        self.0.calls.note(call, |call| call.effect = Some(response.status));
        if route.mutates() && response.status < 300 {
            self.watched(call).await;
        }
        response
    }

    async fn watched(&self, number: u64) {
        let Some(watcher) = self.0.watcher.get() else { return };
        let Some(call) = self.0.calls.get(number) else { return };
        watcher.changed(self, &call).await;
    }

    /// A visitor's call: at once, and whatever AWS does in the background is done.
    async fn welcome(&self, call: u64, request: MockRequest, route: &Route) -> Answer {
        let weather = Weather::calm();
        let answer = self.0.account.answer(request, route, &weather);
        let response = tokio::task::coop::unconstrained(answer).await;
        self.0.calls.note(call, |call| {
            call.effect = Some(response.status);
            call.status = Some(response.status);
        });
        Answer::Response(response)
    }

    fn die(&self, call: u64) -> Answer {
        self.0.calls.note(call, |call| call.fault = Some("killed"));
        self.0.killed.send_replace(true);
        Answer::Never
    }

    fn reset(&self, call: u64, fault: Fault) -> Answer {
        self.0.calls.note(call, |call| call.fault = Some(fault.as_str()));
        Answer::Reset
    }
}

async fn pause(time: std::time::Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// The answer of a fault that keeps the call from its effect.
fn struck_before(fault: Fault, route: &Route) -> Option<MockResponse> {
    Some(match fault {
        Fault::Throttle => quotas::throttled(route.service),
        Fault::ErrorBefore => quotas::broken(route.service),
        Fault::Denied => quotas::denied(route.service, &route.operation),
        Fault::Html => {
            let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
            let mut answer = answer::xml(502, page.to_owned());
            answer::set_header(&mut answer, "content-type", "text/html");
            answer
        }
        Fault::ErrorAfter
        | Fault::Truncated
        | Fault::Garbage
        | Fault::ResetBefore
        | Fault::ResetAfter => return None,
    })
}

/// No JSON, no XML and no UTF-8.
const GARBAGE: &[u8] = b"\x00\xff{]<\xe2\x28\xa1>&;\"\x1b[2J";

/// What a fault makes of the answer of a call that took effect.
fn struck_after(fault: Fault, route: &Route, mut response: MockResponse) -> MockResponse {
    match fault {
        Fault::ErrorAfter => quotas::broken(route.service),
        Fault::Truncated => {
            response.body.truncate(response.body.len() / 2);
            response
        }
        Fault::Garbage => {
            response.body = bytes::Bytes::from_static(GARBAGE);
            response
        }
        _ => response,
    }
}

fn unroutable(why: &Unroutable) -> MockResponse {
    match why {
        Unroutable::Unsigned => {
            let message = "Missing Authentication Token: the sandbox reads service and region \
                           from the signature.";
            answer::error(Service::S3, 403, "MissingAuthenticationToken", message)
        }
        Unroutable::UnknownService(name) => {
            let message = format!("The sandbox has no service {name}.");
            let mut answer = answer::json(
                501,
                &serde_json::json!({ "__type": "UnknownOperationException", "message": message }),
            );
            answer::set_header(&mut answer, "x-amzn-errortype", "UnknownOperationException");
            answer
        }
    }
}

/// The request id that every answer carries.
fn stamp(response: &mut MockResponse, protocol: Protocol, id: &str) {
    let name = match protocol {
        Protocol::RestXml => "x-amz-request-id",
        _ => "x-amzn-requestid",
    };
    answer::set_header(response, name, id);
}
