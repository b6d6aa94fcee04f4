//! What AWS shows late: IAM after something was taken off, lists after a change.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use winterbaume_core::{MockRequest, MockResponse};

use super::answer;
use super::records::later;
use super::route::{Route, Service};
use super::weather::Weather;
use super::words;

/// Lists that are not called so.
const LISTS: [&str; 4] = [
    "GetAccountAuthorizationDetails",
    "DescribeLogGroups",
    "DescribeRepositories",
    "DescribeTrails",
];

/// Calls that take something off, and calls that are refused as long as that is not seen.
///
/// Source: IAM user guide, "Changes that I make are not always immediately visible".
const TAKE_OFF: [&str; 4] = [
    "DetachRolePolicy",
    "DeleteRolePolicy",
    "RemoveRoleFromInstanceProfile",
    "DeletePolicyVersion",
];
const REFUSED: [&str; 3] = ["DeleteRole", "DeletePolicy", "DeleteInstanceProfile"];

/// A list's answer.
#[derive(Debug)]
struct Shown {
    response: MockResponse,
    /// The first change in its service and region since then.
    changed: Option<Timestamp>,
}

/// What still looks as it was.
#[derive(Debug, Default)]
pub struct Lag {
    /// When something was last taken off what is called so.
    taken_off: HashMap<String, Timestamp>,
    /// By service, region and everything that was asked.
    lists: HashMap<(Service, String, String), Shown>,
    pub stale_lists: u64,
    pub late_refusals: u64,
}

/// A request, as far as it matters here.
#[derive(Debug)]
pub struct Asked {
    /// Everything that was asked of a list.
    list: Option<String>,
    /// What an IAM call takes off, or deletes.
    names: Vec<String>,
}

impl Asked {
    pub fn of(request: &MockRequest, route: &Route, weather: &Weather) -> Self {
        let operation = route.operation.as_str();
        let lists = operation.starts_with("List") || LISTS.contains(&operation);
        // S3 is strongly consistent.
        let lags = weather.list_lag_s > 0 && lists && route.service != Service::S3;
        let list = lags.then(|| {
            format!("{operation} {} {}", request.uri, String::from_utf8_lossy(&request.body))
        });
        let matters = TAKE_OFF.contains(&operation) || REFUSED.contains(&operation);
        let iam = route.service == Service::Iam && matters;
        let names = if iam { words::of(request, route) } else { Vec::new() };
        Self { list, names }
    }
}

fn within(since: Timestamp, lag_s: u64, now: Timestamp) -> bool {
    now < later(since, Duration::from_secs(lag_s))
}

impl Lag {
    /// The answer that AWS still gives, if it is another than today's.
    pub fn answers(
        &mut self,
        asked: &Asked,
        route: &Route,
        weather: &Weather,
        now: Timestamp,
    ) -> Option<MockResponse> {
        if let Some(list) = &asked.list {
            let key = (route.service, route.region.clone(), list.clone());
            let shown = self.lists.get(&key)?;
            let changed = shown.changed?;
            let old = within(changed, weather.list_lag_s, now).then(|| shown.response.clone());
            self.stale_lists += u64::from(old.is_some());
            return old;
        }
        if !REFUSED.contains(&route.operation.as_str()) {
            return None;
        }
        let mut taken_off = asked.names.iter().filter_map(|name| self.taken_off.get(name));
        let late = taken_off.any(|since| within(*since, weather.iam_lag_s, now));
        self.late_refusals += u64::from(late);
        late.then(|| {
            let message = "Cannot delete entity, must detach all policies first.";
            answer::error(Service::Iam, 409, "DeleteConflict", message)
        })
    }

    /// Remembers an answer of today's.
    pub fn note(&mut self, asked: Asked, route: &Route, now: Timestamp, response: &MockResponse) {
        if response.status >= 300 {
            return;
        }
        if let Some(list) = asked.list {
            let key = (route.service, route.region.clone(), list);
            self.lists.insert(key, Shown { response: response.clone(), changed: None });
        }
        if !route.mutates() {
            return;
        }
        for ((service, region, _), shown) in &mut self.lists {
            if *service == route.service && *region == route.region {
                shown.changed.get_or_insert(now);
            }
        }
        if TAKE_OFF.contains(&route.operation.as_str()) {
            self.taken_off.extend(asked.names.into_iter().map(|name| (name, now)));
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::Client;

    use crate::sandbox::tests::code;
    use crate::sandbox::{Sandbox, Weather};

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

    #[tokio::test(start_paused = true)]
    async fn iam_sees_for_a_while_what_was_taken_off() {
        let weather = Weather { iam_lag_s: 10, ..Weather::calm() };
        let sandbox = Sandbox::builder().weather(weather).build();
        let iam = Client::new(&sandbox.sdk_config("us-east-1"));
        let create = iam.create_role().role_name("r").assume_role_policy_document(TRUST);
        create.send().await.unwrap();
        let put = iam.put_role_policy().role_name("r").policy_name("p").policy_document(TRUST);
        put.send().await.unwrap();
        iam.delete_role_policy().role_name("r").policy_name("p").send().await.unwrap();
        let delete = || iam.delete_role().role_name("r").send();
        assert_eq!(code(delete().await), "DeleteConflict");
        assert_eq!(sandbox.befell()["refused for what was taken off"], 1);
        tokio::time::sleep(std::time::Duration::from_secs(11)).await;
        delete().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_shows_for_a_while_what_was_there() {
        let weather = Weather { list_lag_s: 10, ..Weather::calm() };
        let sandbox = Sandbox::builder().weather(weather).build();
        let config = sandbox.sdk_config("us-east-1");
        let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
        let count = async || {
            let list = logs.describe_log_groups().send().await.unwrap();
            list.log_groups().len()
        };
        assert_eq!(count().await, 0);
        logs.create_log_group().log_group_name("new").send().await.unwrap();
        assert_eq!(count().await, 0);
        tokio::time::sleep(std::time::Duration::from_secs(11)).await;
        assert_eq!(count().await, 1);
        // Who is no part of the weather sees what is.
        logs.delete_log_group().log_group_name("new").send().await.unwrap();
        let visitor = aws_sdk_cloudwatchlogs::Client::new(&sandbox.visitor_config("us-east-1"));
        let seen = visitor.describe_log_groups().send().await.unwrap();
        assert_eq!((seen.log_groups().len(), count().await), (0, 1));
        assert_eq!(sandbox.befell()["a list of what was there"], 2);
    }
}
