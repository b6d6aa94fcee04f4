//! What AWS does otherwise than the emulator underneath, service by service.

use jiff::Timestamp;
use winterbaume_core::{MockRequest, MockResponse};

use super::account::Account;
use super::backends::unknown_operation;
use super::records::Records;
use super::route::{Route, Service};
use super::weather::Weather;

mod eks;
mod sagemaker;
mod sts;

/// The account's answer to a request.
pub async fn answer(
    account: &Account,
    request: MockRequest,
    route: &Route,
    weather: &Weather,
) -> MockResponse {
    if route.operation.is_empty() {
        return unknown_operation(route.service, "");
    }
    match before(account, &request, route, weather) {
        Some(answer) => answer,
        None => account.backends.handle(request, route).await,
    }
}

/// What is answered without the emulator.
fn before(
    account: &Account,
    request: &MockRequest,
    route: &Route,
    weather: &Weather,
) -> Option<MockResponse> {
    let now = account.clock.now();
    settle(&mut account.records(), now);
    match route.service {
        Service::Sts | Service::Account => sts::answer(route, &request.body),
        Service::SageMaker => {
            sagemaker::answer(&mut account.records(), route, &request.body, now, weather)
        }
        Service::Eks => eks::answer(&mut account.records(), route, &request.body, now, weather),
        _ => None,
    }
}

/// Lets happen what was due by now.
pub fn settle(records: &mut Records, now: Timestamp) {
    eks::settle(records, now);
}
