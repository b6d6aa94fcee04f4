//! What AWS does otherwise than the emulator underneath, service by service.

use jiff::Timestamp;
use winterbaume_core::{MockRequest, MockResponse};

use super::account::Account;
use super::backends::unknown_operation;
use super::records::Records;
use super::route::{Route, Service};
use super::weather::Weather;

mod cloudtrail;
mod ecr;
mod eks;
mod iam;
mod kms;
mod logs;
mod organizations;
pub mod s3;
mod sagemaker;
pub mod sts;
mod tagging;

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
    if let Some(answer) = kept_here(account, &request, route, weather) {
        return answer;
    }
    if route.service == Service::S3 {
        return s3::answer(account, request, route).await;
    }
    match before(account, &request, route).await {
        Some(answer) => answer,
        None => {
            let body = request.body.clone();
            let answer = account.backends.handle(request, route).await;
            match route.service {
                Service::Ecr => ecr::after(account, route, answer).await,
                Service::Iam => {
                    iam::after(account, &body, route, &answer).await;
                    answer
                }
                Service::Kms => kms::after(account, &body, route, answer).await,
                Service::Logs => {
                    logs::after(account, &body, route, &answer).await;
                    answer
                }
                _ => answer,
            }
        }
    }
}

/// What is refused or answered before the emulator is asked.
async fn before(account: &Account, request: &MockRequest, route: &Route) -> Option<MockResponse> {
    match route.service {
        Service::Iam => iam::before(account, request, route).await,
        Service::Kms => kms::before(account, request, route).await,
        Service::Logs => logs::before(account, request, route).await,
        Service::Ecr => ecr::before(account, request, route).await,
        _ => None,
    }
}

/// What the emulator has no part in.
fn kept_here(
    account: &Account,
    request: &MockRequest,
    route: &Route,
    weather: &Weather,
) -> Option<MockResponse> {
    let now = account.clock.now();
    settle(&mut account.records(), now);
    match route.service {
        Service::Sts | Service::Account => sts::answer(&account.identity, route, &request.body),
        Service::SageMaker => {
            sagemaker::answer(&mut account.records(), route, &request.body, now, weather)
        }
        Service::CloudTrail => {
            cloudtrail::answer(&mut account.records(), route, &request.body, now)
        }
        Service::Ecr => ecr::registry::answer(&mut account.records(), route, &request.body, now),
        Service::Logs => logs::vended::answer(&mut account.records(), route, &request.body, now),
        Service::Eks => eks::answer(&mut account.records(), route, &request.body, now, weather),
        Service::Organizations => {
            organizations::answer(account.identity.organization.as_deref(), route)
        }
        Service::Tagging => tagging::answer(&mut account.records(), route, &request.body, now),
        _ => None,
    }
}

/// Lets happen what was due by now.
pub fn settle(records: &mut Records, now: Timestamp) {
    eks::settle(records, now);
}
