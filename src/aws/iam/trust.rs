//! Whom a role's trust policy lets in.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::aws::spelling;

/// The services whose resources Dismantle reads. A role that one of them uses is seen in use.
const SEEN_SERVICES: &[&str] =
    &["cloudtrail", "ecr", "eks", "iam", "kms", "logs", "s3", "sagemaker"];

/// The principals of a trust policy's `Allow` statements, in AWS's own words.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// `lambda.amazonaws.com`
    pub services: BTreeSet<String>,
    /// ARNs of identity providers, and names such as `cognito-identity.amazonaws.com`.
    pub federated: BTreeSet<String>,
    /// ARNs, account numbers, unique ids, `*`.
    pub aws: BTreeSet<String>,
}

impl Trust {
    pub fn read(document: &Value) -> Self {
        let mut trust = Self::default();
        for statement in one_or_many(document.get("Statement")) {
            if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                continue;
            }
            let Some(principal) = statement.get("Principal") else {
                continue;
            };
            if let Some(anyone) = principal.as_str() {
                trust.aws.insert(anyone.to_owned());
            }
            let texts =
                |key| one_or_many(principal.get(key)).filter_map(Value::as_str).map(str::to_owned);
            trust.services.extend(texts("Service"));
            trust.federated.extend(texts("Federated"));
            trust.aws.extend(texts("AWS"));
        }
        trust
    }

    /// `ec2`, `lambda`: what `where: { service: … }` reads.
    pub fn service_names(&self) -> BTreeSet<&str> {
        self.services.iter().map(|service| spelling::principal_service(service)).collect()
    }

    /// Those that may be using the role where Dismantle cannot see it.
    pub fn unseen(&self, account: &str) -> Vec<&str> {
        let services = self.services.iter().filter(|service| !is_seen(service));
        // A cluster's own provider lets in the pods of that cluster, which is read.
        let federated = self.federated.iter().filter(|provider| !provider.contains("oidc.eks."));
        let foreign = self.aws.iter().filter(|principal| {
            let number = spelling::arn_account(principal).unwrap_or(principal);
            number != account && (number == "*" || is_account(number))
        });
        services.chain(federated).chain(foreign).map(String::as_str).collect()
    }

    /// Names of this account's roles that are let in.
    pub fn roles<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a str> {
        self.aws.iter().filter_map(move |principal| role_of(principal, account))
    }

    /// Names of this account's users that are let in.
    pub fn users<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a str> {
        self.aws.iter().filter_map(move |principal| {
            let name = path_of(principal, "iam", account)?.strip_prefix("user/")?;
            Some(spelling::last_segment(name))
        })
    }

    /// ARNs of this account's OIDC providers.
    pub fn oidc_providers<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a str> {
        self.federated.iter().map(String::as_str).filter(move |provider| {
            path_of(provider, "iam", account).is_some_and(|path| path.starts_with("oidc-provider/"))
        })
    }
}

/// The name of a role of this account, out of the role's ARN or of a session's:
/// `arn:aws:sts::account:assumed-role/name/session`.
pub fn role_of<'a>(principal: &'a str, account: &str) -> Option<&'a str> {
    if let Some(path) = path_of(principal, "sts", account) {
        return path.strip_prefix("assumed-role/")?.split('/').next();
    }
    path_of(principal, "iam", account)?.strip_prefix("role/").map(spelling::last_segment)
}

/// What follows the account in an ARN of this account.
fn path_of<'a>(arn: &'a str, service: &str, account: &str) -> Option<&'a str> {
    let mut parts = arn.splitn(6, ':');
    (parts.next()? == "arn").then_some(())?;
    (parts.nth(1)? == service).then_some(())?;
    (parts.nth(1)? == account).then_some(())?;
    parts.next()
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `eks.amazonaws.com`, `pods.eks.amazonaws.com`, `eks-fargate-pods.amazonaws.com`,
/// `logs.us-east-1.amazonaws.com`.
fn is_seen(principal: &str) -> bool {
    principal
        .split('.')
        .take_while(|label| *label != "amazonaws")
        .any(|label| SEEN_SERVICES.contains(&label) || label.starts_with("eks-"))
}

/// JSON policies write one value bare and several as a list.
fn one_or_many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(many)) => many.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const US: &str = "842676018087";

    fn trust(principal: Value) -> Trust {
        Trust::read(&json!({ "Statement": [{ "Effect": "Allow", "Principal": principal }] }))
    }

    #[test]
    fn services_outside_the_eight_are_unseen() {
        for (principal, unseen) in [
            ("eks.amazonaws.com", false),
            ("pods.eks.amazonaws.com", false),
            ("eks-fargate-pods.amazonaws.com", false),
            ("logs.us-east-1.amazonaws.com", false),
            ("sagemaker.amazonaws.com", false),
            ("s3.amazonaws.com", false),
            ("ec2.amazonaws.com", true),
            ("lambda.amazonaws.com", true),
            ("states.us-east-1.amazonaws.com", true),
            ("eksotic.amazonaws.com", true),
            ("", true),
        ] {
            let trust = trust(json!({ "Service": principal }));
            assert_eq!(!trust.unseen(US).is_empty(), unseen, "{principal}");
        }
    }

    #[test]
    fn other_accounts_and_anyone_are_unseen() {
        for (principal, unseen) in [
            ("arn:aws:iam::842676018087:root", false),
            ("842676018087", false),
            ("arn:aws:iam::842676018087:role/a", false),
            ("AROAEXAMPLE", false),
            ("arn:aws:iam::111122223333:root", true),
            ("111122223333", true),
            ("*", true),
        ] {
            let trust = trust(json!({ "AWS": principal }));
            assert_eq!(!trust.unseen(US).is_empty(), unseen, "{principal}");
        }
        assert_eq!(trust(json!("*")).unseen(US), ["*"]);
    }

    #[test]
    fn principals_are_taken_apart() {
        let trust = trust(json!({
            "AWS": [
                "arn:aws:iam::842676018087:role/team/lead",
                "arn:aws:sts::842676018087:assumed-role/builder/session",
                "arn:aws:iam::842676018087:user/path/ann",
                "arn:aws:iam::111122223333:role/stranger",
            ],
            "Federated": [
                "arn:aws:iam::842676018087:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/A",
                "arn:aws:iam::842676018087:saml-provider/corp",
            ],
        }));
        assert_eq!(trust.roles(US).collect::<Vec<_>>(), ["lead", "builder"]);
        assert_eq!(trust.users(US).collect::<Vec<_>>(), ["ann"]);
        assert_eq!(trust.oidc_providers(US).count(), 1);
        assert_eq!(
            trust.unseen(US),
            [
                "arn:aws:iam::842676018087:saml-provider/corp",
                "arn:aws:iam::111122223333:role/stranger",
            ]
        );
    }

    #[test]
    fn odd_documents_trust_nobody() {
        for document in [
            json!(null),
            json!("text"),
            json!({ "Statement": 1 }),
            json!({ "Statement": [{ "Effect": "Deny", "Principal": { "Service": "x" } }] }),
            json!({ "Statement": { "Effect": "Allow", "Principal": { "Service": [1, {}] } } }),
            json!({ "Statement": { "Effect": "Allow" } }),
        ] {
            assert_eq!(Trust::read(&document), Trust::default(), "{document}");
        }
    }
}
