//! What AWS does otherwise than the emulator underneath, service by service.

use winterbaume_core::{MockRequest, MockResponse};

use super::account::Account;
use super::backends::unknown_operation;
use super::route::Route;
use super::weather::Weather;

mod sts;

/// The account's answer to a request.
pub async fn answer(
    account: &Account,
    request: MockRequest,
    route: &Route,
    _weather: &Weather,
) -> MockResponse {
    if route.operation.is_empty() {
        return unknown_operation(route.service, "");
    }
    if let Some(answer) = sts::answer(route, &request.body) {
        return answer;
    }
    account.backends.handle(request, route).await
}
