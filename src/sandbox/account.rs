//! What is in the account, and one call's effect on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value};
use winterbaume_core::{MockRequest, MockResponse};

use super::backends::Backends;
use super::lag::{Asked, Lag};
use super::normal::{self, Known};
use super::records::Records;
use super::route::{Route, Service};
use super::rules::s3::store::{Bucket, Store};
use super::rules::sts::Identity;
use super::uses::Uses;
use super::weather::Weather;
use super::{rules, stamp};
use crate::clock::SharedClock;

/// IAM is asked in this region, wherever it is asked from.
const HOME_OF_IAM: &str = "us-east-1";

/// The account's contents.
pub struct Account {
    pub backends: Backends,
    pub clock: SharedClock,
    pub seed: u64,
    pub identity: Identity,
    /// What the sandbox keeps itself.
    pub records: Mutex<Records>,
    /// Roles and keys, by their ids.
    pub uses: Uses,
    known: Mutex<Known>,
    /// The buckets' contents.
    store: Mutex<Store>,
    /// One effect at a time, as AWS's own consistency within a call.
    turn: tokio::sync::Mutex<u64>,
    /// What still looks as it was.
    lag: Mutex<Lag>,
    /// Where something was ever asked for.
    regions: Mutex<BTreeSet<(Service, String)>>,
}

impl Account {
    pub fn new(seed: u64, clock: SharedClock, identity: Identity) -> Self {
        Self {
            backends: Backends::default(),
            clock,
            seed,
            identity,
            records: Mutex::new(Records::new(seed)),
            uses: Uses::default(),
            known: Mutex::default(),
            store: Mutex::new(Store::new(seed)),
            turn: tokio::sync::Mutex::new(0),
            lag: Mutex::default(),
            regions: Mutex::default(),
        }
    }

    pub fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lag(&self) -> MutexGuard<'_, Lag> {
        self.lag.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn amend(&self, kind: &str, region: &str, name: &str, members: Value) -> bool {
        let mut records = self.records();
        let Some(record) = records.find_mut(kind, region, name) else { return false };
        let Value::Object(members) = members else { return false };
        record.next = None;
        record.body.extend(members);
        true
    }

    pub async fn amend_key(&self, region: &str, id: &str, members: Value) -> bool {
        let _turn = self.turn.lock().await;
        let mut state = self.backends.state(Service::Kms, region).await;
        let Some(key) = state["keys"][id].as_object_mut() else { return false };
        let Value::Object(members) = members else { return false };
        key.extend(members);
        self.backends.set_state(Service::Kms, region, state).await;
        true
    }

    pub async fn use_role(&self, name: &str, region: &str, at: Timestamp) -> bool {
        let state = self.backends.state(Service::Iam, HOME_OF_IAM).await;
        let id = state["roles"][name]["role_id"].as_str();
        id.inspect(|id| self.uses.note(id, at, region)).is_some()
    }

    pub fn bucket_of_another(&self, name: &str, region: &str, owner: &str) -> bool {
        let mut store = self.store();
        if store.buckets.contains_key(name) {
            return false;
        }
        let owner = owner.to_owned();
        let bucket = Bucket { owner, ..Bucket::new(region, self.clock.now()) };
        store.buckets.insert(name.to_owned(), bucket);
        true
    }

    pub fn attach_access_point(&self, bucket: &str, name: &str) -> bool {
        let mut store = self.store();
        let bucket = store.buckets.get_mut(bucket);
        bucket.map(|bucket| bucket.access_points.push(name.to_owned())).is_some()
    }

    /// One call's effect and its answer.
    pub async fn answer(
        &self,
        request: MockRequest,
        route: &Route,
        weather: &Weather,
    ) -> MockResponse {
        let mut turn = self.turn.lock().await;
        *turn += 1;
        self.regions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((route.service, route.region.clone()));
        let mut response = self.lagging(request, route, weather).await;
        let id = format!("{:08x}-0000-4000-8000-{:012x}", self.seed as u32, *turn);
        stamp(&mut response, route.service.protocol(), &id);
        response
    }

    /// What the account answers now, or what it still answers.
    async fn lagging(
        &self,
        request: MockRequest,
        route: &Route,
        weather: &Weather,
    ) -> MockResponse {
        let now = self.clock.now();
        let asked = Asked::of(&request, route, weather);
        let old = self.lag().answers(&asked, route, weather, now);
        if let Some(old) = old {
            return old;
        }
        let response = rules::answer(self, request, route, weather).await;
        let response = normal::settle(self, route, response).await;
        self.lag().note(asked, route, now, &response);
        response
    }

    /// What befell callers, however good the connection was.
    pub fn befell(&self) -> BTreeMap<&'static str, u64> {
        let (lag, records) = (self.lag(), self.records());
        BTreeMap::from([
            ("a list of what was there", lag.stale_lists),
            ("refused for what was taken off", lag.late_refusals),
            ("a delete that takes a while", records.slow_deletes),
            ("a delete that fails", records.failed_deletes),
        ])
    }

    /// Everything, by service and region.
    pub async fn snapshot(&self, _weather: &Weather) -> Value {
        let _turn = self.turn.lock().await;
        let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut whole = Map::new();
        for (service, region) in regions {
            let state = self.backends.state(service, &region).await;
            whole.insert(format!("{}/{region}", service.as_str()), state);
        }
        let mut records = self.records();
        rules::settle(&mut records, self.clock.now());
        whole.insert("buckets".to_owned(), self.store().snapshot());
        whole.insert("records".to_owned(), records.snapshot());
        normal::sorted(Value::Object(whole))
    }
}
