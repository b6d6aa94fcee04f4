//! IAM: what winterbaume lets through, leaves out of its answers, or lists in no order.

mod details;
mod reads;
mod refusals;
#[cfg(test)]
mod tests;
mod versions;
mod xml;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use winterbaume_core::{MockRequest, MockResponse};

use crate::sandbox::account::Account;
use crate::sandbox::answer;
use crate::sandbox::route::{Route, Service, decode_query};
use crate::sandbox::uses::Use;

/// Where every policy of AWS's own lives.
const AWS_POLICIES: &str = "arn:aws:iam::aws:policy/";

/// A call's parameters and the state that it meets.
pub struct Ask {
    pub form: Vec<(String, String)>,
    pub state: Value,
    /// Roles, by their ids.
    pub used: BTreeMap<String, Use>,
}

impl Ask {
    pub fn text(&self, name: &str) -> &str {
        self.form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The values of a list parameter: `Filter.member.1` and so on.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{name}.member.");
        let member =
            |(key, value): &'_ (String, String)| key.starts_with(&prefix).then_some(value.len());
        self.form
            .iter()
            .filter(|pair| member(pair).is_some())
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// All of a kind, by name or ARN.
    pub fn all(&self, kind: &str) -> Vec<&Value> {
        let mut rows: Vec<(&String, &Value)> =
            self.state[kind].as_object().map(|map| map.iter().collect()).unwrap_or_default();
        rows.sort_by_key(|(key, _)| key.as_str());
        rows.into_iter().map(|(_, value)| value).collect()
    }
}

/// What is answered without the emulator.
pub async fn before(
    account: &Account,
    request: &MockRequest,
    route: &Route,
) -> Option<MockResponse> {
    let form = decode_query(&String::from_utf8_lossy(&request.body));
    let state = account.backends.state(Service::Iam, &route.region).await;
    let mut ask = Ask { form, state, used: account.uses.all() };
    know_aws_policy(account, route, &mut ask).await;
    if let Some((status, code, message)) = refusals::of(&route.operation, &ask) {
        return Some(answer::error(Service::Iam, status, code, &message));
    }
    if route.operation == "CreatePolicyVersion" {
        return versions::create(account, route, &ask).await;
    }
    let result = reads::answer(&route.operation, &ask)?;
    Some(xml::response(&route.operation, &result))
}

/// IAM takes tags and documents in any script, as UTF-8 (IAM API reference, "Common parameters").
/// winterbaume reads each byte of a form as a letter of its own.
async fn in_any_script(account: &Account, body: &[u8], route: &Route, answer: &MockResponse) {
    fn mend(value: &mut Value) {
        match value {
            Value::String(text) => {
                let bytes: Option<Vec<u8>> =
                    text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect();
                let bytes = bytes.filter(|bytes| !bytes.is_ascii());
                if let Some(read) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
                    *text = read;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(mend),
            Value::Object(members) => {
                let all = std::mem::take(members);
                for (name, mut member) in all {
                    let mut name = Value::String(name);
                    mend(&mut name);
                    mend(&mut member);
                    members.insert(name.as_str().unwrap_or_default().to_owned(), member);
                }
            }
            _ => {}
        }
    }
    let foreign = body.windows(2).any(|pair| pair[0] == b'%' && pair[1] >= b'8');
    if answer.status != 200 || !foreign {
        return;
    }
    let mut state = account.backends.state(Service::Iam, &route.region).await;
    mend(&mut state);
    account.backends.set_state(Service::Iam, &route.region, state).await;
}

/// A boundary that is given when a role or a user is made (winterbaume keeps only one that is put
/// later). Source: IAM API reference, `CreateRole` and `CreateUser`, `PermissionsBoundary`.
pub async fn after(account: &Account, body: &[u8], route: &Route, answer: &MockResponse) {
    in_any_script(account, body, route, answer).await;
    let (kind, name) = match route.operation.as_str() {
        "CreateRole" => ("roles", "RoleName"),
        "CreateUser" => ("users", "UserName"),
        _ => return,
    };
    let form = decode_query(&String::from_utf8_lossy(body));
    let state = account.backends.state(Service::Iam, &route.region).await;
    let mut ask = Ask { form, state, used: BTreeMap::new() };
    let (name, arn) = (ask.text(name).to_owned(), ask.text("PermissionsBoundary").to_owned());
    if answer.status != 200 || arn.is_empty() || ask.state[kind][&name].is_null() {
        return;
    }
    ask.state[kind][&name]["permissions_boundary"] = json!(arn);
    account.backends.set_state(Service::Iam, &route.region, ask.state).await;
}

/// AWS's own policies are there before anybody names them: the one that is named is put there.
///
/// Source: "AWS managed policies" in IAM's user guide; their ARN has `aws` for the account.
async fn know_aws_policy(account: &Account, route: &Route, ask: &mut Ask) {
    let arn = [ask.text("PolicyArn"), ask.text("PermissionsBoundary")]
        .into_iter()
        .find(|arn| arn.starts_with(AWS_POLICIES))
        .map(str::to_owned);
    let Some(arn) = arn else { return };
    if !ask.state["policies"][&arn].is_null() {
        return;
    }
    let (path, name) = match arn.trim_start_matches(AWS_POLICIES).rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), arn.trim_start_matches(AWS_POLICIES)),
    };
    let document =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let born = "2015-02-06T18:40:58+00:00";
    ask.state["policies"][&arn] = json!({
        "policy_name": name,
        "policy_id": format!("ANPAI{}", id_of(name)),
        "arn": arn,
        "path": path,
        "default_version_id": "v1",
        "description": "",
        "create_date": born,
        "update_date": born,
        "is_attachable": true,
        "document": document,
        "versions": [{ "version_id": "v1", "document": document, "is_default_version": true,
            "create_date": born }],
        "tags": {},
        "attachment_count": 0,
    });
    account.backends.set_state(Service::Iam, &route.region, ask.state.clone()).await;
}

/// Sixteen letters that depend on the name alone.
fn id_of(name: &str) -> String {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    name.bytes().for_each(|byte| sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{sum:016X}")
}
